/** Voxel types of MetaImage that we read; dicom-reader writes SHORT, INT and FLOAT, segmentation writes UCHAR. */
export type ElementType = 'MET_UCHAR' | 'MET_CHAR' | 'MET_USHORT' | 'MET_SHORT' | 'MET_UINT' | 'MET_INT' | 'MET_FLOAT' | 'MET_DOUBLE';

/** The voxels of one slice, row by row. */
export type Samples = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array | Float32Array | Float64Array;

export const bytesPerElement: Readonly<Record<ElementType, number>> = {
  MET_UCHAR: 1,
  MET_CHAR: 1,
  MET_USHORT: 2,
  MET_SHORT: 2,
  MET_UINT: 4,
  MET_INT: 4,
  MET_FLOAT: 4,
  MET_DOUBLE: 8,
};

/** Looks at bytes as voxels without copying them; the bytes must be little endian and start at a multiple of the voxel's size. */
export function asSamples(type: ElementType, bytes: Uint8Array): Samples {
  const { buffer, byteOffset } = bytes;
  const count = Math.floor(bytes.byteLength / bytesPerElement[type]);
  switch (type) {
    case 'MET_UCHAR': return new Uint8Array(buffer, byteOffset, count);
    case 'MET_CHAR': return new Int8Array(buffer, byteOffset, count);
    case 'MET_USHORT': return new Uint16Array(buffer, byteOffset, count);
    case 'MET_SHORT': return new Int16Array(buffer, byteOffset, count);
    case 'MET_UINT': return new Uint32Array(buffer, byteOffset, count);
    case 'MET_INT': return new Int32Array(buffer, byteOffset, count);
    case 'MET_FLOAT': return new Float32Array(buffer, byteOffset, count);
    case 'MET_DOUBLE': return new Float64Array(buffer, byteOffset, count);
  }
}

/** The bytes of voxels, without copying them. */
export function bytesOf(samples: Samples): Uint8Array {
  return new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
}

/** Turns big-endian values of the given size into little-endian ones, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength - (bytes.byteLength % size));
  if (size === 2) view.swap16();
  else if (size === 4) view.swap32();
  else if (size === 8) view.swap64();
}
