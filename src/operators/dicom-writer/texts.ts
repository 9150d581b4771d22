import { type DataSet, parseDicom } from 'dicom-parser';
import { decodeText } from '../metadata/text.ts';
import { type Element, type Elements } from './elements.ts';

/** What dcmjs decodes as it should. It refuses code extensions (PS3.5 6.1.2.5), and takes all that is in a sequence for Latin 1. */
const plain: ReadonlySet<string> = new Set(['', 'ISO_IR 6', 'ISO_IR 100']);
const texts: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);
/** In these a backslash is one (PS3.5 6.2). */
const single: ReadonlySet<string> = new Set(['LT', 'ST', 'UT']);
const characterSetTag = 'x00080005';

/**
 * Makes the bytes of a file ready for dcmjs where it would not decode their texts: the attribute that names the
 * character set is blanked. What it returns puts the right texts into what dcmjs has read.
 * @param bytes a file up to its pixels, not deflated
 */
export function prepareTexts(bytes: Uint8Array): (elements: Elements) => Elements {
  const dataSet = parseDicom(bytes, { untilTag: 'x7fe00010' });
  const characterSet = characterSetOf(dataSet);
  if (characterSet === undefined || plain.has(characterSet)) return (elements) => elements;
  const { dataOffset, length } = dataSet.elements[characterSetTag]!;
  bytes.fill(0x20, dataOffset, dataOffset + length);
  return (elements) => withTexts(elements, dataSet, characterSet);
}

function characterSetOf(dataSet: DataSet): string | undefined {
  const element = dataSet.elements[characterSetTag];
  return element === undefined ? undefined : Buffer.from(dataSet.byteArray.subarray(element.dataOffset, element.dataOffset + element.length)).toString('latin1').replace(/[ \0]+$/, '');
}

function withTexts(elements: Elements, dataSet: DataSet, characterSet: string): Elements {
  return Object.fromEntries(Object.entries(elements).map(([tag, element]) => [tag, withText(element, dataSet, `x${tag.toLowerCase()}`, characterSet)]));
}

function withText(element: Element, dataSet: DataSet, tag: string, characterSet: string): Element {
  const found = dataSet.elements[tag];
  if (found === undefined) return element;
  if (element.vr === 'SQ') {
    return { vr: 'SQ', Value: element.Value.map((item, index) => {
      const inner = found.items?.[index]?.dataSet;
      return inner === undefined ? item : withTexts(item as Elements, inner, characterSetOf(inner) ?? characterSet);
    }) };
  }
  if (!texts.has(element.vr)) return element;
  const text = decodeText(dataSet.byteArray.subarray(found.dataOffset, found.dataOffset + found.length), element.vr, characterSet).replace(/[ \0]+$/, '');
  return { vr: element.vr, Value: text === '' ? [] : single.has(element.vr) ? [text] : text.split('\\') };
}
