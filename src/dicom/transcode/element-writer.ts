import { type Encoding, hasLongLength } from '../part10/encoding.ts';

const blockBytes = 64 * 1024;

/** Writes elements in an encoding, into blocks. */
export class ElementWriter {
  readonly #encoding: Encoding;
  #pieces: Buffer[] = [];
  #bytes = 0;

  constructor(encoding: Encoding) {
    this.#encoding = encoding;
  }

  /** Header of an element; items and delimiters have no VR (PS3.5 7.5). */
  header(tag: number, vr: string | undefined, length: number): void {
    const { explicit, bigEndian } = this.#encoding;
    const isLong = vr !== undefined && explicit && hasLongLength(vr);
    const bytes = Buffer.alloc(isLong ? 12 : 8);
    const u16 = (value: number, at: number) => (bigEndian ? bytes.writeUInt16BE(value, at) : bytes.writeUInt16LE(value, at));
    const u32 = (value: number, at: number) => (bigEndian ? bytes.writeUInt32BE(value, at) : bytes.writeUInt32LE(value, at));
    u16(tag >>> 16, 0);
    u16(tag & 0xffff, 2);
    if (!explicit || vr === undefined) u32(length, 4);
    else {
      bytes.write(vr, 4, 'latin1');
      if (isLong) u32(length, 8);
      else u16(length, 6);
    }
    this.bytes(bytes);
  }

  /** Bytes of a value; they are kept as they are until the next block is taken. */
  bytes(bytes: Buffer): void {
    this.#pieces.push(bytes);
    this.#bytes += bytes.length;
  }

  /** Whether there is enough for a block. */
  get isFull(): boolean {
    return this.#bytes >= blockBytes;
  }

  /** What has been written since the last time. */
  take(): Buffer {
    const block = Buffer.concat(this.#pieces, this.#bytes);
    [this.#pieces, this.#bytes] = [[], 0];
    return block;
  }
}
