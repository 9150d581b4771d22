/** How pixels are packed (PS3.5 annex A, PS3.6 annex A). */
export type Packing = 'native' | 'rle' | 'jpeg' | 'jpeg-lossless' | 'jpeg-ls' | 'jpeg-2000' | 'htj2k';

export interface TransferSyntax {
  readonly name: string;
  readonly packing: Packing;
}

export const deflatedSyntax = '1.2.840.10008.1.2.1.99';
export const bigEndianSyntax = '1.2.840.10008.1.2.2';

const table: Readonly<Record<string, TransferSyntax>> = {
  '1.2.840.10008.1.2': { name: 'Implicit VR Little Endian', packing: 'native' },
  '1.2.840.10008.1.2.1': { name: 'Explicit VR Little Endian', packing: 'native' },
  [deflatedSyntax]: { name: 'Deflated Explicit VR Little Endian', packing: 'native' },
  [bigEndianSyntax]: { name: 'Explicit VR Big Endian', packing: 'native' },
};

/** A transfer syntax whose pixels we can read; undefined for any other. */
export function transferSyntaxOf(uid: string): TransferSyntax | undefined {
  return Object.hasOwn(table, uid) ? table[uid] : undefined;
}
