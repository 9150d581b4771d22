import { describe, expect, test } from 'vitest';
import * as nifti from 'nifti-reader-js';
import { niftiHeader, niftiOffset, type NiftiGeometry } from '../../../src/operators/volume/nifti-header.ts';
import { cross, normalized, type Vector } from '../../../src/operators/volume/vector.ts';

const geometry: NiftiGeometry = {
  size: [5, 4, 3], spacing: [0.5, 0.75, 2], origin: [-10, -20, 30], elementType: 'MET_SHORT',
  direction: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
};

/** The header as somebody else's reader has it. */
function read(changes: Partial<NiftiGeometry> = {}): nifti.NIFTI1 {
  const { size } = { ...geometry, ...changes };
  const file = Buffer.concat([niftiHeader({ ...geometry, ...changes }), Buffer.alloc(size[0] * size[1] * size[2] * 8)]);
  return nifti.readHeader(file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer) as nifti.NIFTI1;
}

test('every field that is not zero is where nifti1.h has it', () => {
  const header = niftiHeader(geometry);
  expect(header).toHaveLength(niftiOffset);
  const fields = [
    [0, 'Int32', 348], [40, 'Int16', 3], [42, 'Int16', 5], [44, 'Int16', 4], [46, 'Int16', 3], [48, 'Int16', 1], [50, 'Int16', 1], [52, 'Int16', 1], [54, 'Int16', 1],
    [70, 'Int16', 4], [72, 'Int16', 16], [76, 'Float', 1], [80, 'Float', 0.5], [84, 'Float', 0.75], [88, 'Float', 2],
    [108, 'Float', 352], [112, 'Float', 1], [252, 'Int16', 1], [254, 'Int16', 1],
    // Half a turn about z: x and y point the other way.
    [264, 'Float', 1], [268, 'Float', 10], [272, 'Float', 20], [276, 'Float', 30],
    [280, 'Float', -0.5], [292, 'Float', 10], [300, 'Float', -0.75], [308, 'Float', 20], [320, 'Float', 2], [324, 'Float', 30],
  ] as const;
  const expected = Buffer.alloc(niftiOffset);
  for (const [at, kind, value] of fields) expected[`write${kind}LE`](value, at);
  expected[123] = 2;
  expected.write('n+1', 344);
  // Minus zero is zero to every reader.
  const plain = Buffer.from(header);
  for (let at = 256; at < 328; at += 4) if (plain.readUInt32LE(at) === 0x80000000) plain.writeUInt32LE(0, at);
  expect(plain.toString('hex')).toBe(expected.toString('hex'));
});

const tilted = ((): readonly [Vector, Vector, Vector] => {
  const x = normalized([0.9, 0.3, -0.2]);
  const y = normalized(cross([0.1, -0.4, 0.95], x));
  return [x, y, cross(x, y)];
})();
const turns: readonly (readonly [string, readonly [Vector, Vector, Vector]])[] = [
  ['axial', geometry.direction],
  ['axial, feet first', [[-1, 0, 0], [0, 1, 0], [0, 0, -1]]],
  ['coronal', [[1, 0, 0], [0, 0, -1], [0, 1, 0]]],
  ['sagittal', [[0, 1, 0], [0, 0, -1], [-1, 0, 0]]],
  ['prone', [[-1, 0, 0], [0, -1, 0], [0, 0, 1]]],
  ['oblique', tilted],
  ['left-handed', [[1, 0, 0], [0, 1, 0], [0, 0, -1]]],
  ['oblique and left-handed', [tilted[0], tilted[1], [-tilted[2][0], -tilted[2][1], -tilted[2][2]]]],
];

describe.each(turns)('%s', (_, direction) => {
  test('both forms say where DICOM says the voxels are', () => {
    const header = read({ direction });
    const { spacing, origin } = geometry;
    // Column, row, slice to x, y, z, by PS3.3 C.7.6.2.1.1, and turned to the right and to the front.
    const expected = [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => (row < 2 ? -1 : 1) * (column < 3 ? direction[column]![row]! * spacing[column]! : origin[row]!)));
    const close = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map((value) => expect.closeTo(value, 5) as number));
    expect(header.affine.slice(0, 3)).toEqual(close(expected));
    expect(header.getQformMat().slice(0, 3)).toEqual(close(expected));
  });
});

test.each([['MET_SHORT', 4, 16], ['MET_INT', 8, 32], ['MET_FLOAT', 16, 32], ['MET_UCHAR', 2, 8]] as const)('%s has the code %i', (elementType, code, bits) => {
  expect(read({ elementType })).toMatchObject({ datatypeCode: code, numBitsPerVoxel: bits, scl_slope: 1, scl_inter: 0, vox_offset: 352, littleEndian: true });
});

test('an axis that is too long is refused', () => {
  expect(() => niftiHeader({ ...geometry, size: [512, 512, 32_768] })).toThrow('NIfTI-1 holds at most 32767 along an axis');
});
