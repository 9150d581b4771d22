import { expect, test } from 'vitest';
import { describeGaps, volumeGeometry } from '../../../src/operators/dicom/series/geometry.ts';
import { type Slice } from '../../../src/operators/dicom/instances/instance.ts';
import { stacksOf } from '../../../src/operators/dicom/series/stack.ts';
import { type Vector } from '../../../src/operators/volume/vector.ts';

interface Overrides {
  readonly position?: Vector | undefined;
  readonly row?: Vector;
  readonly column?: Vector;
  readonly number?: number;
  readonly uid?: string;
  readonly columns?: number;
  readonly spacing?: readonly [number, number] | undefined;
  readonly tilt?: number;
}

function slice(name: string, overrides: Overrides): Slice {
  const { row = [1, 0, 0], column = [0, 1, 0] } = overrides;
  const position = 'position' in overrides ? overrides.position : ([0, 0, 0] as const);
  return {
    image: {
      path: `/${name}`, name, seriesUid: '1', studyUid: '2', instanceUid: overrides.uid ?? name, sopClass: '1.2.840.10008.5.1.4.1.1.2', modality: 'CT', imageType: [], frames: 1, gantryTilt: overrides.tilt,
      format: { rows: 8, columns: overrides.columns ?? 8, samplesPerPixel: 1, photometric: 'MONOCHROME2', bitsAllocated: 16, bitsStored: 16, highBit: 15, signed: true },
      pixels: { transferSyntax: '1.2.840.10008.1.2.1', offset: 0, length: 128, wordSize: 1 },
    },
    frame: 0,
    instanceNumber: overrides.number ?? 0,
    plane: position === undefined ? undefined : { position, row, column },
    pixelSpacing: 'spacing' in overrides ? overrides.spacing : [0.5, 0.75],
    thickness: 4,
    slope: 1,
    intercept: 0,
  };
}

const at = (z: number, name = `z${z}`, rest: Overrides = {}): Slice => slice(name, { position: [0, 0, z], ...rest });
const order = (slices: readonly Slice[]): string => slices.map((s) => s.image.name).join(' ');

test.each([
  ['axial', [at(5), at(-2.5), at(0), at(2.5)], 'z-2.5 z0 z2.5 z5'],
  ['against the instance numbers', [at(0, 'a', { number: 3 }), at(1, 'b', { number: 2 }), at(2, 'c', { number: 1 })], 'a b c'],
  [
    'sagittal, whose normal points to the right',
    ([20, -10, 0] as const).map((x) => slice(`x${x}`, { position: [x, 0, 0], row: [0, 1, 0], column: [0, 0, -1] })),
    'x20 x0 x-10',
  ],
  ['feet first, turned over', [at(0, 'a', { row: [-1, 0, 0] }), at(3, 'b', { row: [-1, 0, 0] })], 'b a'],
])('slices are ordered along their normal: %s', (_, slices, expected) => {
  const [stack, ...others] = stacksOf(slices);
  expect(others).toEqual([]);
  expect(order(stack!.slices)).toBe(expected);
  expect(stack!.leftOut).toEqual([]);
});

test('another size, orientation or pixel spacing makes a stack of its own; the largest comes first', () => {
  const stacks = stacksOf([
    at(0, 'a'), at(1, 'b'), at(2, 'c'),
    slice('scout', { position: [9, 9, 9], row: [0, 1, 0], column: [0, 0, -1] }),
    at(3, 'wide', { columns: 16 }), at(4, 'wide2', { columns: 16 }),
    at(5, 'fine', { spacing: [0.25, 0.25] }),
    at(6, 'nearly', { spacing: [0.50001, 0.75001], row: [1, 0.001, 0] }),
  ]);
  expect(stacks.map((stack) => order(stack.slices))).toEqual(['a b c nearly', 'wide wide2', 'fine', 'scout']);
});

