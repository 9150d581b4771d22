import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type PixelFormat } from '../../../src/pixels/format.ts';
import { hasEnd, jpeg2000Frame, jpegFrame } from '../../../src/pixels/codestream.ts';
import { assign } from '../../../src/operators/dicom/pixels/fragments.ts';
import { decodeRle } from '../../../src/pixels/rle.ts';
import { storedValues } from '../../../src/operators/dicom/pixels/stored-values.ts';
import { rescale, typeFor } from '../../../src/operators/dicom/series/rescale.ts';
import { createWideningFile } from '../../../src/operators/dicom/series/widening-file.ts';
import { tempDir } from '../../helpers/run.ts';

function format(bitsAllocated: number, bitsStored: number, signed: boolean, highBit = bitsStored - 1): PixelFormat {
  return { rows: 1, columns: 4, samplesPerPixel: 1, photometric: 'MONOCHROME2', bitsAllocated, bitsStored, highBit, signed };
}

test.each([
  ['16 unsigned', format(16, 16, false), [0, 1, 0x7fff, 0xffff], [0, 1, 32767, 65535]],
  ['16 signed', format(16, 16, true), [0, 1, 0x8000, 0xffff], [0, 1, -32768, -1]],
  ['12 of 16 unsigned, rubbish above', format(16, 12, false), [0xf001, 0x0fff, 0x1800, 0], [1, 4095, 2048, 0]],
  ['12 of 16 signed', format(16, 12, true), [0x0fff, 0x0800, 0x07ff, 0xf001], [-1, -2048, 2047, 1]],
  ['12 of 16 in the upper bits', format(16, 12, false, 15), [0xfff0, 0x001f, 0x8000, 0x000f], [4095, 1, 2048, 0]],
  ['12 of 16 in the upper bits, signed', format(16, 12, true, 15), [0xfff0, 0x001f, 0x8000, 0x7ff0], [-1, 1, -2048, 2047]],
] as const)('stored values: %s', (_, layout, words, expected) => {
  expect([...storedValues(new Uint8Array(Uint16Array.from(words).buffer), layout)]).toEqual(expected);
});

test('stored values of 8 and 32 bits', () => {
  expect([...storedValues(Uint8Array.of(0, 127, 128, 255), format(8, 8, true))]).toEqual([0, 127, -128, -1]);
  expect([...storedValues(Uint8Array.of(0x10, 0x1f, 0x0f, 0x08), format(8, 4, true))]).toEqual([0, -1, -1, -8]);
  const words = new Uint8Array(Uint32Array.of(0, 5, 0x80000000, 0xffffffff).buffer);
  expect([...storedValues(words.slice(), format(32, 32, true))]).toEqual([0, 5, -2147483648, -1]);
  expect([...storedValues(words.slice(), format(32, 32, false))]).toEqual([0, 5, 2147483648, 4294967295]);
  expect([...storedValues(words.slice(), format(32, 31, false))]).toEqual([0, 5, 0, 2147483647]);
});

test.each([
  [[-1024, 3071], 1, 0, 'MET_SHORT'],
  [[0, 4095], 1, -1024, 'MET_SHORT'],
  [[0, 33791], 1, -1024, 'MET_SHORT'],
  [[0, 33792], 1, -1024, 'MET_INT'],
  [[0, 40000], -1, 0, 'MET_INT'],
  [[0, 30000], 100_000, 0, 'MET_FLOAT'],
  [[0, 1], 0.5, 0, 'MET_FLOAT'],
  [[0, 1], 1, 0.1, 'MET_FLOAT'],
] as const)('values %j × %d + %d need %s', (stored, slope, intercept, type) => {
  expect(typeFor(Int32Array.from(stored), slope, intercept)).toBe(type);
});

test('rescale', () => {
  const shorts = new Int16Array(3);
  rescale(Uint16Array.of(0, 1, 4095), 1, -1024, shorts);
  expect([...shorts]).toEqual([-1024, -1023, 3071]);
  const floats = new Float32Array(2);
  rescale(Int16Array.of(-2, 3), 0.5, 1, floats);
  expect([...floats]).toEqual([0, 2.5]);
});

test('a file becomes wider when a slice needs it, twice if need be, and leaves nothing behind', async () => {
  const folder = tempDir();
  const file = await createWideningFile(folder, 'v.raw');
  await file.append(Int16Array.of(-5, 7), 1, 0);
  expect(file.type).toBe('MET_SHORT');
  await file.append(Uint16Array.of(65_535, 0), 1, -1);
  expect(file.type).toBe('MET_INT');
  await file.append(Uint8Array.of(1, 2), 0.25, 0);
  await file.append(Uint8Array.of(8, 9), 1, 0);
  expect(readdirSync(folder)).not.toContain('v.raw');
  await file.finish();
  expect(file.type).toBe('MET_FLOAT');
  expect(readdirSync(folder)).toEqual(['v.raw']);
  expect([...new Float32Array(new Uint8Array(readFileSync(join(folder, 'v.raw'))).buffer)]).toEqual([-5, 7, 65_534, -1, 0.25, 0.5, 8, 9]);
});

test('a discarded file leaves nothing behind', async () => {
  const folder = tempDir();
  const file = await createWideningFile(folder, 'v.raw');
  await file.append(Int16Array.of(1), 1, 0);
  await file.append(Int16Array.of(1), 0.5, 0);
  await file.discard();
  expect(readdirSync(folder)).toEqual([]);
});

