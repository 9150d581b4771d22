import { type Samples } from '../../volume/elements.ts';

/** Packs frames of one bit for each pixel, the first one lowest in its byte, without a gap between one frame and the next (PS3.5 8.1.1, D.2). */
export interface BitPacker {
  /** The pixels that have the label are set. Returns the bytes that are full now, valid until the next call. */
  append(values: Samples, label: number): Uint8Array;
  /** What is left, up to a whole byte and an even number of them. */
  end(): Uint8Array;
}

export function bitPacker(): BitPacker {
  let [carry, carried, total] = [0, 0, 0];
  let memory = new Uint8Array(0);
  return {
    append: (values, label) => {
      const length = (carried + values.length + 7) >> 3;
      if (memory.length < length) memory = new Uint8Array(length);
      const bytes = memory.fill(0, 0, length);
      bytes[0] = carry;
      for (let at = 0, bit = carried; at < values.length; at += 1, bit += 1) {
        if (values[at] === label) bytes[bit >> 3]! |= 1 << (bit & 7);
      }
      const full = (carried + values.length) >> 3;
      carried = (carried + values.length) & 7;
      carry = carried > 0 ? bytes[full]! : 0;
      total += full;
      return bytes.subarray(0, full);
    },
    end: () => {
      const rest = carried > 0 ? [carry] : [];
      return Uint8Array.from((total + rest.length) % 2 === 0 ? rest : [...rest, 0]);
    },
  };
}

/** Bytes of so many frames, with what makes their number even. */
export function packedLength(frames: number, pixels: number): number {
  const bytes = Math.ceil((frames * pixels) / 8);
  return bytes + (bytes % 2);
}
