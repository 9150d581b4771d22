import { decodeText } from './character-sets.ts';
import { type Encoding, hasLongLength } from './encoding.ts';

/** Frequently wanted tags. */
export const tags = {
  specificCharacterSet: 0x00080005, sopClass: 0x00080016, sopInstance: 0x00080018, accessionNumber: 0x00080050,
  patientId: 0x00100020, studyInstance: 0x0020000d, seriesInstance: 0x0020000e, pixelData: 0x7fe00010,
} as const;

export interface ScanLimits {
  /** A wanted value that is longer counts as missing. */
  readonly valueBytes: number;
  /** How far into the data set the search goes. */
  readonly bytes: number;
  /** Sequences in sequences. */
  readonly depth: number;
}

export const defaultScanLimits: ScanLimits = { valueBytes: 4096, bytes: 64 * 1024 * 1024, depth: 64 };

const undefinedLength = 0xffffffff;
const [itemTag, itemEnd, sequenceEnd] = [0xfffee000, 0xfffee00d, 0xfffee0dd] as const;

/**
 * Finds some attributes of the first level in a data set as its bytes pass by. It is done after the last wanted tag (elements
 * ascend, PS3.5 7.1), at PixelData at the latest; all it keeps is wanted values and the beginning of a header.
 */
export class Scanner {
  readonly #wanted: ReadonlySet<number>;
  readonly #last: number;
  readonly #limits: ScanLimits;
  readonly #values = new Map<number, Buffer>();
  /** The encoding of each level: that of the data set, then those of open sequences and items of undefined length. */
  readonly #levels: Encoding[];
  #rest: Buffer = Buffer.alloc(0);
  #skip = 0;
  #seen = 0;
  #isDone = false;
  #problem: string | undefined;

  constructor(encoding: Encoding, wanted: readonly number[], limits: ScanLimits = defaultScanLimits) {
    this.#wanted = new Set([...wanted, tags.specificCharacterSet]);
    this.#last = Math.max(0, ...wanted);
    this.#limits = limits;
    this.#levels = [encoding];
  }

  /** Nothing more will be found: the bytes that follow need not be pushed. */
  get isDone(): boolean {
    return this.#isDone;
  }

  /** Why the search ended early, if it did: the data set breaks its encoding, or a limit. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** The bytes of a wanted value, with its padding. */
  value(tag: number): Buffer | undefined {
    return this.#values.get(tag);
  }

  /** A wanted value as text, in the data set's character sets, without padding; several values have `\` between them. */
  text(tag: number): string | undefined {
    const value = this.#values.get(tag);
    return value === undefined ? undefined : decodeText(value, this.#values.get(tags.specificCharacterSet)?.toString('latin1'));
  }

  /** Takes the next bytes of the data set. */
  push(chunk: Buffer): void {
    if (this.#isDone) return;
    this.#seen += chunk.length;
    if (this.#skip >= chunk.length) {
      this.#skip -= chunk.length;
      this.#checkDistance();
      return;
    }
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = this.#skip;
    this.#skip = 0;
    while (!this.#isDone) {
      const next = this.#element(bytes, at);
      if (next === undefined) break;
      if (next >= bytes.length) {
        this.#skip = next - bytes.length;
        at = bytes.length;
        break;
      }
      at = next;
    }
    this.#checkDistance();
    // A copy: what is left is small, the chunk is not.
    this.#rest = this.#isDone ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
  }

  /** The bytes cannot be had. */
  fail(problem: string): void {
    if (!this.#isDone) this.#stop(problem);
  }

  /** There are no more bytes. */
  end(): void {
    if (!this.#isDone && (this.#rest.length > 0 || this.#skip > 0)) this.#problem = 'the data set ends in the middle of an element';
    this.#isDone = true;
  }

  /** Reads one element; returns where the next one begins, or undefined where bytes are missing. */
  #element(bytes: Buffer, at: number): number | undefined {
    const left = bytes.length - at;
    if (left < 8) return undefined;
    const { explicit, bigEndian } = this.#levels.at(-1)!;
    const u16 = (from: number) => (bigEndian ? bytes.readUInt16BE(from) : bytes.readUInt16LE(from));
    const u32 = (from: number) => (bigEndian ? bytes.readUInt32BE(from) : bytes.readUInt32LE(from));
    const tag = u16(at) * 0x10000 + u16(at + 2);
    // PS3.5 7.5: items and delimiters have no VR.
    if (tag >= itemTag && tag <= 0xfffeffff) return this.#item(tag, u32(at + 4), at + 8);
    if (this.#levels.length === 1 && (tag > this.#last || tag === tags.pixelData)) return this.#stop();
    if (!explicit) return this.#valueOf(tag, undefined, u32(at + 4), bytes, at, 8);
    const vr = bytes.toString('latin1', at + 4, at + 6);
    if (!/^[A-Z]{2}$/.test(vr)) return this.#stop(`the element (${tagText(tag)}) has no value representation`);
    if (!hasLongLength(vr)) return this.#valueOf(tag, vr, u16(at + 6), bytes, at, 8);
    return left < 12 ? undefined : this.#valueOf(tag, vr, u32(at + 8), bytes, at, 12);
  }

  #valueOf(tag: number, vr: string | undefined, length: number, bytes: Buffer, at: number, header: number): number | undefined {
    const from = at + header;
    if (length === undefinedLength) {
      // PS3.5 6.2.2 note: an unknown value of undefined length is a sequence in implicit VR little endian.
      return this.#enter(vr === 'UN' ? { explicit: false, bigEndian: false } : this.#levels.at(-1)!, from);
    }
    if (this.#levels.length > 1 || !this.#wanted.has(tag) || length > this.#limits.valueBytes) return from + length;
    if (bytes.length < from + length) return undefined;
    this.#values.set(tag, Buffer.from(bytes.subarray(from, from + length)));
    return tag === this.#last ? this.#stop() : from + length;
  }

  /** Items of defined length are passed over whole, also fragments of encapsulated data (PS3.5 A.4). */
  #item(tag: number, length: number, from: number): number | undefined {
    if (tag === itemTag && this.#levels.length > 1) return length === undefinedLength ? this.#enter(this.#levels.at(-1)!, from) : from + length;
    if ((tag === itemEnd || tag === sequenceEnd) && this.#levels.length > 1) {
      this.#levels.pop();
      return from;
    }
    return this.#stop(`(${tagText(tag)}) is outside of a sequence`);
  }

  #enter(encoding: Encoding, from: number): number | undefined {
    this.#levels.push(encoding);
    return this.#levels.length > this.#limits.depth ? this.#stop(`sequences are nested deeper than ${this.#limits.depth} levels`) : from;
  }

  #checkDistance(): void {
    if (!this.#isDone && this.#seen > this.#limits.bytes) this.#stop(`the search ended after ${this.#limits.bytes} bytes`);
  }

  #stop(problem?: string): undefined {
    this.#isDone = true;
    this.#problem = problem;
  }
}

/** `0010,0020`. */
export function tagText(tag: number): string {
  const hex = tag.toString(16).toUpperCase().padStart(8, '0');
  return `${hex.slice(0, 4)},${hex.slice(4)}`;
}
