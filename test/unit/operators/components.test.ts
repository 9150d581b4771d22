import { expect, test } from 'vitest';
import { type Connectivity, createLabeller } from '../../../src/operators/threshold-segmentation/components.ts';

interface Grid {
  readonly columns: number;
  readonly rows: number;
  readonly slices: readonly Uint8Array[];
}

/** Sizes of the components and the voxels of the one that holds each voxel, the plain way: flood fill. */
function floodFill({ columns, rows, slices }: Grid, connectivity: Connectivity): number[][] {
  const component = slices.map(() => new Array<number>(columns * rows).fill(-1));
  let next = 0;
  for (let z = 0; z < slices.length; z++) {
    for (let start = 0; start < columns * rows; start++) {
      if (slices[z]![start] === 0 || component[z]![start] !== -1) continue;
      const queue = [[z, start] as const];
      component[z]![start] = next;
      for (let voxel = queue.pop(); voxel !== undefined; voxel = queue.pop()) {
        const [depth, at] = voxel;
        for (let dz = -1; dz <= 1; dz++) for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) {
          if (connectivity === 6 && Math.abs(dx) + Math.abs(dy) + Math.abs(dz) !== 1) continue;
          const [x, y, there] = [(at % columns) + dx, Math.floor(at / columns) + dy, depth + dz];
          if (x < 0 || y < 0 || x >= columns || y >= rows || slices[there] === undefined) continue;
          const neighbour = y * columns + x;
          if (slices[there]![neighbour] === 0 || component[there]![neighbour] !== -1) continue;
          component[there]![neighbour] = next;
          queue.push([there, neighbour]);
        }
      }
      next += 1;
    }
  }
  return component;
}

function label({ columns, rows, slices }: Grid, connectivity: Connectivity): { components: Map<number, number>; labels: number[][] } {
  const labeller = createLabeller(columns, rows, { lower: 1, upper: 1 }, connectivity);
  for (const slice of slices) labeller.slice(slice);
  const components = labeller.components();
  labeller.rewind();
  const labels = slices.map((slice) => {
    const drawn = new Array<number>(columns * rows).fill(-1);
    labeller.slice(slice, (row, start, end, run) => drawn.fill(labeller.componentOf(run), row * columns + start, row * columns + end));
    return drawn;
  });
  return { components, labels };
}

/** Pseudo-random grids: the same in every run. */
function grid(seed: number): Grid {
  let state = seed * 2_654_435_761;
  const random = (): number => ((state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32);
  const [columns, rows, depth] = [1 + Math.floor(random() * 12), 1 + Math.floor(random() * 10), 1 + Math.floor(random() * 8)];
  const density = 0.1 + random() * 0.6;
  return { columns, rows, slices: Array.from({ length: depth }, () => Uint8Array.from({ length: columns * rows }, () => (random() < density ? 1 : 0))) };
}

test.each([6, 26] as const)('components with %d neighbours are those of a flood fill, for 300 random grids', (connectivity) => {
  for (let seed = 1; seed <= 300; seed++) {
    const cells = grid(seed);
    const expected = floodFill(cells, connectivity);
    const { components, labels } = label(cells, connectivity);
    const pairs = new Map<number, number>();
    const sizes = new Map<number, number>();
    for (const [z, slice] of labels.entries()) for (const [at, own] of slice.entries()) {
      const other = expected[z]![at]!;
      expect(own === -1).toBe(other === -1);
      if (own === -1) continue;
      expect(pairs.get(own) ?? other).toBe(other);
      pairs.set(own, other);
      sizes.set(own, (sizes.get(own) ?? 0) + 1);
    }
    expect(new Set(pairs.values()).size).toBe(pairs.size);
    expect(components).toEqual(sizes);
  }
});

test('the window takes both ends, and nothing that is no number', () => {
  const labeller = createLabeller(6, 1, { lower: -1, upper: 2.5 }, 6);
  labeller.slice(Float32Array.of(-1, -1.001, 2.5, 2.501, NaN, 0));
  expect([...labeller.components().values()]).toEqual([1, 1, 1]);
});

test('an empty volume has no component', () => {
  const labeller = createLabeller(3, 3, { lower: 1, upper: 1 }, 26);
  labeller.slice(new Uint8Array(9));
  expect(labeller.components().size).toBe(0);
});
