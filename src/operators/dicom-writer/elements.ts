import { version } from '../../core/version.ts';
import { uidOf } from '../dicom/uids.ts';

/** A data set as dcmjs has it: elements by tag (`00100010`). */
export type Elements = Readonly<Record<string, Element>>;

export interface Element {
  readonly vr: string;
  readonly Value: readonly unknown[];
}

export const explicitLittleEndian = '1.2.840.10008.1.2.1';

export function one(vr: string, value: string | number): Element {
  return { vr, Value: [value] };
}

export function several(vr: string, ...values: readonly (string | number)[]): Element {
  return { vr, Value: values };
}

export function sequence(...items: readonly Elements[]): Element {
  return { vr: 'SQ', Value: items };
}

/** The meta information of a file (PS3.10 7.1). */
export function metaInformation(sopClass: string, uid: string): Elements {
  return {
    '00020001': { vr: 'OB', Value: [new Uint8Array([0, 1]).buffer] },
    '00020002': one('UI', sopClass),
    '00020003': one('UI', uid),
    '00020010': one('UI', explicitLittleEndian),
    '00020012': one('UI', uidOf('clara dicom-writer')),
    '00020013': one('SH', 'CLARA_WRITER'),
  };
}

/** What made the object (PS3.3 C.7.5.1). */
export function equipment(): Elements {
  return { '00080070': one('LO', 'clara'), '00081090': one('LO', 'dicom-writer'), '00181020': one('LO', version) };
}

/** When a series and its content were made (PS3.3 C.7.3.1, C.7.6.1, C.12.1). */
export function madeAt(moment: Date): Elements {
  const [date, time] = [dateOf(moment), timeOf(moment)];
  return {
    '00080012': one('DA', date), '00080013': one('TM', time),
    '00080021': one('DA', date), '00080023': one('DA', date),
    '00080031': one('TM', time), '00080033': one('TM', time),
  };
}

/** Empty elements (type 2) for the tags that an original has not. */
export function missing(original: Elements, tags: Readonly<Record<string, string>>): Elements {
  return Object.fromEntries(Object.entries(tags).filter(([tag]) => original[tag] === undefined).map(([tag, vr]) => [tag, { vr, Value: [] }]));
}

/** Type 2 of patient and study (PS3.3 C.7.1.1, C.7.2.1). */
export const requiredOfStudy: Readonly<Record<string, string>> = {
  '00080020': 'DA', '00080030': 'TM', '00080050': 'SH', '00080090': 'PN', '00100010': 'PN', '00100020': 'LO', '00100030': 'DA', '00100040': 'CS', '00200010': 'SH',
};

/** First value of an element, as text. */
export function firstValue(elements: Elements, tag: string): string | undefined {
  const [value] = elements[tag]?.Value ?? [];
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : undefined;
}

/** A number beside the original's in a list, and not between two of them. */
export function seriesNumber(original: Elements, distance: number): Element {
  const number = Number(firstValue(original, '00200011') ?? 0);
  return one('IS', String((Number.isInteger(number) && number >= 0 && number < 1e6 ? number : 0) + distance));
}

/** Local, as all times of a data set that names no time zone. */
function dateOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('');
}

function timeOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join('');
}
