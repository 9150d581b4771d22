import { createInflateRaw } from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { ClaraError } from '../../core/errors.ts';
import { type Codecs } from '../../pixels/codecs.ts';
import { encodingOf } from '../part10/encoding.ts';
import { deflatedLittleEndian, explicitBigEndian, explicitLittleEndian, implicitLittleEndian } from '../uids/well-known.ts';
import { ByteSource } from './byte-source.ts';
import { Conversion } from './conversion.ts';
import { isLossyJpeg, packingOf } from './packed-image.ts';

/** Transfer syntaxes whose pixels are as they are. */
const targets = [explicitLittleEndian, implicitLittleEndian, explicitBigEndian];

/** The transfer syntaxes that a data set can be converted to, the best first; none where we cannot decode its pixels. */
export function conversionsOf(transferSyntax: string): readonly string[] {
  if (packingOf(transferSyntax) !== undefined) return [explicitLittleEndian, implicitLittleEndian];
  return targets.includes(transferSyntax) || transferSyntax === deflatedLittleEndian ? targets.filter((target) => target !== transferSyntax) : [];
}

/**
 * Converts a data set to an uncompressed transfer syntax as it passes by: byte order, explicit and implicit VR, deflated to
 * plain, compressed pixels to plain ones, a frame at a time. Values are the same afterwards, but for those that say how pixels are laid out. Sequences and items come out with undefined length, for their lengths change; group
 * lengths, which the standard has retired, are left out (PS3.5 7.2, 7.5). @throws ClaraError for what breaks its encoding
 */
export async function* transcoded(data: AsyncIterable<Buffer>, from: string, to: string, codecs: Codecs): AsyncGenerator<Buffer> {
  const { deflated, ...encoding } = encodingOf(from);
  const source = new ByteSource(deflated ? inflated(data) : data);
  try {
    const packing = packingOf(from);
    yield* new Conversion(source, encoding, encodingOf(to), packing && { packing, lossyJpeg: isLossyJpeg(from), codecs }).run();
  } finally {
    await source.close();
  }
}

async function* inflated(data: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const inflate = createInflateRaw();
  let failure: Error | undefined;
  pipeline(Readable.from(copies(data)), inflate, (error) => { failure = error ?? undefined; });
  try {
    for await (const piece of inflate as AsyncIterable<Buffer>) yield piece;
  } catch (thrown) {
    throw failure instanceof ClaraError ? failure : new ClaraError('failed', 'the data set cannot be inflated', { cause: thrown });
  }
}

/** A stream reads ahead, and pieces of a file do not last so long. */
async function* copies(data: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  for await (const piece of data) yield Buffer.from(piece);
}
