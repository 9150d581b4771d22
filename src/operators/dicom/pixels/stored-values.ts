import { asSamples, type ElementType, type Samples } from '../../volume/elements.ts';
import { type PixelFormat } from '../../../pixels/format.ts';

/**
 * The stored values of one frame: the bits from `highBit` down, `bitsStored` of them, with their sign (PS3.5 8.1.1).
 * Whatever stands in the other bits (overlays, padding) is dropped.
 * @param bytes little-endian words of `bitsAllocated` bits; they are changed in place.
 */
export function storedValues(bytes: Uint8Array, format: PixelFormat): Samples {
  const { bitsAllocated, bitsStored, highBit, signed } = format;
  const values = asSamples(wordType(bitsAllocated, signed), aligned(bytes)).subarray(0, format.rows * format.columns);
  if (bitsStored === bitsAllocated) return values;
  const left = 31 - highBit;
  const right = 32 - bitsStored;
  if (signed) for (let i = 0; i < values.length; i++) values[i] = (values[i]! << left) >> right;
  else for (let i = 0; i < values.length; i++) values[i] = (values[i]! << left) >>> right;
  return values;
}

function wordType(bitsAllocated: number, signed: boolean): ElementType {
  if (bitsAllocated === 8) return signed ? 'MET_CHAR' : 'MET_UCHAR';
  if (bitsAllocated === 16) return signed ? 'MET_SHORT' : 'MET_USHORT';
  return signed ? 'MET_INT' : 'MET_UINT';
}

function aligned(bytes: Uint8Array): Uint8Array {
  return bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
}
