import { type DataSet } from 'dicom-parser';
import { vrOf } from './dictionary.ts';
import { decodeText } from './text.ts';
import { valuesOf } from './values.ts';

/** A value in the DICOM JSON model (PS3.18 F.2.2); null is an empty one among several. */
export type JsonValue = string | number | null | PersonName | Attributes;

export interface PersonName {
  readonly Alphabetic?: string;
  readonly Ideographic?: string;
  readonly Phonetic?: string;
}

/** An attribute; one without values has no `Value`. */
export interface Attribute {
  readonly vr: string;
  readonly Value?: readonly JsonValue[];
}

/** Attributes by tag, `0020000D`, in ascending order. */
export interface Attributes {
  readonly [tag: string]: Attribute;
}

/** Attributes that take more bytes than this in the file are left out, as bulk data is. */
const mostBytes = 256 * 1024;
const deepest = 16;
const bulk: ReadonlySet<string> = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN']);
/** Per-Frame Functional Groups Sequence: as long as the image has frames. */
const perFrame = '52009230';
const characterSetTag = '00080005';
const utf8 = 'ISO_IR 192';

/** What a data set inherits from the one around it. */
interface Surroundings {
  readonly characterSet: string | undefined;
  /** Pixel Representation (0028,0103) is 1: what is US or SS is SS. */
  readonly isSigned: boolean;
  readonly depth: number;
}

/**
 * The attributes of a data set in the DICOM JSON model, texts in UTF-8. Left out: bulk data, private attributes, group
 * lengths, the meta header, frames one by one, and what takes more than 256 KiB.
 */
export function attributesOf(dataSet: DataSet): Attributes {
  return attributesIn(dataSet, { characterSet: undefined, isSigned: isWhole(dataSet, 'x00280103') && dataSet.uint16('x00280103') === 1, depth: 0 });
}

function attributesIn(dataSet: DataSet, around: Surroundings): Attributes {
  const own = dataSet.elements[`x${characterSetTag}`];
  const characterSet = own === undefined ? around.characterSet : decodeText(bytesIn(dataSet, own), 'CS', undefined).replace(/[ \0]+$/, '') || undefined;
  const surroundings = { ...around, characterSet };
  const attributes: Record<string, Attribute> = {};
  for (const key of Object.keys(dataSet.elements).sort()) {
    const tag = key.slice(1).toUpperCase();
    const attribute = isKeptTag(tag) ? attributeOf(dataSet, key, tag, surroundings) : undefined;
    if (attribute !== undefined) attributes[tag] = attribute;
  }
  return attributes;
}

/** Whether an attribute of the tag may be there at all. */
export function isKeptTag(tag: string): boolean {
  const group = Number.parseInt(tag.slice(0, 4), 16);
  return group > 2 && group % 2 === 0 && group < 0xfffe && !tag.endsWith('0000') && tag !== perFrame;
}

/** Whether values of the VR are kept. */
export function isKeptVr(vr: string): boolean {
  return !bulk.has(vr);
}

function attributeOf(dataSet: DataSet, key: string, tag: string, around: Surroundings): Attribute | undefined {
  const element = dataSet.elements[key]!;
  const vr = element.vr === undefined || element.vr === 'UN' ? vrOf(tag, around.isSigned) : element.vr;
  if (vr === undefined || !isKeptVr(vr) || element.length > mostBytes || !isWhole(dataSet, key)) return undefined;
  if (tag === characterSetTag) return { vr: 'CS', Value: [utf8] };
  if (vr === 'SQ' || element.items !== undefined) {
    if (around.depth === deepest) return undefined;
    const items = (element.items ?? []).map((item) => (item.dataSet === undefined ? {} : attributesIn(item.dataSet, { ...around, depth: around.depth + 1 })));
    return withValues('SQ', items);
  }
  return withValues(vr, valuesOf(dataSet, key, vr, (bytes) => decodeText(bytes, vr, around.characterSet)));
}

function withValues(vr: string, values: readonly JsonValue[]): Attribute {
  return values.every((value) => value === null) ? { vr } : { vr, Value: values };
}

/** Of a damaged file, an element may claim more bytes than there are. */
function isWhole(dataSet: DataSet, key: string): boolean {
  const element = dataSet.elements[key];
  return element !== undefined && element.dataOffset + element.length <= dataSet.byteArray.length;
}

/** The bytes of an element's value. */
function bytesIn(dataSet: DataSet, { dataOffset, length }: { readonly dataOffset: number; readonly length: number }): Uint8Array {
  return dataSet.byteArray.subarray(dataOffset, dataOffset + length);
}
