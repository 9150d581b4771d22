import { isUid } from '../../uids/well-known.ts';
import { invalid } from './protocol-error.ts';

/** Reads fields of a PDU one after the other; whatever reaches past its end is a ProtocolError. All numbers are big endian (PS3.8 9.3.1). */
export class Fields {
  readonly #bytes: Buffer;
  readonly #what: string;
  #at = 0;

  /** `what` names the structure in messages. */
  constructor(bytes: Buffer, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(length: number): Buffer {
    if (length > this.left) throw invalid(`${this.#what} ends after ${this.#bytes.length} bytes, in the middle of a field`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  skip(length: number): void {
    this.take(length);
  }

  u8(): number {
    return this.take(1)[0]!;
  }

  u16(): number {
    return this.take(2).readUInt16BE();
  }

  u32(): number {
    return this.take(4).readUInt32BE();
  }

  /** Item type, a reserved byte, length, value: the form of every item and sub-item (PS3.8 9.3.2). */
  item(): { readonly type: number; readonly value: Buffer } {
    const type = this.u8();
    this.skip(1);
    return { type, value: this.take(this.u16()) };
  }

  rest(): Buffer {
    return this.take(this.left);
  }
}

/** Text with the padding of AE titles and of careless senders removed: spaces at both ends (PS3.8 9.3.2), NULs. Other control characters are refused. */
export function readText(bytes: Buffer, what: string): string {
  const text = bytes.toString('latin1').replace(/^[ \0]+|[ \0]+$/g, '');
  if (/[\x00-\x1f\x7f]/.test(text)) throw invalid(`${what} has control characters`);
  return text;
}

export function readUid(bytes: Buffer, what: string): string {
  const uid = readText(bytes, what);
  if (!isUid(uid)) throw invalid(`${what} is no UID`);
  return uid;
}

export function u8(value: number): Buffer {
  return Buffer.of(value);
}

export function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** An item or sub-item. */
export function item(type: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  return Buffer.concat([u8(type), u8(0), u16(value.length), value]);
}

/** 16 characters, padded with spaces (PS3.8 9.3.2). */
export function aeTitle(title: string): Buffer {
  return Buffer.from(title.padEnd(16).slice(0, 16), 'latin1');
}
