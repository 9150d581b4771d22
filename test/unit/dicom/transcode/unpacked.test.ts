import dcmjsCodecs from 'dcmjs-codecs';
import { expect, test } from 'vitest';
import { unpackedPhotometric } from '../../../../src/dicom/transcode/packed-image.ts';
import { transcoded } from '../../../../src/dicom/transcode/transcode.ts';
import { explicitLittleEndian, implicitLittleEndian } from '../../../../src/dicom/uids/well-known.ts';
import { createCodecs } from '../../../../src/pixels/codecs.ts';
import { encodeDataSet, type TestElement } from '../../../helpers/data-set.ts';

const [rle, jpegLs] = ['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.4.80'];
const us = (tag: number, value: number): TestElement => ({ tag, vr: 'US', value: Buffer.from([value & 0xff, value >> 8]) });
const explicit = { explicit: true, bigEndian: false };

interface Image {
  readonly columns?: number;
  readonly rows?: number;
  readonly bits?: number;
  readonly samples?: number;
  readonly photometric?: string;
  readonly planar?: number;
  readonly frames?: number;
}

function attributes({ columns = 4, rows = 3, bits = 16, samples = 1, photometric = 'MONOCHROME2', planar, frames = 1 }: Image): TestElement[] {
  return [
    { tag: 0x00080018, vr: 'UI', value: '1.2.3' }, us(0x00280002, samples), { tag: 0x00280004, vr: 'CS', value: photometric }, ...(planar === undefined ? [] : [us(0x00280006, planar)]),
    { tag: 0x00280008, vr: 'IS', value: String(frames) }, us(0x00280010, rows), us(0x00280011, columns), us(0x00280100, bits), us(0x00280101, bits), us(0x00280102, bits - 1), us(0x00280103, 0),
    { tag: 0x00282110, vr: 'CS', value: '00' },
  ];
}

function item(bytes: Buffer, tag = 0xe000): Buffer {
  const header = Buffer.from([0xfe, 0xff, tag & 0xff, tag >> 8, 0, 0, 0, 0]);
  header.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}

/** Pixel data in fragments, with a Basic Offset Table. */
function encapsulated(fragments: readonly Buffer[], offsets: readonly number[] = []): Buffer {
  const table = Buffer.alloc(offsets.length * 4);
  offsets.forEach((offset, index) => table.writeUInt32LE(offset, index * 4));
  return Buffer.concat([Buffer.from([0xe0, 0x7f, 0x10, 0, 0x4f, 0x42, 0, 0, 0xff, 0xff, 0xff, 0xff]), item(table), ...fragments.map((fragment) => item(fragment)), item(Buffer.alloc(0), 0xe0dd)]);
}

/** RLE without runs: segments of literal bytes, at most 128 each. */
function packed(...segments: readonly Buffer[]): Buffer {
  const header = Buffer.alloc(64);
  header.writeUInt32LE(segments.length);
  const bodies = segments.map((bytes) => Buffer.concat([Buffer.of(bytes.length - 1), bytes, ...(bytes.length % 2 === 0 ? [Buffer.of(0x80)] : [])]));
  bodies.reduce((at, body, index) => (header.writeUInt32LE(at, 4 + index * 4), at + body.length), 64);
  return Buffer.concat([header, ...bodies]);
}

/** A frame of 12 words, and what it is packed. */
function words(seed: number): { readonly plain: Buffer; readonly packed: Buffer } {
  const bytes = Array.from({ length: 24 }, (_, index) => (index * 37 + seed) & 0xff);
  const plain = Buffer.from(bytes);
  return { plain, packed: packed(...[1, 0].map((rest) => Buffer.from(bytes.filter((_, index) => index % 2 === rest)))) };
}

function halves(bytes: Buffer): Buffer[] {
  return [bytes.subarray(0, 40), bytes.subarray(40)];
}

async function* cut(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
}

async function converted(image: Image, pixels: Buffer, { from = rle, to = explicitLittleEndian, more = [] }: { readonly from?: string; readonly to?: string; readonly more?: readonly TestElement[] } = {}): Promise<Buffer> {
  const codecs = createCodecs();
  const pieces: Buffer[] = [];
  for await (const piece of transcoded(cut(Buffer.concat([encodeDataSet([...attributes(image), ...more], explicit), pixels])), from, to, codecs)) pieces.push(piece);
  codecs.release();
  return Buffer.concat(pieces);
}

const plainWith = (image: Image, value: Buffer, to = explicitLittleEndian) => encodeDataSet([...attributes(image), { tag: 0x7fe00010, vr: (image.bits ?? 16) > 8 ? 'OW' : 'OB', value }], { explicit: to === explicitLittleEndian, bigEndian: false });
const [one, two] = [words(1), words(2)];
const length = one.packed.length;
const both = Buffer.concat([one.plain, two.plain]);

test.each([explicitLittleEndian, implicitLittleEndian])('one frame in one fragment, or several, to %s', async (to) => {
  for (const fragments of [[one.packed], halves(one.packed)]) expect((await converted({}, encapsulated(fragments), { to })).equals(plainWith({}, one.plain, to))).toBe(true);
});

test.each<readonly [string, Buffer]>([
  ['without a table', encapsulated([one.packed, two.packed])],
  ['with a table', encapsulated([one.packed, two.packed], [0, length + 8])],
  ['with a table, in several fragments each', encapsulated([...halves(one.packed), ...halves(two.packed)], [0, length + 16])],
  ['with a table that fits nothing', encapsulated([one.packed, two.packed], [8, 8])],
])('frames %s', async (_what, pixels) => {
  expect((await converted({ frames: 2 }, pixels)).equals(plainWith({ frames: 2 }, both))).toBe(true);
});

