import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { expect, test } from 'vitest';
import { bytesOf, type ElementType, type Samples } from '../../../src/operators/volume/elements.ts';
import { printMetaHeader, type VolumeHeader } from '../../../src/operators/volume/meta-header.ts';
import { tempDir } from '../../helpers/run.ts';
import { filesEnding, operator, readVolume } from './helpers.ts';

const geometry = {
  size: [5, 4, 3], spacing: [0.5, 2, 4], origin: [-1, 2, 3.5], direction: [[0, 1, 0], [0, 0, -1], [-1, 0, 0]],
} as const satisfies Partial<VolumeHeader>;

/** Two parts: one of 6 voxels over all slices, one of 2 that touches it at a corner only. */
const cells = [
  1, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0,
  0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
];

function writeVolume(folder: string, name: string, elementType: ElementType, values: Samples, changes: Partial<VolumeHeader> = {}): void {
  mkdirSync(folder, { recursive: true });
  const header: VolumeHeader = { ...geometry, elementType, dataFile: `${name}.raw`, bigEndian: false, compressed: false, dataOffset: 0, ...changes };
  writeFileSync(join(folder, `${name}.mhd`), printMetaHeader(header));
  writeFileSync(join(folder, header.dataFile), header.compressed ? deflateSync(bytesOf(values)) : bytesOf(values));
}

const at300 = cells.map((cell) => (cell === 1 ? 300 : 299));
const largest = cells.map((cell, index) => (index === 32 || index === 33 ? 0 : cell));

test.each([
  ['short', 'MET_SHORT', Int16Array.from(at300), []],
  ['int', 'MET_INT', Int32Array.from(at300), []],
  ['float', 'MET_FLOAT', Float32Array.from(at300), []],
  ['bytes', 'MET_UCHAR', Uint8Array.from(cells.map((cell) => cell * 200)), ['--lower', '200', '--upper', '200']],
] as const)('a volume of type %s becomes a mask of its own name and geometry', async (_, type, values, args) => {
  const folder = tempDir();
  writeVolume(join(folder, 'in'), '1.2', type, values);
  expect(await operator('threshold-segmentation', ['--input', join(folder, 'in'), '--output', join(folder, 'out'), ...args])).toMatchObject({ exitCode: 0, stderr: '' });
  const { header, values: mask, report } = readVolume(join(folder, 'out'), '1.2');
  expect(header).toEqual({ ...geometry, elementType: 'MET_UCHAR', dataFile: '1.2.raw', bigEndian: false, compressed: false, dataOffset: 0 });
  expect(mask).toEqual(largest);
  expect(report).toMatchObject({
    volume: '1.2.mhd', labels: [{ value: 1, voxels: 6, volumeMl: 0.024 }], connectedParts: 2, voxelsInWindow: 8,
    spacing: { mm: [0.5, 2, 4], even: true, basis: 'ElementSpacing' }, warnings: [],
  });
});

test('with 26 neighbours a corner connects; a compressed volume is read; every volume of the folder is done', async () => {
  const folder = tempDir();
  writeVolume(join(folder, 'in'), 'a', 'MET_SHORT', Int16Array.from(at300), { compressed: true, dataFile: 'a.zraw' });
  writeVolume(join(folder, 'in'), 'b', 'MET_SHORT', Int16Array.from(at300));
  expect(await operator('threshold-segmentation', ['--input', join(folder, 'in'), '--output', join(folder, 'out'), '--connectivity', '26'])).toMatchObject({ exitCode: 0 });
  expect(filesEnding(join(folder, 'out'), '.mhd')).toEqual(['a.mhd', 'b.mhd']);
  for (const name of ['a', 'b']) expect(readVolume(join(folder, 'out'), name).values).toEqual(cells);
});

