import { ClaraError } from '../../core/errors.ts';
import { type Codecs } from '../../pixels/codecs.ts';
import { type ColourLayout, frameBytes, type PixelFormat } from '../../pixels/format.ts';
import { type Packing, transferSyntaxOf } from '../../pixels/transfer-syntaxes.ts';
import { trimmed } from '../part10/encoding.ts';

/** What has to be known of an image to decode its pixels (PS3.3 C.7.6.3). */
export const imageTags = {
  samplesPerPixel: 0x00280002, photometric: 0x00280004, planar: 0x00280006, frames: 0x00280008, rows: 0x00280010, columns: 0x00280011,
  bitsAllocated: 0x00280100, bitsStored: 0x00280101, highBit: 0x00280102, pixelRepresentation: 0x00280103,
  offsets: 0x7fe00001, fragmentLengths: 0x7fe00002, offsetTotal: 0x7fe00003, pixelData: 0x7fe00010,
} as const;

/** The table and the lengths of fragments belong to the fragments (PS3.3 C.7.6.3.1.8). */
export const fragmentTags: ReadonlySet<number> = new Set([imageTags.offsets, imageTags.fragmentLengths, imageTags.offsetTotal]);
const wanted: ReadonlySet<number> = new Set(Object.values(imageTags).filter((tag) => tag < imageTags.fragmentLengths));
/** Longest value that is kept: offsets of a million frames. */
const mostBytes = 8 * 1024 * 1024;

/** A frame is held in memory, twice for a moment. */
const mostFrameBytes = 512 * 1024 * 1024;

/** How the pixels of a data set are decoded on its way. */
export interface Unpacking {
  readonly packing: Packing;
  /** JPEG that is not lossless: colours become RGB. */
  readonly lossyJpeg: boolean;
  readonly codecs: Codecs;
}

/** An image with its pixels in fragments. */
export interface PackedImage {
  readonly format: PixelFormat;
  readonly frames: number;
  readonly layout: ColourLayout;
  /** Extended Offset Table; empty: there is none. */
  readonly offsets: readonly number[];
}

/** The packing of a transfer syntax whose pixels are compressed in a way that we can decode. */
export function packingOf(transferSyntax: string): Packing | undefined {
  const packing = transferSyntaxOf(transferSyntax)?.packing;
  return packing === 'native' ? undefined : packing;
}

/** JPEG Baseline and Extended. */
export function isLossyJpeg(transferSyntax: string): boolean {
  return ['1.2.840.10008.1.2.4.50', '1.2.840.10008.1.2.4.51'].includes(transferSyntax);
}

/** Whether a value is one that `packedImage` asks for. */
export function isWantedOfImage(tag: number, length: number): boolean {
  return wanted.has(tag) && length <= mostBytes;
}

/** Photometric Interpretation of what the decoder delivers (PS3.5 8.2, PS3.3 C.7.6.3.1.2). */
export function unpackedPhotometric(photometric: string, { lossyJpeg }: Pick<Unpacking, 'lossyJpeg'>): string {
  if (photometric === 'YBR_RCT' || photometric === 'YBR_ICT') return 'RGB';
  if (photometric === 'YBR_FULL' || photometric === 'YBR_FULL_422') return lossyJpeg ? 'RGB' : 'YBR_FULL';
  return photometric;
}

/** The image that a data set describes. `values`: little-endian, as they are stored. @throws ClaraError where they are no image that can be decoded */
export function packedImage(values: ReadonlyMap<number, Buffer>, { lossyJpeg }: Pick<Unpacking, 'lossyJpeg'>): PackedImage {
  const number = (tag: number, otherwise?: number): number => {
    const value = values.get(tag);
    if (value !== undefined && value.length >= 2) return value.readUInt16LE(0);
    if (otherwise === undefined) throw undecodable('it does not say how its pixels are laid out');
    return otherwise;
  };
  const bitsAllocated = number(imageTags.bitsAllocated);
  const bitsStored = number(imageTags.bitsStored, bitsAllocated);
  const samplesPerPixel = number(imageTags.samplesPerPixel, 1);
  if (![8, 16, 32].includes(bitsAllocated)) throw undecodable(`it has ${bitsAllocated} bits per value`);
  if (samplesPerPixel !== 1 && samplesPerPixel !== 3) throw undecodable(`it has ${samplesPerPixel} values per pixel`);
  const photometric = trimmed(values.get(imageTags.photometric) ?? Buffer.alloc(0));
  const format: PixelFormat = {
    rows: number(imageTags.rows), columns: number(imageTags.columns), samplesPerPixel, photometric, bitsAllocated, bitsStored,
    highBit: number(imageTags.highBit, bitsStored - 1), signed: number(imageTags.pixelRepresentation, 0) === 1,
  };
  const frames = Number.parseInt(trimmed(values.get(imageTags.frames) ?? Buffer.from('1')), 10);
  if (!(frames >= 1)) throw undecodable('it has no frames');
  if (frameBytes(format) > mostFrameBytes) throw undecodable('it has frames of more than 512 MiB');
  // PS3.5 7.1: lengths have 32 bits, and the highest is no length.
  if (frameBytes(format) * frames > 0xfffffffe) throw undecodable('it has more than 4 GiB when it is not compressed');
  const table = values.get(imageTags.offsets) ?? Buffer.alloc(0);
  return {
    format, frames,
    layout: { planar: samplesPerPixel > 1 && number(imageTags.planar, 0) === 1, toRgb: lossyJpeg && samplesPerPixel === 3 && photometric.startsWith('YBR_FULL') },
    offsets: Array.from({ length: Math.floor(table.length / 8) }, (_, index) => Number(table.readBigUInt64LE(index * 8))),
  };
}

export function undecodable(why: string): ClaraError {
  return new ClaraError('failed', `the pixels cannot be decoded: ${why}`);
}
