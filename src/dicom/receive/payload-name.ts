import { createHash } from 'node:crypto';
import { ClaraError } from '../../core/errors.ts';
import { parsePayloadPath } from '../../core/payload-path.ts';

/** Longest part that is kept of a value, in bytes of UTF-8: four of them make a path that fits anywhere. */
const keptBytes = 120;
const mark = /~[0-9a-f]{8}$/;
/** What separates folders, moves cursors, hides or turns text, or is half a character. */
const unsafe = /[/\\\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** What most values are, and what needs no closer look. */
const plain = new RegExp(`^[0-9A-Za-z_-][0-9A-Za-z._-]{0,${keptBytes - 1}}$`);

export interface Identifiers {
  readonly patientId: string;
  readonly studyInstance: string;
  readonly seriesInstance: string;
  readonly sopInstance: string;
}

/** `dcm/<patient>/<study>/<series>/<sop>.dcm` (dicom-adapter 8), every component safe. */
export function payloadName({ patientId, studyInstance, seriesInstance, sopInstance }: Identifiers): string {
  const name = ['dcm', safeComponent(patientId), safeComponent(studyInstance), safeComponent(seriesInstance), `${safeComponent(sopInstance)}.dcm`].join('/');
  const parsed = parsePayloadPath(name);
  if (parsed.kind === 'refused') throw new ClaraError('failed', `the identifiers make no file name: ${parsed.reason}`);
  return name;
}

/** A value as the name of a folder. One that had to be changed gets a mark of its own, so that no two values share a name. */
export function safeComponent(value: string): string {
  if (plain.test(value)) return value;
  const clean = value.replace(unsafe, '_').replace(/^\.+$/, '_') || '_';
  if (clean === value && !mark.test(value) && Buffer.byteLength(value) <= keptBytes) return value;
  return `${cut(clean)}~${createHash('sha256').update(value).digest('hex').slice(0, 8)}`;
}

/** At most so many bytes, and no half character. */
function cut(text: string): string {
  let bytes = 0;
  let end = 0;
  for (const character of text) {
    bytes += Buffer.byteLength(character);
    if (bytes > keptBytes) break;
    end += character.length;
  }
  return text.slice(0, end);
}
