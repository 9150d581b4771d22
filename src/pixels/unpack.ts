import { ClaraError } from '../core/errors.ts';
import { type CodecMethod, type Codecs } from './codecs.ts';
import { type CodestreamFrame, damaged, hasColourTransform, hasEnd, isByComponent, jpeg2000Frame, jpegFrame } from './codestream.ts';
import { type ColourLayout, type PixelFormat } from './format.ts';
import { decodeRle } from './rle.ts';
import { type Packing } from './transfer-syntaxes.ts';

/**
 * Decodes one frame of encapsulated pixel data.
 * @returns little-endian words of `bitsAllocated` bits; colours by pixel, where `layout` does not say otherwise.
 * @throws ClaraError `failed` where the data is damaged or is of another image than the attributes.
 */
export async function unpack(packing: Packing, packed: Uint8Array, format: PixelFormat, codecs: Codecs, layout: ColourLayout = {}): Promise<Uint8Array> {
  switch (packing) {
    case 'native': return packed;
    case 'rle': return decodeRle(packed, format.rows * format.columns, format.bitsAllocated / 8, format.samplesPerPixel, layout.planar);
    case 'jpeg': return decode('decodeJpeg', packed, jpegFrame(packed), format, codecs, layout.toRgb);
    case 'jpeg-ls': {
      const words = await decode('decodeJpegLs', packed, jpegFrame(packed), format, codecs);
      return format.samplesPerPixel > 1 && isByComponent(packed) ? byPixel(words, format) : words;
    }
    case 'jpeg-2000': {
      const stream = jpeg2000Frame(packed);
      if (stream.components > 1 && stream.precision > 8) throw new ClaraError('failed', `the compressed image has colours of ${stream.precision} bits, which are not decoded`);
      return decode('decodeJpeg2000', packed, stream, format, codecs);
    }
    case 'htj2k':
      if (!hasEnd(packed)) throw damaged('the stream has no end');
      if (format.samplesPerPixel > 1 && !hasColourTransform(packed)) throw new ClaraError('failed', 'the compressed image has colours without a colour transform, which are not decoded');
      return decode('decodeHtJpeg2000', packed, jpeg2000Frame(packed), format, codecs);
  }
}

async function decode(method: CodecMethod, packed: Uint8Array, stream: CodestreamFrame, format: PixelFormat, codecs: Codecs, toRgb = false): Promise<Uint8Array> {
  const { rows, columns, bitsAllocated, samplesPerPixel, signed } = format;
  if (stream.rows !== rows || stream.columns !== columns) {
    throw new ClaraError('failed', `the compressed image is ${stream.columns} × ${stream.rows}, the attributes say ${columns} × ${rows}`);
  }
  if (stream.components !== samplesPerPixel) throw new ClaraError('failed', `the compressed image has ${stream.components} values per pixel`);
  if (stream.precision > Math.min(bitsAllocated, 16)) throw new ClaraError('failed', `the compressed image has ${stream.precision} bits per pixel, the attributes allow ${bitsAllocated}`);
  // The decoders write words as wide as the stream's own precision needs, except HTJ2K's, which follows the attributes.
  const wordBits = stream.precision > 8 || method === 'decodeHtJpeg2000' ? 16 : 8;
  const words = await codecs.decode(method, packed, { columns, rows, bitsAllocated: wordBits, bitsStored: stream.precision, signed, samplesPerPixel, toRgb });
  return resize(words, wordBits / 8, bitsAllocated / 8, signed);
}

/** Planes of samples, put together by pixel. */
function byPixel(planes: Uint8Array, { rows, columns, samplesPerPixel, bitsAllocated }: PixelFormat): Uint8Array {
  const [count, size] = [rows * columns, bitsAllocated / 8];
  const pixels = new Uint8Array(planes.length);
  for (let sample = 0; sample < samplesPerPixel; sample++) {
    for (let i = 0; i < count; i++) {
      for (let byte = 0; byte < size; byte++) pixels[(i * samplesPerPixel + sample) * size + byte] = planes[(sample * count + i) * size + byte]!;
    }
  }
  return pixels;
}

/** The same values in words of another size. */
function resize(words: Uint8Array, from: number, to: number, signed: boolean): Uint8Array {
  if (from === to) return words;
  const count = words.length / from;
  const resized = new Uint8Array(count * to);
  for (let i = 0; i < count; i++) {
    const top = words[i * from + from - 1]!;
    resized.fill(signed && top >= 0x80 ? 0xff : 0, i * to, (i + 1) * to);
    resized.set(words.subarray(i * from, i * from + Math.min(from, to)), i * to);
  }
  return resized;
}
