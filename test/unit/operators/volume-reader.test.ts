import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { readSliceReport, thicknesses } from '../../../src/operators/volume/slice-report.ts';
import { findVolumes, openVolume, type Volume } from '../../../src/operators/volume/volume-reader.ts';
import { tempDir } from '../../helpers/run.ts';

function write(folder: string, fields: string, data: Uint8Array, dataFile = 'v.raw'): string {
  const file = join(folder, 'v.mhd');
  writeFileSync(file, `ObjectType = Image\nNDims = 3\nDimSize = 2 2 3\n${fields}\nElementDataFile = ${dataFile}\n`);
  writeFileSync(join(folder, dataFile), data);
  return file;
}

async function read(volume: Volume, indices?: readonly number[]): Promise<number[][]> {
  const slices: number[][] = [];
  for await (const slice of volume.slices(indices)) slices.push([...slice]);
  return slices;
}

const values = [[1, -2, 3, 300], [5, 6, 7, -800], [9, 10, 11, 12]];
const shorts = new Uint8Array(Int16Array.from(values.flat()).buffer);

test('slices of a raw volume, all and some', async () => {
  const volume = await openVolume(write(tempDir(), 'ElementType = MET_SHORT', shorts));
  expect(volume.name).toBe('v');
  expect(await read(volume)).toEqual(values);
  expect(await read(volume, [0, 2])).toEqual([values[0], values[2]]);
});

test('voxels behind a header of their own, and at the end of a file', async () => {
  const padded = new Uint8Array([0, 0, 0, ...shorts]);
  expect(await read(await openVolume(write(tempDir(), 'HeaderSize = 3\nElementType = MET_SHORT', padded)))).toEqual(values);
  expect(await read(await openVolume(write(tempDir(), 'HeaderSize = -1\nElementType = MET_SHORT', padded)))).toEqual(values);
});

test('big-endian voxels', async () => {
  const swapped = Buffer.from(shorts).swap16();
  expect(await read(await openVolume(write(tempDir(), 'ElementByteOrderMSB = True\nElementType = MET_SHORT', swapped)))).toEqual(values);
});

test('compressed voxels, all and some', async () => {
  const volume = await openVolume(write(tempDir(), 'CompressedData = True\nElementType = MET_SHORT', deflateSync(shorts), 'v.zraw'));
  expect(await read(volume)).toEqual(values);
  expect(await read(volume, [1])).toEqual([values[1]]);
});

test.each([
  ['MET_UCHAR', Uint8Array], ['MET_CHAR', Int8Array], ['MET_USHORT', Uint16Array], ['MET_UINT', Uint32Array],
  ['MET_INT', Int32Array], ['MET_FLOAT', Float32Array], ['MET_DOUBLE', Float64Array],
] as const)('voxels of type %s', async (type, kind) => {
  const data = kind.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 100]);
  const volume = await openVolume(write(tempDir(), `ElementType = ${type}`, new Uint8Array(data.buffer)));
  expect((await read(volume)).flat()).toEqual([...data]);
});

test('what is missing or damaged is said', async () => {
  const folder = tempDir();
  await expect(openVolume(write(folder, 'ElementType = MET_SHORT', shorts.subarray(0, 20)))).rejects.toThrow('holds 20 bytes of voxels where v.mhd promises 24');
  const short = await openVolume(write(folder, 'CompressedData = True\nElementType = MET_SHORT', deflateSync(shorts.subarray(0, 20)), 'v.zraw'));
  await expect(read(short)).rejects.toThrow('ends after 2 of 3 slices');
  const bad = await openVolume(write(folder, 'CompressedData = True\nElementType = MET_SHORT', new Uint8Array(30).fill(7), 'v.zraw'));
  await expect(read(bad)).rejects.toThrow('damaged compressed data');
  writeFileSync(join(folder, 'w.mhd'), 'DimSize = 1 1 1\nElementType = MET_UCHAR\nElementDataFile = gone.raw\n');
  await expect(openVolume(join(folder, 'w.mhd'))).rejects.toThrow('names the data file gone.raw, which cannot be read (it does not exist)');
  await expect(findVolumes(join(folder, 'nowhere'))).rejects.toThrow('cannot read folder');
  expect((await findVolumes(folder)).map((file) => file.slice(folder.length + 1))).toEqual(['v.mhd', 'w.mhd']);
});

test('the report beside a volume counts only where it fits the volume', async () => {
  const folder = tempDir();
  const volume = await openVolume(write(folder, 'ElementType = MET_SHORT', shorts));
  expect(await readSliceReport(volume)).toBeUndefined();
  for (const [text, fits] of [['{"slicePositions":[0,1,3]}', true], ['{"slicePositions":[0,1]}', false], ['{"slicePositions":[0,1,1]}', false], ['{}', false], ['[', false]] as const) {
    writeFileSync(join(folder, 'v.json'), text);
    expect((await readSliceReport(volume)) !== undefined).toBe(fits);
  }
});

test.each([
  [[0, 2, 4], [2, 2, 2]],
  [[0, 1, 5], [1, 2.5, 4]],
  [[0], [0]],
])('slices at %j stand for %j mm', (positions, expected) => {
  expect(thicknesses(positions)).toEqual(expected);
});
