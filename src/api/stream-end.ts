/**
 * How the end of a client stream is told from a call that breaks off. A caller on Node.js that cancels first ends its
 * stream, as if it had finished, and resets it a moment later: what it had sent until then would count as everything.
 * Our client therefore says in the metadata of the call that it marks its last message (extensions.ts, markedEnd).
 *
 * The mark is a field of a number that no message has (the highest, 2^29 - 1), behind all others: old platforms skip it,
 * as protobuf has them do with every field that they do not know.
 */
const mark = Buffer.from([0xf8, 0xff, 0xff, 0xff, 0x0f, 0x01]);

/** An encoded message, as the last of its stream. */
export function asLast(message: Buffer): Buffer {
  return Buffer.concat([message, mark]);
}

/** Whether this encoded message was the last one of its stream. */
export function isLast(message: Buffer): boolean {
  return message.subarray(-mark.length).equals(mark);
}
