import { messageOf } from '../../core/errors.ts';
import { hasEnd } from '../../pixels/codestream.ts';
import { frameBytes } from '../../pixels/format.ts';
import { unpack } from '../../pixels/unpack.ts';
import { tagText } from '../part10/scanner.ts';
import { type ByteSource } from './byte-source.ts';
import { type PackedImage, undecodable, type Unpacking } from './packed-image.ts';

const [itemTag, sequenceEnd] = [0xfffee000, 0xfffee0dd] as const;

/**
 * Decodes encapsulated pixel data as it passes by: one frame after the other, little-endian, each exactly as long as its format
 * says. Takes the delimiter as well (PS3.5 A.4). @throws ClaraError for what is damaged, or not what its attributes say
 */
export async function* unpackedFrames(source: ByteSource, image: PackedImage, { packing, codecs }: Unpacking): AsyncGenerator<Buffer> {
  const { format, frames, layout } = image;
  const bytes = frameBytes(format);
  // Nobody's compression makes twice as much of it; what says so must not be read into memory.
  const most = bytes * 2 + 64 * 1024;
  const starts = await startsOf(source, image);
  let frame = 0;
  let at = 0;
  let fragments: Buffer[] = [];
  let packed = 0;
  const decoded = async (): Promise<Buffer> => {
    if (frame === frames) throw undecodable(`there are more frames than the ${frames} that it says`);
    try {
      const values = await unpack(packing, Buffer.concat(fragments), format, codecs, layout);
      if (values.length < bytes) throw undecodable(`there are ${values.length} bytes instead of ${bytes}`);
      return Buffer.from(values.buffer, values.byteOffset, bytes);
    } catch (thrown) {
      throw undecodable(`frame ${frame + 1} of ${frames}: ${messageOf(thrown)}`);
    } finally {
      [fragments, packed] = [[], 0];
      frame += 1;
    }
  };
  for (let length = await nextItem(source); length !== undefined; length = await nextItem(source)) {
    packed += length;
    if (packed > most) throw undecodable(`frame ${frame + 1} of ${frames} is longer than an image of its size can be`);
    fragments.push(await bytesOf(source, length));
    at += 8 + length;
    const next = starts[frame + 1];
    // Without a table: the one frame has all fragments, RLE one for each (PS3.5 A.4.2), the others end with a marker.
    const isWhole = starts.length > 0 ? next !== undefined && at >= next : frames > 1 && (packing === 'rle' || hasEnd(tailOf(fragments)));
    if (isWhole) yield await decoded();
  }
  if (fragments.length > 0) yield await decoded();
  if (frame !== frames) throw undecodable(`there are ${frame} frames instead of ${frames}`);
}

/** The last bytes: an end marker may be cut in two. */
function tailOf(fragments: readonly Buffer[]): Buffer {
  const last = fragments.at(-1)!;
  return last.length >= 4 ? last : Buffer.concat(fragments.slice(-2));
}

/** Where frames begin, by a table that fits (PS3.5 A.4: from the first byte after the Basic Offset Table). */
async function startsOf(source: ByteSource, { frames, offsets }: PackedImage): Promise<readonly number[]> {
  const length = await nextItem(source);
  if (length === undefined) throw undecodable('there is no fragment');
  if (length > frames * 4 + 4) throw undecodable('its offset table is longer than its frames need');
  const table = await bytesOf(source, length);
  const basic = Array.from({ length: Math.floor(table.length / 4) }, (_, index) => table.readUInt32LE(index * 4));
  return [basic, offsets].find((starts) => starts.length === frames && starts.every((start, index) => index === 0 ? start === 0 : start > starts[index - 1]!)) ?? [];
}

/** Length of the next item; undefined: its delimiter came. */
async function nextItem(source: ByteSource): Promise<number | undefined> {
  const header = await source.take(8);
  if (header === undefined) throw undecodable('the data set ends in its fragments');
  const tag = header.readUInt16LE(0) * 0x10000 + header.readUInt16LE(2);
  const length = header.readUInt32LE(4);
  if (tag === sequenceEnd) return undefined;
  if (tag !== itemTag || length === 0xffffffff) throw undecodable(`(${tagText(tag)}) is among its fragments`);
  return length;
}

async function bytesOf(source: ByteSource, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source.pass(length, 1)) pieces.push(Buffer.from(piece));
  return Buffer.concat(pieces);
}
