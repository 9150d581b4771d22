import { ClaraError } from '../core/errors.ts';
import { readVarint, varintBytes } from './bulk-codec.ts';

/** Bytes from which on a pack is sent. */
export const packBytes = 256 * 1024;
/** The largest file that is put into a pack. */
export const packedFileBytes = 64 * 1024;

/** Encoded messages one behind the other, each after its length as a varint: what protobuf calls delimited. */
export function pack(messages: readonly Uint8Array[]): Buffer {
  return Buffer.concat(messages.flatMap((message) => [Buffer.from(varintBytes(message.length)), message]));
}

/** The messages of a pack, as views. Throws where it is none. */
export function* unpack(bytes: Buffer): Generator<Buffer> {
  for (let position = 0; position < bytes.length;) {
    const [length, start] = lengthAt(bytes, position);
    position = start + length;
    if (position > bytes.length) throw noPack();
    yield bytes.subarray(start, position);
  }
}

function lengthAt(bytes: Buffer, position: number): [length: number, start: number] {
  try {
    return readVarint(bytes, position);
  } catch {
    throw noPack();
  }
}

function noPack(): ClaraError {
  return new ClaraError('usage', 'a message that should hold several files is cut short or holds something else');
}
