import { expect, test } from 'vitest';
import { headValue } from '../../../src/operators/phantom/head.ts';
import { noise } from '../../../src/operators/phantom/noise.ts';
import { phantomPixels } from '../../../src/operators/phantom/series.ts';

test.each([
  ['air in a corner', [-120, -120, 0], -1000],
  ['scalp', [78, 0, 0], 40],
  ['bone', [72, 0, 0], 900],
  ['brain', [60, 0, 0], 35],
  ['ventricle', [12, 0, 8], 8],
  ['tumour', [34, -34, 26], 75],
  ['necrosis', [34, -34, 14], 18],
  ['head rest', [0, 118, 0], 450],
  ['air above the head', [0, 0, 90], -1000],
] as const)('the head holds %s', (_, point, value) => {
  expect(headValue(point)).toBe(value);
});

test('noise has mean 0 and deviation 1, and depends on the seed', () => {
  const values = Array.from({ length: 100_000 }, (_, voxel) => noise(1, voxel));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(mean).toBeCloseTo(0, 1);
  expect(variance).toBeCloseTo(1, 1);
  expect(values.filter((value, voxel) => value === noise(2, voxel)).length).toBeLessThan(10);
});

test('pixels are the same every time, and fit into 12 bits', () => {
  const settings = { slices: 4, size: 64, seed: 3 };
  const pixels = phantomPixels(settings, 2);
  expect(pixels).toEqual(phantomPixels(settings, 2));
  expect(pixels).not.toEqual(phantomPixels({ ...settings, seed: 4 }, 2));
  expect(Math.max(...pixels)).toBeLessThanOrEqual(4095);
  // 35 HU of brain, stored with an intercept of -1024.
  expect(Math.abs(pixels[32 * 64 + 48]! - 1059)).toBeLessThan(30);
});
