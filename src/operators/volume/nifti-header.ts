import { ClaraError } from '../../core/errors.ts';
import { type ElementType } from './elements.ts';
import { type VolumeHeader } from './meta-header.ts';
import { cross, dot, scale, type Vector } from './vector.ts';

/** Where the voxels of a single-file NIfTI-1 image begin: the header of 348 bytes, and four that say that no extension follows. */
export const niftiOffset = 352;

/** Codes of voxel types (nifti1.h, DT_*). */
const dataTypes: Readonly<Record<ElementType, number>> = {
  MET_UCHAR: 2, MET_CHAR: 256, MET_USHORT: 512, MET_SHORT: 4, MET_UINT: 768, MET_INT: 8, MET_FLOAT: 16, MET_DOUBLE: 64,
};
const bits: Readonly<Record<ElementType, number>> = { MET_UCHAR: 8, MET_CHAR: 8, MET_USHORT: 16, MET_SHORT: 16, MET_UINT: 32, MET_INT: 32, MET_FLOAT: 32, MET_DOUBLE: 64 };

/** A dimension is a 16-bit number. */
const mostAlongAnAxis = 32_767;
/** NIFTI_XFORM_SCANNER_ANAT: positions are those of the scanner. */
const scannerAnatomical = 1;
const millimetres = 2;

export type NiftiGeometry = Pick<VolumeHeader, 'size' | 'spacing' | 'origin' | 'direction' | 'elementType'>;

/**
 * The first 352 bytes of a NIfTI-1 file (`n+1`), little endian. Positions are turned from DICOM's coordinates (x to the
 * left, y to the back) to those of NIfTI (x to the right, y to the front); the voxels themselves stay in their order.
 * Values are stored as they are: scl_slope 1, scl_inter 0.
 * @throws ClaraError `failed` where an axis has more than 32,767 voxels.
 */
export function niftiHeader({ size, spacing, origin, direction, elementType }: NiftiGeometry): Buffer {
  if (size.some((n) => n > mostAlongAnAxis)) throw new ClaraError('failed', `${size.join(' × ')} voxels: NIfTI-1 holds at most ${mostAlongAnAxis} along an axis`, { hint: 'write MetaImage: --image-format mhd' });
  const header = Buffer.alloc(niftiOffset);
  const axes = direction.map(toRas) as unknown as readonly [Vector, Vector, Vector];
  const first = toRas(origin);
  const { quaternion, handedness } = rotationOf(axes);

  header.writeInt32LE(348, 0); // sizeof_hdr
  [3, ...size, 1, 1, 1, 1].forEach((n, index) => header.writeInt16LE(n, 40 + 2 * index)); // dim
  header.writeInt16LE(dataTypes[elementType], 70); // datatype
  header.writeInt16LE(bits[elementType], 72); // bitpix
  [handedness, ...spacing].forEach((n, index) => header.writeFloatLE(n, 76 + 4 * index)); // pixdim, with qfac in front
  header.writeFloatLE(niftiOffset, 108); // vox_offset
  header.writeFloatLE(1, 112); // scl_slope
  header.writeUInt8(millimetres, 123); // xyzt_units
  header.writeInt16LE(scannerAnatomical, 252); // qform_code
  header.writeInt16LE(scannerAnatomical, 254); // sform_code
  [...quaternion, ...first].forEach((n, index) => header.writeFloatLE(n, 256 + 4 * index)); // quatern_b, c, d, qoffset_x, y, z
  for (const row of [0, 1, 2] as const) { // srow_x, y, z
    const values = [...axes.map((axis, at) => axis[row] * spacing[at]!), first[row]];
    values.forEach((n, column) => header.writeFloatLE(n, 280 + 16 * row + 4 * column));
  }
  header.write('n+1\0', 344, 'latin1');
  return header;
}

function toRas([x, y, z]: Vector): Vector {
  return [-x + 0, -y + 0, z];
}

/**
 * The axes as a rotation (nifti1.h, METHOD 2): the last three numbers of a unit quaternion whose first is not below
 * zero, and -1 where the third axis points against the cross product of the other two.
 */
function rotationOf([x, y, z]: readonly [Vector, Vector, Vector]): { readonly quaternion: Vector; readonly handedness: 1 | -1 } {
  const handedness = dot(cross(x, y), z) < 0 ? -1 : 1;
  const third = scale(z, handedness);
  // Columns are the axes: element (row, column) is the axis' component.
  const [r11, r21, r31] = x;
  const [r12, r22, r32] = y;
  const [r13, r23, r33] = third;
  // The largest of the four is calculated from the diagonal, the others by dividing by it (Shepperd's method).
  const squares = [1 + r11 + r22 + r33, 1 + r11 - r22 - r33, 1 - r11 + r22 - r33, 1 - r11 - r22 + r33];
  const largest = squares.indexOf(Math.max(...squares));
  const s = 2 * Math.sqrt(Math.max(squares[largest]!, 0));
  const parts = [
    [s / 4, (r32 - r23) / s, (r13 - r31) / s, (r21 - r12) / s],
    [(r32 - r23) / s, s / 4, (r12 + r21) / s, (r13 + r31) / s],
    [(r13 - r31) / s, (r12 + r21) / s, s / 4, (r23 + r32) / s],
    [(r21 - r12) / s, (r13 + r31) / s, (r23 + r32) / s, s / 4],
  ][largest]!;
  const [a, b, c, d] = parts as [number, number, number, number];
  const norm = Math.hypot(a, b, c, d) * (a < 0 ? -1 : 1);
  return { quaternion: [b / norm + 0, c / norm + 0, d / norm + 0], handedness };
}