test('frames in several fragments with an extended table, which is left out afterwards', async () => {
  const table = Buffer.alloc(16);
  table.writeBigUInt64LE(BigInt(length + 16), 8);
  const more = [{ tag: 0x7fe00001, vr: 'OV', value: table }, { tag: 0x7fe00002, vr: 'OV', value: Buffer.alloc(16) }];
  expect((await converted({ frames: 2 }, encapsulated([...halves(one.packed), ...halves(two.packed)]), { more })).equals(plainWith({ frames: 2 }, both))).toBe(true);
});

test('JPEG-LS frames in several fragments without a table end with their marker', async () => {
  const { NativeCodecs, Context } = dcmjsCodecs;
  await NativeCodecs.initializeAsync();
  const streams = [one, two].map(({ plain }) => {
    const context = new Context({ width: 4, height: 3, bitsAllocated: 16, bitsStored: 16, samplesPerPixel: 1, pixelRepresentation: 0, planarConfiguration: 0, photometricInterpretation: 'MONOCHROME2', decodedBuffer: new Uint8Array(plain) });
    const bytes = Buffer.from(NativeCodecs.encodeJpegLs(context).getEncodedBuffer()!);
    return bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
  });
  NativeCodecs.release();
  // The second way cuts the marker in two.
  const ends = streams.map((stream) => stream.lastIndexOf(Buffer.from([0xff, 0xd9])) + 1);
  for (const fragments of [streams.flatMap(halves), streams.flatMap((stream, index) => [stream.subarray(0, ends[index]), stream.subarray(ends[index])])]) {
    expect((await converted({ frames: 2 }, encapsulated(fragments), { from: jpegLs })).equals(plainWith({ frames: 2 }, both))).toBe(true);
  }
});

test('an odd number of bytes gets one more; colours keep their planes in RLE', async () => {
  const odd = Buffer.from(Array.from({ length: 9 }, (_, index) => index + 1));
  const grey = { columns: 3, bits: 8 };
  expect((await converted(grey, encapsulated([packed(odd)]))).equals(plainWith(grey, Buffer.concat([odd, Buffer.alloc(1)])))).toBe(true);
  const [r, g, b] = [0, 100, 200].map((add) => Buffer.from(Array.from({ length: 12 }, (_, index) => index + add))) as [Buffer, Buffer, Buffer];
  const pixels = encapsulated([packed(r, g, b)]);
  const byPixel = Buffer.from(Array.from({ length: 36 }, (_, index) => [r, g, b][index % 3]![Math.floor(index / 3)]!));
  for (const [planar, expected] of [[0, byPixel], [1, Buffer.concat([r, g, b])]] as const) {
    const colour = { bits: 8, samples: 3, photometric: 'RGB', planar };
    expect((await converted(colour, pixels)).equals(plainWith(colour, expected))).toBe(true);
  }
});

test.each<readonly [string, Image, Buffer, RegExp]>([
  ['fewer frames', { frames: 3 }, encapsulated([one.packed, two.packed]), /there are 2 frames instead of 3/],
  ['more frames', { frames: 2 }, encapsulated([one.packed, two.packed, one.packed]), /more frames than the 2/],
  ['a damaged frame', { frames: 2 }, encapsulated([one.packed, two.packed.subarray(0, 70)]), /frame 2 of 2: damaged compressed pixel data/],
  ['no fragment', {}, encapsulated([]), /0 frames instead of 1/],
  ['an end in the middle', {}, encapsulated([one.packed]).subarray(0, -8), /ends in its fragments/],
  ['a fragment that claims too much', {}, encapsulated([Buffer.alloc(70_000)]), /longer than an image of its size can be/],
  ['one bit per value', { bits: 1 }, encapsulated([one.packed]), /1 bits per value/],
  ['four values per pixel', { samples: 4 }, encapsulated([one.packed]), /4 values per pixel/],
  ['more than 4 GiB', { columns: 60000, frames: 99999 }, encapsulated([one.packed]), /more than 4 GiB/],
  ['a frame that memory is too small for', { columns: 60000, rows: 60000 }, encapsulated([one.packed]), /frames of more than 512 MiB/],
  ['pixels that are not compressed', {}, encodeDataSet([{ tag: 0x7fe00010, vr: 'OW', value: one.plain }], explicit), /are not compressed/],
])('%s: says why', async (_what, image, pixels, reason) => {
  await expect(converted(image, pixels)).rejects.toThrow(reason);
});

test.each<readonly [string, boolean, string]>([
  ['YBR_FULL_422', true, 'RGB'], ['YBR_FULL', true, 'RGB'], ['YBR_FULL_422', false, 'YBR_FULL'], ['YBR_FULL', false, 'YBR_FULL'], ['YBR_RCT', false, 'RGB'], ['YBR_ICT', false, 'RGB'],
  ['RGB', true, 'RGB'], ['MONOCHROME1', true, 'MONOCHROME1'], ['PALETTE COLOR', false, 'PALETTE COLOR'],
])('%s (lossy JPEG: %s) becomes %s', (before, lossyJpeg, after) => expect(unpackedPhotometric(before, { lossyJpeg })).toBe(after));
