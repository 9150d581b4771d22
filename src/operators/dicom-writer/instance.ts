import { version } from '../../core/version.ts';
import { decimalString, uidOf } from '../dicom/uids.ts';
import { firstValue, sharedAttributes, type Element, type Elements } from './attributes.ts';
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
}

const explicitLittleEndian = '1.2.840.10008.1.2.1';
const secondaryCapture = '1.2.840.10008.5.1.4.1.1.7';
/** Classes whose attributes we know all of; images of others become Secondary Capture. */
const kept: ReadonlySet<string> = new Set(['1.2.840.10008.5.1.4.1.1.2', '1.2.840.10008.5.1.4.1.1.4']);

/** A new instance, derived from an original: the same patient, study, place and time, other pixels. */
export function derivedInstance(original: Elements, series: Series, parts: InstanceParts): { readonly uid: string; readonly meta: Elements; readonly elements: Elements } {
  const originalClass = firstValue(original, '00080016') ?? '';
  const sopClass = kept.has(originalClass) ? originalClass : secondaryCapture;
  const uid = uidOf(`${series.seed} instance ${parts.index}`);
  const elements = {
    ...sharedAttributes(original, series.labels === undefined),
    ...identity(original, originalClass, sopClass, uid, series, parts.index),
    ...pixels(series, parts),
  };
  const meta: Elements = {
    '00020001': { vr: 'OB', Value: [new Uint8Array([0, 1]).buffer] },
    '00020002': one('UI', sopClass),
    '00020003': one('UI', uid),
    '00020010': one('UI', explicitLittleEndian),
    '00020012': one('UI', uidOf('clara dicom-writer')),
    '00020013': one('SH', 'CLARA_WRITER'),
  };
  return { uid, meta, elements };
}

function identity(original: Elements, originalClass: string, sopClass: string, uid: string, series: Series, index: number): Record<string, Element> {
  const number = Number(firstValue(original, '00200011') ?? 0);
  const [date, time] = [dateOf(series.date), timeOf(series.date)];
  const view = original['00080008']?.Value[2];
  const lossy = firstValue(original, '00282110');
  return {
    '00080005': one('CS', 'ISO_IR 192'),
    '00080008': { vr: 'CS', Value: ['DERIVED', 'SECONDARY', ...(sopClass === secondaryCapture ? [] : [typeof view === 'string' && view.trim() !== '' ? view.trim() : 'AXIAL'])] },
    '00080012': one('DA', date),
    '00080013': one('TM', time),
    '00080016': one('UI', sopClass),
    '00080018': one('UI', uid),
    '00080021': one('DA', date),
    '00080023': one('DA', date),
    '00080031': one('TM', time),
    '00080033': one('TM', time),
    ...(sopClass === secondaryCapture ? { '00080064': one('CS', 'WSD') } : {}),
    '00080070': one('LO', 'clara'),
    '0008103E': one('LO', series.description),
    '00081090': one('LO', 'dicom-writer'),
    '00082111': one('ST', `${series.description}; made by software, not for diagnosis`),
    '00082112': { vr: 'SQ', Value: [{ '00081150': one('UI', originalClass), '00081155': one('UI', firstValue(original, '00080018') ?? '') }] },
    '00181020': one('LO', version),
    '0020000E': one('UI', series.uid),
    // Beside the original's in a list, and not between two of them.
    '00200011': one('IS', String(Number.isInteger(number) && number >= 0 && number < 1e6 ? number + 1000 : 1000)),
    '00200013': one('IS', String(index + 1)),
    '00280301': one('CS', 'NO'),
    ...(lossy === undefined ? { '00282110': one('CS', '00') } : {}),
    // Type 2 of the classes that are kept: empty where the original does not say.
    ...missing(original, { '00080020': 'DA', '00080030': 'TM', '00080050': 'SH', '00080090': 'PN', '00100010': 'PN', '00100020': 'LO', '00100030': 'DA', '00100040': 'CS', '00200010': 'SH', '00200012': 'IS', '00201040': 'LO' }),
  };
}

function missing(original: Elements, tags: Readonly<Record<string, string>>): Record<string, Element> {
  return Object.fromEntries(Object.entries(tags).filter(([tag]) => original[tag] === undefined).map(([tag, vr]) => [tag, { vr, Value: [] }]));
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

function one(vr: string, value: string | number): Element {
  return { vr, Value: [value] };
}

/** Local, as all times of a data set that names no time zone. */
function dateOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('');
}

function timeOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join('');
}