/** An RLE frame (PS3.5 G.3) of the given segments. */
function rleFrame(segments: readonly (readonly number[])[]): Uint8Array {
  const header = new Uint32Array(16);
  header[0] = segments.length;
  let offset = 64;
  for (const [index, segment] of segments.entries()) {
    header[index + 1] = offset;
    offset += segment.length;
  }
  return new Uint8Array([...new Uint8Array(header.buffer), ...segments.flat()]);
}

test('RLE: literal runs, repeats, no-operation, the high byte first', () => {
  expect([...decodeRle(rleFrame([[2, 1, 2, 3, 128, 255, 9]]), 5, 1)]).toEqual([1, 2, 3, 9, 9]);
  expect([...decodeRle(rleFrame([[254, 1, 0], [2, 7, 8, 9]]), 3, 2)]).toEqual([7, 1, 8, 1, 9, 1]);
  expect([...decodeRle(rleFrame([[1, 5, 6, 0]]), 2, 1)]).toEqual([5, 6]);
});

test.each([
  ['too short for a header', new Uint8Array(10), 'no RLE header'],
  ['the wrong number of segments', rleFrame([[1, 5, 6]]), '1 RLE segments for values of 2 bytes'],
  ['a segment past the end', ((): Uint8Array => { const frame = rleFrame([[1, 5, 6], [1, 5, 6]]); frame[8] = 200; return frame; })(), 'outside its frame'],
  ['a segment that ends too early', rleFrame([[1, 5, 6], [0, 5]]), 'RLE segment 2 ends too early'],
  ['a run past the end', rleFrame([[1, 5, 6], [9, 5, 6]]), 'RLE segment 2 ends too early'],
])('damaged RLE: %s', (_, packed, problem) => {
  expect(() => decodeRle(packed, 2, 2)).toThrow(problem);
});

test('frame headers of JPEG streams', () => {
  const app = [0xff, 0xe0, 0, 4, 1, 2];
  expect(jpegFrame(Uint8Array.of(0xff, 0xd8, ...app, 0xff, 0xff, 0xc3, 0, 11, 12, 0x01, 0x00, 0x02, 0x00, 1, 1, 0x11, 0))).toEqual({ precision: 12, rows: 256, columns: 512, components: 1 });
  expect(jpegFrame(Uint8Array.of(0xff, 0xd8, 0xff, 0xf7, 0, 11, 16, 0, 9, 0, 8, 3, 1, 0x11, 0))).toEqual({ precision: 16, rows: 9, columns: 8, components: 3 });
  expect(() => jpegFrame(Uint8Array.of(1, 2, 3, 4))).toThrow('not a JPEG stream');
  expect(() => jpegFrame(Uint8Array.of(0xff, 0xd8, ...app, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11))).toThrow('a JPEG marker is missing');
  expect(() => jpegFrame(Uint8Array.of(0xff, 0xd8, ...app))).toThrow('no JPEG frame header');
});

test('size segments of JPEG 2000 streams, bare and in boxes', () => {
  const stream = new Uint8Array(60);
  const view = new DataView(stream.buffer);
  stream.set([0xff, 0x4f, 0xff, 0x51]);
  for (const [at, value] of [[8, 520], [12, 260], [16, 8], [20, 4]] as const) view.setUint32(at, value);
  view.setUint16(40, 1);
  stream[42] = 0x80 | 11;
  const expected = { columns: 512, rows: 256, components: 1, precision: 12 };
  expect(jpeg2000Frame(stream)).toEqual(expected);
  expect(jpeg2000Frame(new Uint8Array([...new Array<number>(85).fill(0), ...stream]))).toEqual(expected);
  expect(() => jpeg2000Frame(stream.subarray(0, 30))).toThrow('not a JPEG 2000 stream');
  expect(() => jpeg2000Frame(new Uint8Array(100))).toThrow('not a JPEG 2000 stream');
});

test.each([
  [[1, 2, 0xff, 0xd9], true],
  [[1, 2, 0xff, 0xd9, 0], true],
  [[1, 2, 0xff], false],
  [[], false],
])('the end of %j is there: %s', (bytes, expected) => {
  expect(hasEnd(Uint8Array.from(bytes))).toBe(expected);
});

const fragments = [{ offset: 108, length: 10 }, { offset: 126, length: 4 }, { offset: 138, length: 6 }];

test.each([
  ['all to the only frame', fragments, [], 1, [[0, 1, 2]]],
  ['one each', fragments, [], 3, [[0], [1], [2]]],
  ['by the offset table', fragments, [0, 30], 2, [[0, 1], [2]]],
])('fragments: %s', (_, parts, table, frames, expected) => {
  expect(assign(parts, table, frames)).toEqual(expected.map((indices) => indices.map((index) => parts[index])));
});

test.each([
  ['none at all', [], [], 1, 'no fragment'],
  ['no way to tell', fragments, [], 2, '3 fragments for 2 frames'],
  ['a table that points past them', fragments, [0, 999], 2, 'no fragment for frame 2'],
])('fragments: %s', (_, parts, table, frames, problem) => {
  expect(() => assign(parts, table, frames)).toThrow(problem);
});
