import { withDefaults, type Loose } from '../../../api/contract.ts';
import { PipelinesDetailsResponse } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';

/** Every gRPC client takes messages of 4 MiB; some bytes stay free for tags, lengths and a path. */
const maxMessage = 4 * 1024 * 1024 - 8 * 1024;
const leastRoom = 64 * 1024;

/** Bytes of text that fit beside what the message has already. */
export function textRoom(message: Loose<PipelinesDetailsResponse>): number {
  const full = withDefaults<PipelinesDetailsResponse>(PipelinesDetailsResponse.decode, message);
  return Math.max(leastRoom, maxMessage - PipelinesDetailsResponse.encode(full).finish().length);
}

/**
 * Text in pieces: the first of at most `firstBytes`, the others of what an otherwise empty message holds. No piece ends
 * inside a code point, because each is a string of its own. At least one piece.
 */
export function splitText(text: string, firstBytes: number): string[] {
  if (Buffer.byteLength(text) <= firstBytes) return [text];
  const bytes = Buffer.from(text);
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length;) {
    let end = Math.min(bytes.length, start + (pieces.length === 0 ? firstBytes : maxMessage));
    // 10xxxxxx continues a code point (RFC 3629).
    while (end < bytes.length && (bytes[end]! & 0xc0) === 0x80) end -= 1;
    pieces.push(bytes.toString('utf8', start, end));
    start = end;
  }
  return pieces;
}