test('copies and further images at one position are left out and named', () => {
  const [stack] = stacksOf([at(0, 'copy', { uid: 'a' }), at(0, 'a', { number: -1 }), at(1, 'late', { number: 7 }), at(1, 'early', { number: 2 }), at(2)]);
  expect(order(stack!.slices)).toBe('a early z2');
  expect(stack!.leftOut).toEqual([
    '1 image left out: a second copy of an instance (copy)',
    '1 image left out: another image at the same position; the one with the lowest instance number was taken (late)',
  ]);
});

test('one image without a position is a volume, several have no order', () => {
  expect(stacksOf([slice('a', { position: undefined })])[0]!.slices).toHaveLength(1);
  const [none] = stacksOf(['a', 'b', 'c', 'd', 'e'].map((name) => slice(name, { position: undefined })));
  expect(none!.slices).toEqual([]);
  expect(none!.leftOut).toEqual(['5 images left out: no valid Image Position (Patient) and Image Orientation (Patient) to order them by (a, b, c and 2 more)']);
});

test('geometry of even slices: no warning, spacing by axis', () => {
  expect(volumeGeometry([at(-3), at(0), at(3)])).toEqual({
    size: [8, 8, 3], spacing: [0.75, 0.5, 3], origin: [0, 0, -3],
    direction: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], positions: [0, 3, 6], warnings: [],
  });
});

test('uneven gaps are told with figures, and the mean is taken', () => {
  const geometry = volumeGeometry([at(0), at(2), at(4), at(9)]);
  expect(geometry.spacing[2]).toBe(3);
  expect(geometry.warnings).toEqual(['uneven slice gaps: 2 × 2.0000 mm, 1 × 5.0000 mm; the header holds the mean, 3.0000 mm']);
});

test.each([
  [[0, 1, 2.0004, 3], '3 × 1.0000 mm'],
  [[0, 1, 3, 4, 6], '2 × 1.0000 mm, 2 × 2.0000 mm'],
  [[0, 1, 3, 6, 10, 15, 21, 28, 36], '1 × 1.0000 mm, 1 × 2.0000 mm, 1 × 3.0000 mm, 1 × 4.0000 mm, 1 × 5.0000 mm, 1 × 6.0000 mm and 2 other gaps'],
])('gaps of %j', (positions, expected) => {
  expect(describeGaps(positions)).toBe(expected);
});

test.each([
  ['+20', 1, undefined, 'gantry tilt of +20°:'],
  ['-20', -1, -20, 'gantry tilt of -20° (the scanner says -20°):'],
])('a tilt of %s° is told', (_, sign, tilt, expected) => {
  const angle = (sign * 20 * Math.PI) / 180;
  const column: Vector = [0, Math.cos(angle), -Math.sin(angle)];
  const geometry = volumeGeometry([0, 5, 10].map((z) => at(z, `z${z}`, { column, ...(tilt === undefined ? {} : { tilt }) })));
  expect(geometry.warnings).toHaveLength(1);
  expect(geometry.warnings[0]).toContain(expected);
  expect(geometry.spacing[2]).toBeCloseTo(5 * Math.cos(angle), 5);
  expect(geometry.direction[2]).toEqual([expect.closeTo(0, 9), expect.closeTo(Math.sin(angle), 9), expect.closeTo(Math.cos(angle), 9)]);
});

test('one slice takes its thickness; what is not said is assumed aloud', () => {
  expect(volumeGeometry([at(7)])).toMatchObject({ spacing: [0.75, 0.5, 4], origin: [0, 0, 7], positions: [0], warnings: [] });
  const bare = { ...slice('a', { position: undefined, spacing: undefined }), thickness: undefined };
  expect(volumeGeometry([bare])).toMatchObject({
    spacing: [1, 1, 1], origin: [0, 0, 0], direction: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    warnings: [
      'no pixel spacing: 1 mm is assumed',
      'no valid Image Position (Patient) and Image Orientation (Patient): the volume lies at the origin, along the axes',
      'one slice without a thickness: 1 mm is assumed',
    ],
  });
});
