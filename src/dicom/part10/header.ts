import { ClaraError } from '../../core/errors.ts';
import { implementationClassUid, implementationVersionName } from '../uids/implementation.ts';
import { isUid } from '../uids/well-known.ts';
import { hasLongLength, trimmed } from './encoding.ts';

/** The file meta information that we use (PS3.10 7.1). */
export interface FileMeta {
  readonly sopClass: string;
  readonly sopInstance: string;
  /** Of the data set; the meta information itself is always explicit VR little endian. */
  readonly transferSyntax: string;
  /** (0002,0017) and (0002,0018): who sent the data set over a network, and who received it. */
  readonly sendingAe?: string;
  readonly receivingAe?: string;
}

export interface FileHeader {
  readonly meta: FileMeta;
  /** Where the data set begins, in bytes from the beginning of the file. */
  readonly dataSetOffset: number;
}

const preambleBytes = 128;
/** Nobody has more in a header than a few hundred bytes; private information (0002,0102) may be longer. */
const mostHeaderBytes = 1024 * 1024;
const metaGroup = 0x0002;

/** The header of a file with this data set: preamble, `DICM`, meta information with our implementation UID (PS3.10 7.1). */
export function encodeFileHeader(meta: FileMeta): Buffer {
  // Text as Latin 1: a character is a byte.
  const elements: readonly (readonly [number: number, vr: string, value: string])[] = [
    [0x0001, 'OB', '\0\u0001'], [0x0002, 'UI', meta.sopClass], [0x0003, 'UI', meta.sopInstance], [0x0010, 'UI', meta.transferSyntax],
    [0x0012, 'UI', implementationClassUid], [0x0013, 'SH', implementationVersionName],
    ...(meta.sendingAe === undefined ? [] : [[0x0017, 'AE', meta.sendingAe] as const]), ...(meta.receivingAe === undefined ? [] : [[0x0018, 'AE', meta.receivingAe] as const]),
  ];
  const groupBytes = elements.reduce((sum, [, vr, value]) => sum + elementHeaderBytes(vr) + evenLength(value), 0);
  const header = Buffer.alloc(preambleBytes + 4 + 12 + groupBytes);
  header.write('DICM', preambleBytes, 'latin1');
  let at = writeElementHeader(header, preambleBytes + 4, 0x0000, 'UL', 4);
  at = header.writeUInt32LE(groupBytes, at);
  for (const [number, vr, value] of elements) {
    const length = evenLength(value);
    at = writeElementHeader(header, at, number, vr, length);
    header.write(value, at, 'latin1');
    // UIDs are padded with NUL, text with a space (PS3.5 6.2).
    if (length > value.length && vr !== 'UI') header[at + value.length] = 0x20;
    at += length;
  }
  return header;
}

function evenLength(value: string): number {
  return value.length + (value.length % 2);
}

function elementHeaderBytes(vr: string): number {
  return hasLongLength(vr) ? 12 : 8;
}

/** In explicit VR little endian (PS3.5 7.1.2); returns where the value begins. */
function writeElementHeader(target: Buffer, at: number, number: number, vr: string, length: number): number {
  target.writeUInt16LE(metaGroup, at);
  target.writeUInt16LE(number, at + 2);
  target.write(vr, at + 4, 'latin1');
  if (hasLongLength(vr)) target.writeUInt32LE(length, at + 8);
  else target.writeUInt16LE(length, at + 6);
  return at + elementHeaderBytes(vr);
}

/**
 * Reads the header from the beginning of a file, or tells how many bytes of it are needed (there may be fewer: then pass
 * `isWhole`). Throws a ClaraError for what is no DICOM file. The group length is not relied on: there are files without it.
 */
export function decodeFileHeader(bytes: Buffer, isWhole: boolean): FileHeader | { readonly needs: number } {
  const values = new Map<number, Buffer>();
  let at = preambleBytes + 4;
  if (bytes.length < at) {
    if (isWhole) throw notDicom(`it has only ${bytes.length} bytes`);
    return { needs: at + 512 };
  }
  if (bytes.toString('latin1', preambleBytes, at) !== 'DICM') throw notDicom('there is no DICM after the first 128 bytes');
  for (;;) {
    // Twelve bytes are the longest header of an element.
    if (bytes.length - at < 12 && !isWhole) return { needs: at + 512 };
    if (bytes.length - at < 8 || bytes.readUInt16LE(at) !== metaGroup) break;
    const number = bytes.readUInt16LE(at + 2);
    const isLong = hasLongLength(bytes.toString('latin1', at + 4, at + 6));
    if (isLong && bytes.length - at < 12) throw notDicom('it ends in its meta information');
    const length = isLong ? bytes.readUInt32LE(at + 8) : bytes.readUInt16LE(at + 6);
    const from = at + (isLong ? 12 : 8);
    at = from + length;
    if (at > mostHeaderBytes) throw notDicom(`its meta information is longer than ${mostHeaderBytes} bytes`);
    if (at > bytes.length) {
      if (isWhole) throw notDicom('it ends in its meta information');
      return { needs: at + 512 };
    }
    values.set(number, bytes.subarray(from, at));
  }
  const uid = (number: number, name: string) => {
    const found = trimmed(values.get(number) ?? Buffer.alloc(0));
    if (!isUid(found)) throw notDicom(`its meta information has no ${name}`);
    return found;
  };
  const [sendingAe, receivingAe] = [0x0017, 0x0018].map((number) => values.get(number)).map((value) => (value === undefined ? undefined : trimmed(value)));
  return {
    dataSetOffset: at,
    meta: {
      sopClass: uid(0x0002, 'SOP class UID'), sopInstance: uid(0x0003, 'SOP instance UID'), transferSyntax: uid(0x0010, 'transfer syntax UID'),
      ...(sendingAe !== undefined && { sendingAe }), ...(receivingAe !== undefined && { receivingAe }),
    },
  };
}

function notDicom(why: string): ClaraError {
  return new ClaraError('usage', `no DICOM file (${why})`, { hint: 'files have to be as PS3.10 says: 128 bytes, DICM, meta information, data set' });
}
