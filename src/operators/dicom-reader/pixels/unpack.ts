import { ClaraError } from '../../../core/errors.ts';
import { type PixelFormat } from '../instances/instance.ts';
import { type Packing } from '../instances/transfer-syntaxes.ts';
import { type CodecMethod, type Codecs } from './codecs.ts';
import { type CodestreamFrame, damaged, hasEnd, jpeg2000Frame, jpegFrame } from './codestream.ts';
import { decodeRle } from './rle.ts';

/**
 * Decodes one frame of encapsulated pixel data.
 * @returns little-endian words of `bitsAllocated` bits.
 * @throws ClaraError `failed` where the data is damaged or is of another image than the attributes.
 */
export async function unpack(packing: Packing, packed: Uint8Array, format: PixelFormat, codecs: Codecs): Promise<Uint8Array> {
  switch (packing) {
    case 'native': return packed;
    case 'rle': return decodeRle(packed, format.rows * format.columns, format.bitsAllocated / 8);
    case 'jpeg': return decode('decodeJpeg', packed, jpegFrame(packed), format, codecs);
    case 'jpeg-ls': return decode('decodeJpegLs', packed, jpegFrame(packed), format, codecs);
    case 'jpeg-2000': return decode('decodeJpeg2000', packed, jpeg2000Frame(packed), format, codecs);
    case 'htj2k':
      if (!hasEnd(packed)) throw damaged('the stream has no end');
      return decode('decodeHtJpeg2000', packed, jpeg2000Frame(packed), format, codecs);
  }
}

async function decode(method: CodecMethod, packed: Uint8Array, stream: CodestreamFrame, format: PixelFormat, codecs: Codecs): Promise<Uint8Array> {
  const { rows, columns, bitsAllocated, signed } = format;
  if (stream.rows !== rows || stream.columns !== columns) {
    throw new ClaraError('failed', `the compressed image is ${stream.columns} × ${stream.rows}, the attributes say ${columns} × ${rows}`);
  }
  if (stream.components !== 1) throw new ClaraError('failed', `the compressed image has ${stream.components} values per pixel`);
  if (stream.precision > Math.min(bitsAllocated, 16)) throw new ClaraError('failed', `the compressed image has ${stream.precision} bits per pixel, the attributes allow ${bitsAllocated}`);
  // The decoders write words as wide as the stream's own precision needs, except HTJ2K's, which follows the attributes.
  const wordBits = stream.precision > 8 || method === 'decodeHtJpeg2000' ? 16 : 8;
  const words = await codecs.decode(method, packed, { columns, rows, bitsAllocated: wordBits, bitsStored: stream.precision, signed });
  return resize(words, wordBits / 8, bitsAllocated / 8, signed);
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
