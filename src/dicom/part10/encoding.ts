import { deflatedLittleEndian, explicitBigEndian, implicitLittleEndian } from '../uids/well-known.ts';

/** How elements are written (PS3.5 7.1, 7.3). */
export interface Encoding {
  readonly explicit: boolean;
  readonly bigEndian: boolean;
}

/** What a transfer syntax says of it (PS3.5 annex A): all but these three are explicit VR little endian. */
export function encodingOf(transferSyntax: string): Encoding & { readonly deflated: boolean } {
  return { explicit: transferSyntax !== implicitLittleEndian, bigEndian: transferSyntax === explicitBigEndian, deflated: transferSyntax === deflatedLittleEndian };
}

const longVrs = new Set(['OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'SQ', 'SV', 'UC', 'UN', 'UR', 'UT', 'UV']);

/** Whether an explicit VR has two reserved bytes and a length of four (PS3.5 table 7.1-1). */
export function hasLongLength(vr: string): boolean {
  return longVrs.has(vr);
}

/** Text without its padding: spaces, NULs (PS3.5 6.2). */
export function trimmed(value: Buffer): string {
  return value.toString('latin1').replace(/^ +|[ \0]+$/g, '');
}
