import { ClaraError } from '../../core/errors.ts';
import { type Encoding, hasLongLength } from '../part10/encoding.ts';
import { defaultScanLimits, tagText } from '../part10/scanner.ts';
import { type ByteSource } from './byte-source.ts';
import { Dictionary } from './dictionary.ts';
import { ElementWriter } from './element-writer.ts';

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
}

/** One data set on its way from an encoding to another, element by element. */
export class Conversion {
  readonly #source: ByteSource;
  readonly #target: Encoding;
  readonly #writer: ElementWriter;
  readonly #levels: Level[];
  #dictionary: Dictionary | undefined;

  constructor(source: ByteSource, from: Encoding, to: Encoding) {
    this.#source = source;
    this.#target = to;
    this.#writer = new ElementWriter(to);
    this.#levels = [{ kind: 'item', end: undefined, encoding: from, isSigned: false }];
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
    const isWanted = (tag & 0xffff) !== 0;
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

  /** A level that begins here. */
  #open(kind: Level['kind'], length: number, encoding: Encoding): void {
    const { isSigned } = this.#top;
    const end = length === undefinedLength ? undefined : this.#source.position + length;
    if (this.#levels.push({ kind, end, encoding, isSigned }) > defaultScanLimits.depth) throw broken(`sequences are nested deeper than ${defaultScanLimits.depth} levels`);
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
