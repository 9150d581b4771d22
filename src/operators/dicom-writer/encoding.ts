import { type Samples } from '../volume/elements.ts';
import { decimalString } from '../dicom/uids.ts';

/** What values a volume holds. */
export interface ValueRange {
  readonly minimum: number;
  readonly maximum: number;
  /** All of them are whole numbers. */
  readonly isWhole: boolean;
}

/** How values become pixels of 16 bits: value = stored × slope + intercept (PS3.3 C.11.1). */
export interface Encoding {
  readonly isSigned: boolean;
  readonly slope: number;
  readonly intercept: number;
}

/** The range of values of all slices; what is not a number does not count. */
export async function rangeOf(slices: AsyncIterable<Samples>, signal: AbortSignal): Promise<ValueRange> {
  let [minimum, maximum, isWhole] = [Infinity, -Infinity, true];
  for await (const slice of slices) {
    signal.throwIfAborted();
    for (const value of slice) {
      if (value < minimum) minimum = value;
      if (value > maximum) maximum = value;
      isWhole &&= Number.isInteger(value);
    }
  }
  return minimum > maximum || !Number.isFinite(maximum - minimum) ? { minimum: 0, maximum: 0, isWhole: true } : { minimum, maximum, isWhole };
}

/** Values as they are where 16 bits hold them; else spread over all that 16 bits can tell apart. */
export function encodingOf({ minimum, maximum, isWhole }: ValueRange): Encoding {
  if (isWhole && minimum >= 0 && maximum <= 0xffff) return { isSigned: false, slope: 1, intercept: 0 };
  if (isWhole && minimum >= -0x8000 && maximum <= 0x7fff) return { isSigned: true, slope: 1, intercept: 0 };
  // As the file will have them: whoever reads it calculates with these.
  const intercept = Number(decimalString(minimum));
  const slope = Number(decimalString((maximum - intercept) / 0xffff)) || 1;
  return { isSigned: false, slope, intercept };
}

/** The pixels of a slice, little endian as every machine that runs this is. */
export function encode(values: Samples, { isSigned, slope, intercept }: Encoding): ArrayBuffer {
  const pixels = isSigned ? new Int16Array(values.length) : new Uint16Array(values.length);
  const [lowest, highest] = isSigned ? [-0x8000, 0x7fff] : [0, 0xffff];
  for (let at = 0; at < values.length; at += 1) {
    const stored = Math.round((values[at]! - intercept) / slope);
    pixels[at] = Math.min(Math.max(stored, lowest), highest);
  }
  return pixels.buffer;
}
