import { expect, test } from 'vitest';
import { createPainter } from '../../../src/operators/volume-preview/draw.ts';
import { coverage, planMontage, tileOrigin } from '../../../src/operators/volume-preview/montage.ts';

const settings = { tiles: 28, columns: 0, tileSize: 192 };

test.each([
  ['square slices', [256, 256, 48], [1, 1, 3], settings, { tileWidth: 192, tileHeight: 192, columns: 6, rows: 5, shown: 28 }],
  ['pixels twice as high as wide', [100, 100, 4], [0.5, 1, 3], settings, { tileWidth: 96, tileHeight: 192, columns: 3, rows: 2, shown: 4 }],
  ['wider than high', [200, 100, 10], [1, 1, 1], { ...settings, tileSize: 100 }, { tileWidth: 100, tileHeight: 50, columns: 3, rows: 4, shown: 10 }],
  ['one slice', [16, 16, 1], [1, 1, 1], settings, { tileWidth: 192, tileHeight: 192, columns: 1, rows: 1, shown: 1 }],
  ['columns as asked', [16, 16, 9], [1, 1, 1], { ...settings, columns: 9 }, { tileWidth: 192, tileHeight: 192, columns: 9, rows: 1, shown: 9 }],
  ['more columns than tiles', [16, 16, 3], [1, 1, 1], { ...settings, columns: 9 }, { tileWidth: 192, tileHeight: 192, columns: 3, rows: 1, shown: 3 }],
  ['a sliver', [10_000, 2, 2], [1, 1, 1], settings, { tileWidth: 192, tileHeight: 1, columns: 1, rows: 2, shown: 2 }],
] as const)('layout of %s', (_, size, spacing, asked, { shown, ...expected }) => {
  const plan = planMontage(size, spacing, asked);
  expect(plan).toMatchObject(expected);
  expect(plan.slices).toHaveLength(shown);
  expect([...plan.slices]).toEqual([...new Set(plan.slices)].sort((a, b) => a - b));
  expect(plan.width).toBe(expected.columns * (expected.tileWidth + 2) - 2);
  const [left, top] = tileOrigin(plan, shown - 1);
  expect(left + plan.tileWidth).toBeLessThanOrEqual(plan.width);
  expect(top + plan.tileHeight).toBe(plan.height);
});

test('slices are spread over the whole volume', () => {
  expect(planMontage([8, 8, 100], [1, 1, 1], { ...settings, tiles: 4 }).slices).toEqual([12, 37, 62, 87]);
});

test.each([
  [6, 3, [[0, 2], [2, 4], [4, 6]]],
  [5, 2, [[0, 2], [2, 5]]],
  [2, 4, [[0, 1], [0, 1], [1, 2], [1, 2]]],
])('%d source pixels on %d target pixels', (source, length, expected) => {
  expect(coverage(source, length)).toEqual(expected);
});

/** The red of each pixel of a one-tile picture, row by row. */
function reds(data: Uint8Array, width: number): number[][] {
  const all = Array.from({ length: data.length / 4 }, (_, at) => data[at * 4]!);
  return Array.from({ length: all.length / width }, (_, row) => all.slice(row * width, (row + 1) * width));
}

test('values become grey by the window, and the mask an outline of its edge', () => {
  const plan = planMontage([4, 4, 1], [1, 1, 1], { tiles: 1, columns: 0, tileSize: 4 });
  const painter = createPainter(plan, 4, 4, { center: 0, width: 100 });
  painter.grey(0, Int16Array.of(-1000, -50, -25, 0, 25, 50, 1000, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  expect(reds(painter.picture.data, 4).slice(0, 2)).toEqual([[0, 0, 64, 128], [191, 255, 255, 128]]);
  painter.outline(0, Uint8Array.of(1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0), [7, 8, 9]);
  expect(reds(painter.picture.data, 4)).toEqual([[0, 0, 7, 128], [191, 255, 7, 128], [7, 7, 7, 128], [128, 128, 128, 128]]);
  expect([...painter.picture.data.subarray(8, 12)]).toEqual([7, 8, 9, 255]);
});

test('a smaller picture shows the mean of what a pixel covers', () => {
  const plan = planMontage([4, 4, 1], [1, 1, 1], { tiles: 1, columns: 0, tileSize: 2 });
  const painter = createPainter(plan, 4, 4, { center: 50, width: 100 });
  painter.grey(0, Uint8Array.of(0, 100, 0, 0, 100, 0, 0, 0, 20, 20, 100, 100, 20, 20, 100, 100));
  expect(reds(painter.picture.data, 2)).toEqual([[128, 0], [51, 255]]);
});
