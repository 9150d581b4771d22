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
  const elements = Buffer.concat([
    element(0x0001, 'OB', Buffer.of(0, 1)),
    element(0x0002, 'UI', Buffer.from(meta.sopClass)),
    element(0x0003, 'UI', Buffer.from(meta.sopInstance)),
    element(0x0010, 'UI', Buffer.from(meta.transferSyntax)),
    element(0x0012, 'UI', Buffer.from(implementationClassUid)),
    element(0x0013, 'SH', Buffer.from(implementationVersionName)),
    ...(meta.sendingAe === undefined ? [] : [element(0x0017, 'AE', Buffer.from(meta.sendingAe, 'latin1'))]),
    ...(meta.receivingAe === undefined ? [] : [element(0x0018, 'AE', Buffer.from(meta.receivingAe, 'latin1'))]),
  ]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(elements.length);
  return Buffer.concat([Buffer.alloc(preambleBytes), Buffer.from('DICM'), element(0x0000, 'UL', length), elements]);
}

/** In explicit VR little endian (PS3.5 7.1.2), padded to an even length: UIDs with NUL, text with a space (PS3.5 6.2). */
function element(number: number, vr: string, value: Buffer): Buffer {
  const padded = value.length % 2 === 0 ? value : Buffer.concat([value, Buffer.from(vr === 'UI' ? '\0' : ' ')]);
  const header = Buffer.alloc(hasLongLength(vr) ? 12 : 8);
  header.writeUInt16LE(metaGroup, 0);
  header.writeUInt16LE(number, 2);
  header.write(vr, 4);
  if (hasLongLength(vr)) header.writeUInt32LE(padded.length, 8);
  else header.writeUInt16LE(padded.length, 6);
  return Buffer.concat([header, padded]);
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
