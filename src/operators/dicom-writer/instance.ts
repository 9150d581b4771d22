import { decimalString, uidOf } from '../dicom/uids.ts';
import { sharedAttributes } from './attributes.ts';
import { equipment, firstValue, madeAt, metaInformation, missing, one, requiredOfStudy, sequence, seriesNumber, several, type Element, type Elements } from './elements.ts';
import { type Encoding, type ValueRange } from './encoding.ts';

/** What all instances of a new series have in common. */
export interface Series {
  /** The text that its UIDs grow from: the same gives the same series. */
  readonly seed: string;
  readonly uid: string;
  readonly description: string;
  /** Of labels: a window that shows them all. Undefined: values of the original's kind, shown as those are. */
  readonly labels: ValueRange | undefined;
  readonly encoding: Encoding;
  /** When it is made. */
  readonly date: Date;
}

export interface InstanceParts {
  readonly index: number;
  readonly rows: number;
  readonly columns: number;
  readonly pixels: ArrayBuffer;
  /** Frame of the original, from one; undefined: it has no others. */
  readonly frame: number | undefined;
}

const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
const ctImage = '1.2.840.10008.5.1.4.1.1.2';
const mrImage = '1.2.840.10008.5.1.4.1.1.4';
/** Classes whose attributes we know all of, and what a derived image is then, plain, enhanced and legacy converted; images of others become Secondary Capture. */
const derivedClass: Readonly<Record<string, string>> = {
  [ctImage]: ctImage,
  '1.2.840.10008.5.1.4.1.1.2.1': ctImage,
  '1.2.840.10008.5.1.4.1.1.2.2': ctImage,
  [mrImage]: mrImage,
  '1.2.840.10008.5.1.4.1.1.4.1': mrImage,
  '1.2.840.10008.5.1.4.1.1.4.4': mrImage,
};

function derivedClassOf(original: Elements, originalClass: string): string {
  const target = derivedClass[originalClass] ?? secondaryCapture;
  // Type 1 of an MR image (PS3.3 C.8.3.1), which an enhanced one has only where it was a plain one before.
  const isLacking = target === mrImage && originalClass !== mrImage && ['00180020', '00180021'].some((tag) => firstValue(original, tag) === undefined);
  return isLacking ? secondaryCapture : target;
}

/** A new instance, derived from an original: the same patient, study, place and time, other pixels. */
export function derivedInstance(original: Elements, series: Series, parts: InstanceParts): { readonly uid: string; readonly meta: Elements; readonly elements: Elements } {
  const originalClass = firstValue(original, '00080016') ?? '';
  const sopClass = derivedClassOf(original, originalClass);
  const uid = uidOf(`${series.seed} instance ${parts.index}`);
  const elements = {
    ...sharedAttributes(original, series.labels === undefined),
    ...identity(original, originalClass, sopClass, uid, series, parts),
    ...pixels(series, parts),
  };
  return { uid, meta: metaInformation(sopClass, uid), elements };
}

function identity(original: Elements, originalClass: string, sopClass: string, uid: string, series: Series, { index, frame }: InstanceParts): Record<string, Element> {
  const lossy = firstValue(original, '00282110');
  const reference = { '00081150': one('UI', originalClass), '00081155': one('UI', firstValue(original, '00080018') ?? ''), ...(frame === undefined ? {} : { '00081160': one('IS', String(frame)) }) };
  return {
    ...equipment(),
    ...madeAt(series.date),
    '00080005': one('CS', 'ISO_IR 192'),
    '00080008': several('CS', 'DERIVED', 'SECONDARY', ...(sopClass === secondaryCapture ? [] : [viewOf(original, originalClass, sopClass)])),
    '00080016': one('UI', sopClass),
    '00080018': one('UI', uid),
    ...(sopClass === secondaryCapture ? { '00080064': one('CS', 'WSD') } : {}),
    '0008103E': one('LO', series.description),
    '00082111': one('ST', `${series.description}; made by software, not for diagnosis`),
    '00082112': sequence(reference),
    '0020000E': one('UI', series.uid),
    '00200011': seriesNumber(original, 1000),
    '00200013': one('IS', String(index + 1)),
    '00280301': one('CS', 'NO'),
    ...(lossy === undefined ? { '00282110': one('CS', '00') } : {}),
    // Type 2 of the classes that are kept: empty where the original does not say.
    ...missing(original, {
      ...requiredOfStudy, '00200012': 'IS', '00201040': 'LO', ...(sopClass === ctImage ? { '00180060': 'DS' } : {}), ...(sopClass === secondaryCapture ? { '00200020': 'CS' } : {}),
      // Wanted where nothing says which part of the body it is (PS3.3 C.7.3.1).
      ...(firstValue(original, '00180015') === undefined ? { '00200060': 'CS' } : {}),
    }),
  };
}

/** Value 3 of Image Type; an enhanced image has words there that a plain one does not know (PS3.3 C.8.16.1). */
function viewOf(original: Elements, originalClass: string, sopClass: string): string {
  const view = original['00080008']?.Value[2];
  if (originalClass === sopClass && typeof view === 'string' && view.trim() !== '') return view.trim();
  return sopClass === mrImage ? 'OTHER' : 'AXIAL';
}

function pixels({ encoding, labels }: Series, { rows, columns, pixels: data }: InstanceParts): Record<string, Element> {
  return {
    '00280002': one('US', 1),
    '00280004': one('CS', 'MONOCHROME2'),
    '00280010': one('US', rows),
    '00280011': one('US', columns),
    '00280100': one('US', 16),
    '00280101': one('US', 16),
    '00280102': one('US', 15),
    '00280103': one('US', encoding.isSigned ? 1 : 0),
    '00281052': one('DS', decimalString(encoding.intercept)),
    '00281053': one('DS', decimalString(encoding.slope)),
    ...(labels === undefined ? {} : {
      // All labels between black and white (PS3.3 C.11.2.1.2): a width of 1 tells 0 from 1.
      '00281050': one('DS', decimalString((labels.minimum + labels.maximum) / 2)),
      '00281051': one('DS', decimalString(Math.max(labels.maximum - labels.minimum, 1))),
      '00281054': one('LO', 'US'),
    }),
    '7FE00010': { vr: 'OW', Value: [data] },
  };
}
