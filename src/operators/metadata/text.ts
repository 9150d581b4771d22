import { convertBytes } from 'dicom-character-set';

/** VRs whose texts are in the character set of the data set (PS3.5 6.1.2.2); others are plain ASCII. */
const inCharacterSet: ReadonlySet<string> = new Set(['LO', 'LT', 'PN', 'SH', 'ST', 'UC', 'UT']);

/**
 * Text of a value in the terms of Specific Character Set (PS3.3 C.12.1.1.2), code extensions included. What breaks the
 * rules is read as Latin 1: a wrong letter is better than none.
 */
export function decodeText(bytes: Uint8Array, vr: string, characterSet: string | undefined): string {
  // JIS X 0201 has a yen sign and an overline among what looks like ASCII.
  if (!inCharacterSet.has(vr) || (isAscii(bytes) && characterSet?.includes('IR 13') !== true)) return latin1(bytes);
  try {
    const text = convertBytes(characterSet, bytes, { vr });
    return characterSet === undefined && text.includes('\ufffd') ? latin1(bytes) : text;
  } catch {
    return latin1(bytes);
  }
}

/** Nothing but ASCII, and no escape sequence. */
function isAscii(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte < 0x80 && byte !== 0x1b);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
