import { ClaraError } from '../../core/errors.ts';
import { frameBytes } from '../../pixels/format.ts';
import { type Encoding, hasLongLength, trimmed } from '../part10/encoding.ts';
import { defaultScanLimits, tagText } from '../part10/scanner.ts';
import { type ByteSource } from './byte-source.ts';
import { Dictionary } from './dictionary.ts';
import { ElementWriter } from './element-writer.ts';
import { fragmentTags, imageTags, isWantedOfImage, packedImage, undecodable, unpackedPhotometric, type Unpacking } from './packed-image.ts';
import { unpackedFrames } from './unpacked-frames.ts';

const undefinedLength = 0xffffffff;
const [itemTag, itemEnd, sequenceEnd] = [0xfffee000, 0xfffee00d, 0xfffee0dd] as const;
const pixelRepresentation = 0x00280103;

/** How many bytes are swapped together between little and big endian (PS3.5 7.3). */
const units: Readonly<Record<string, number>> = { US: 2, SS: 2, OW: 2, AT: 2, UL: 4, SL: 4, FL: 4, OF: 4, OL: 4, FD: 8, OD: 8, SV: 8, UV: 8, OV: 8 };

/** An open sequence or item; the first item is the data set itself. */
interface Level {
  readonly kind: 'sequence' | 'item';
  /** Where it ends; undefined: at its delimiter. */
  readonly end: number | undefined;
  readonly encoding: Encoding;
  /** Its Pixel Representation, or that of what it is in. */
  isSigned: boolean;
  /** What it says of its image, where pixels are decoded. */
  readonly image: Map<number, Buffer>;
}

/** One data set on its way from an encoding to another, element by element. */
export class Conversion {
  readonly #source: ByteSource;
  readonly #target: Encoding;
  readonly #writer: ElementWriter;
  readonly #levels: Level[];
  readonly #unpacking: Unpacking | undefined;
  #dictionary: Dictionary | undefined;

  /** `unpacking`: of a data set with compressed pixels, which is in explicit VR little endian, to little endian. */
  constructor(source: ByteSource, from: Encoding, to: Encoding, unpacking?: Unpacking) {
    this.#source = source;
    this.#target = to;
    this.#writer = new ElementWriter(to);
    this.#unpacking = unpacking;
    this.#levels = [{ kind: 'item', end: undefined, encoding: from, isSigned: false, image: new Map() }];
  }

