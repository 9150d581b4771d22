import { damaged } from './codestream.ts';

/**
 * Decodes one frame of RLE Lossless (PS3.5 annex G): a segment for each byte of a value, the highest byte first.
 * @param count values of the frame.
 * @param size bytes per value.
 * @param samples values per pixel; `count` is that of one of them.
 * @param planar whether they come out one plane after the other, or by pixel.
 * @returns little-endian values.
 */
export function decodeRle(packed: Uint8Array, count: number, size: number, samples = 1, planar = false): Uint8Array {
  if (packed.length < 64) throw damaged('no RLE header');
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const segments = view.getUint32(0, true);
  if (segments !== size * samples) throw damaged(`${segments} RLE segments for ${samples === 1 ? '' : `${samples} `}values of ${size} bytes`);
  const values = new Uint8Array(count * size * samples);
  const step = planar ? size : size * samples;
  for (let segment = 0; segment < segments; segment++) {
    const start = view.getUint32(4 + segment * 4, true);
    const end = segment + 1 < segments ? view.getUint32(8 + segment * 4, true) : packed.length;
    if (start < 64 || end > packed.length || start > end) throw damaged('an RLE segment lies outside its frame');
    const sample = Math.floor(segment / size);
    const plane = planar ? values.subarray(sample * count * size, (sample + 1) * count * size) : values;
    decodeSegment(packed.subarray(start, end), plane, (planar ? 0 : sample * size) + size - 1 - (segment % size), step, segment);
  }
  return values;
}

/** PackBits (PS3.5 G.3.2) into every `step`-th byte. */
function decodeSegment(packed: Uint8Array, values: Uint8Array, first: number, step: number, segment: number): void {
  let to = first;
  for (let at = 0; at < packed.length && to < values.length; ) {
    const control = (packed[at++]! << 24) >> 24;
    if (control === -128) continue;
    const literal = control >= 0;
    const run = literal ? control + 1 : 1 - control;
    if (literal && at + run > packed.length) break;
    for (let i = 0; i < run && to < values.length; i++, to += step) values[to] = packed[literal ? at + i : at]!;
    at += literal ? run : 1;
  }
  if (to < values.length) throw damaged(`RLE segment ${segment + 1} ends too early`);
}