test('where slices are uneven, each counts with its own thickness', async () => {
  const folder = tempDir();
  writeVolume(join(folder, 'in'), 'a', 'MET_SHORT', Int16Array.from(at300));
  writeFileSync(join(folder, 'in', 'a.json'), '{"slicePositions":[0,2,8]}');
  const result = await operator('threshold-segmentation', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(result.stderr).toContain('slices are not evenly spaced');
  // 3, 2 and 1 voxels of 0.5 × 2 mm, which stand for 2, (2 + 6) / 2 and 6 mm.
  expect(readVolume(join(folder, 'out'), 'a').report).toMatchObject({ labels: [{ voxels: 6, volumeMl: 0.02 }], spacing: { even: false, basis: 'slice positions' } });
});

test('nothing within the window: an empty mask, and a warning', async () => {
  const folder = tempDir();
  writeVolume(join(folder, 'in'), 'a', 'MET_SHORT', Int16Array.from(at300));
  const result = await operator('threshold-segmentation', ['--input', join(folder, 'in'), '--output', join(folder, 'out'), '--lower', '301']);
  expect(result).toMatchObject({ exitCode: 0, stderr: 'warning: a: no voxel between 301 and 3071: the mask is empty\n' });
  const { values, report } = readVolume(join(folder, 'out'), 'a');
  expect(values).toEqual(cells.map(() => 0));
  expect(report).toMatchObject({ labels: [{ voxels: 0, volumeMl: 0 }], connectedParts: 0 });
});

test('no volume, a volume cut short, a header that is none', async () => {
  const folder = tempDir();
  mkdirSync(join(folder, 'in'));
  const segment = (): ReturnType<typeof operator> => operator('threshold-segmentation', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(await segment()).toMatchObject({ exitCode: 4, stderr: `error: no volume (.mhd) in ${join(folder, 'in')}\n` });
  writeVolume(join(folder, 'in'), 'a', 'MET_SHORT', Int16Array.from(at300.slice(0, 40)));
  expect(await segment()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('a.raw holds 80 bytes of voxels where a.mhd promises 120') as string });
  writeFileSync(join(folder, 'in', 'a.mhd'), 'hello');
  expect(await segment()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('a.mhd: not a MetaImage header') as string });
});

test('the picture shows the volume in its window and the mask in red, in the proportions of the patient', async () => {
  const folder = tempDir();
  const [volumes, masks, pictures] = ['volumes', 'masks', 'pictures'].map((name) => join(folder, name)) as [string, string, string];
  // 40 × 20 voxels of 1 × 2 mm: square. The left half is black, the right half white; the mask is a block in the black.
  const size = [40, 20, 2] as const;
  const everywhere = Array.from({ length: 40 * 20 * 2 }, (_, index) => ({ x: index % 40, y: Math.floor(index / 40) % 20 }));
  const same = { size, spacing: [1, 2, 5] } as const;
  writeVolume(volumes, 'a', 'MET_SHORT', Int16Array.from(everywhere, ({ x }) => (x < 20 ? -160 : 240)), same);
  writeVolume(masks, 'a', 'MET_UCHAR', Uint8Array.from(everywhere, ({ x, y }) => (x >= 4 && x < 12 && y >= 4 && y < 12 ? 1 : 0)), same);
  expect(await operator('volume-preview', ['--input', volumes, '--mask', masks, '--output', pictures, '--tile-size', '40', '--columns', '2'])).toMatchObject({ exitCode: 0, stderr: '' });
  const picture = PNG.sync.read(readFileSync(join(pictures, 'a.png')));
  expect([picture.width, picture.height]).toEqual([82, 40]);
  const pixel = (x: number, y: number): number[] => [...picture.data.subarray((y * 82 + x) * 4, (y * 82 + x) * 4 + 3)];
  for (const left of [0, 42]) {
    expect(pixel(left + 1, 1)).toEqual([0, 0, 0]);
    expect(pixel(left + 30, 1)).toEqual([255, 255, 255]);
    expect(pixel(left + 4, 8)).toEqual([255, 64, 64]);
    expect(pixel(left + 11, 23)).toEqual([255, 64, 64]);
    expect(pixel(left + 8, 16)).toEqual([0, 0, 0]);
    expect(pixel(left + 12, 24)).toEqual([0, 0, 0]);
  }
});

test('a mask of another size is a failure, a missing one a warning', async () => {
  const folder = tempDir();
  writeVolume(join(folder, 'in'), 'a', 'MET_SHORT', Int16Array.from(at300));
  const preview = (): ReturnType<typeof operator> => operator('volume-preview', ['--input', join(folder, 'in'), '--mask', join(folder, 'mask'), '--output', join(folder, 'out')]);
  const missing = await preview();
  expect(missing).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('no mask a.mhd in') as string });
  expect(filesEnding(join(folder, 'out'), '')).toEqual(['a.png']);
  writeVolume(join(folder, 'mask'), 'a', 'MET_UCHAR', new Uint8Array(40), { size: [5, 4, 2] });
  expect(await preview()).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has 5 × 4 × 2 voxels, its volume 5 × 4 × 3') as string });
});