  /** The data set in its new encoding. */
  async* run(): AsyncGenerator<Buffer> {
    for (;;) {
      while (this.#source.position >= (this.#top.end ?? Infinity)) this.#close();
      const header = await this.#source.take(8);
      if (header === undefined) break;
      const { bigEndian } = this.#top.encoding;
      const tag = bigEndian ? header.readUInt16BE(0) * 0x10000 + header.readUInt16BE(2) : header.readUInt16LE(0) * 0x10000 + header.readUInt16LE(2);
      if (tag === itemTag || tag === itemEnd || tag === sequenceEnd) this.#delimiter(tag, bigEndian ? header.readUInt32BE(4) : header.readUInt32LE(4));
      else yield* this.#element(tag, header);
      if (this.#writer.isFull) yield this.#writer.take();
    }
    if (this.#levels.length > 1) throw broken('it ends in the middle of a sequence');
    const rest = this.#writer.take();
    if (rest.length > 0) yield rest;
  }

  get #top(): Level {
    return this.#levels.at(-1)!;
  }

  #delimiter(tag: number, length: number): void {
    const { kind, encoding } = this.#top;
    if (tag === itemTag) {
      if (kind !== 'sequence') throw broken('an item is outside of a sequence');
      this.#writer.header(itemTag, undefined, undefinedLength);
      this.#open('item', length, encoding);
    } else {
      if (this.#levels.length === 1 || kind !== (tag === itemEnd ? 'item' : 'sequence')) throw broken(`(${tagText(tag)}) is where nothing ends`);
      this.#close();
    }
  }

  async* #element(tag: number, header: Buffer): AsyncGenerator<Buffer> {
    const { kind, encoding } = this.#top;
    if (kind === 'sequence') throw broken(`(${tagText(tag)}) is in a sequence, and in no item`);
    const { vr, length } = await this.#kindOf(tag, header);
    if (this.#unpacking !== undefined && tag === imageTags.pixelData && (length === undefinedLength || this.#levels.length === 1)) {
      if (length !== undefinedLength) throw undecodable('they are not compressed, and the transfer syntax says that they are');
      yield* this.#pixels(this.#unpacking);
      return;
    }
    if (this.#unpacking !== undefined && length !== undefinedLength && isWantedOfImage(tag, length)) {
      await this.#imageValue(tag, vr, length, this.#unpacking);
      return;
    }
    if (vr !== 'SQ' && length !== undefinedLength) {
      yield* this.#value(tag, vr, length);
      return;
    }
    if (vr !== 'SQ' && vr !== 'UN') throw broken(`(${tagText(tag)}) is compressed, and its transfer syntax is not`);
    this.#writer.header(tag, 'SQ', undefinedLength);
    // PS3.5 6.2.2 note: an unknown value of undefined length is a sequence in implicit VR little endian.
    this.#open('sequence', length, vr === 'UN' ? { explicit: false, bigEndian: false } : encoding);
  }

  async #kindOf(tag: number, header: Buffer): Promise<{ readonly vr: string; readonly length: number }> {
    const { encoding: { explicit, bigEndian }, isSigned } = this.#top;
    const u32 = (bytes: Buffer, at: number) => (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
    if (!explicit) return { vr: (this.#dictionary ??= new Dictionary()).vrOf(tag, isSigned), length: u32(header, 4) };
    const vr = header.toString('latin1', 4, 6);
    if (!/^[A-Z]{2}$/.test(vr)) throw broken(`the element (${tagText(tag)}) has no value representation`);
    if (!hasLongLength(vr)) return { vr, length: bigEndian ? header.readUInt16BE(6) : header.readUInt16LE(6) };
    const more = await this.#source.take(4);
    if (more === undefined) throw broken('it ends in the middle of an element');
    return { vr, length: u32(more, 0) };
  }

  async* #value(tag: number, vr: string, length: number): AsyncGenerator<Buffer> {
    const level = this.#top;
    const { bigEndian } = level.encoding;
    // Group lengths would be wrong.
    const isWanted = (tag & 0xffff) !== 0 && !(this.#unpacking !== undefined && fragmentTags.has(tag));
    // PS3.5 6.2.2: what is too long for its VR is written as unknown, which is always in little endian.
    const shown = this.#target.explicit && !hasLongLength(vr) && length > 0xffff ? 'UN' : vr;
    const unit = units[shown] ?? 1;
    const isSwapped = unit > 1 && bigEndian !== this.#target.bigEndian;
    if (isSwapped && length % unit !== 0) throw broken(`(${tagText(tag)}) has ${length} bytes, and ${vr} has ${unit} each`);
    if (isWanted) this.#writer.header(tag, shown, length);
    for await (const piece of this.#source.pass(length, unit)) {
      if (!isWanted) continue;
      if (tag === pixelRepresentation && piece.length >= 2) level.isSigned = (bigEndian ? piece.readUInt16BE(0) : piece.readUInt16LE(0)) === 1;
      this.#writer.bytes(isSwapped ? swapped(piece, unit) : Buffer.from(piece));
      if (this.#writer.isFull) yield this.#writer.take();
    }
  }

  /** A value that says how pixels are to be decoded, and how they are afterwards. */
  async #imageValue(tag: number, vr: string, length: number, unpacking: Unpacking): Promise<void> {
    const level = this.#top;
    let value = Buffer.from(length === 0 ? [] : await this.#source.take(length) ?? []);
    level.image.set(tag, value);
    if (fragmentTags.has(tag)) return;
    if (tag === pixelRepresentation && value.length >= 2) level.isSigned = value.readUInt16LE(0) === 1;
    // Images in sequences, icons, have one value per pixel where they are decoded.
    if (this.#levels.length === 1 && tag === imageTags.photometric) {
      const text = unpackedPhotometric(trimmed(value), unpacking);
      value = Buffer.from(text.length % 2 === 0 ? text : `${text} `);
    }
    if (this.#levels.length === 1 && tag === imageTags.planar && unpacking.packing !== 'rle') value = Buffer.alloc(2);
    this.#writer.header(tag, vr, value.length);
    this.#writer.bytes(value);
  }

  /** Pixels as they are when nothing is compressed (PS3.5 8.1, annex A.1, A.2). */
  async* #pixels(unpacking: Unpacking): AsyncGenerator<Buffer> {
    const image = packedImage(this.#top.image, unpacking);
    if (this.#levels.length > 1 && image.format.samplesPerPixel > 1) throw undecodable('an image in colours is in a sequence');
    const bytes = frameBytes(image.format) * image.frames;
    this.#writer.header(imageTags.pixelData, image.format.bitsAllocated > 8 ? 'OW' : 'OB', bytes + (bytes % 2));
    for await (const frame of unpackedFrames(this.#source, image, unpacking)) {
      this.#writer.bytes(frame);
      if (this.#writer.isFull) yield this.#writer.take();
    }
    if (bytes % 2 === 1) this.#writer.bytes(Buffer.alloc(1));
  }

  /** A level that begins here. */
  #open(kind: Level['kind'], length: number, encoding: Encoding): void {
    const { isSigned } = this.#top;
    const end = length === undefinedLength ? undefined : this.#source.position + length;
    if (this.#levels.push({ kind, end, encoding, isSigned, image: new Map() }) > defaultScanLimits.depth) throw broken(`sequences are nested deeper than ${defaultScanLimits.depth} levels`);
  }

  #close(): void {
    const { kind } = this.#levels.pop()!;
    this.#writer.header(kind === 'sequence' ? sequenceEnd : itemEnd, undefined, 0);
  }
}

function swapped(bytes: Buffer, unit: number): Buffer {
  const copy = Buffer.from(bytes);
  return unit === 2 ? copy.swap16() : unit === 4 ? copy.swap32() : copy.swap64();
}

function broken(why: string): ClaraError {
  return new ClaraError('failed', `the data set cannot be converted: ${why}`);
}
