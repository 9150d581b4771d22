import { read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import { ClaraError } from '../../core/errors.ts';

/** Data in one message: large enough to be quick, small enough that a slow reader does not hold much memory. */
const chunkBytes = 512 * 1024;

/** Files up to this many bytes are read at once: handing a call to another thread takes ten times as long as the call. */
const atOnceBytes = 64 * 1024;

const readAt = promisify(read);

/**
 * A file in pieces for messages: exactly as many bytes as were announced, the next piece being read while the last one is
 * sent; at least one piece. A piece is valid until the next one is asked for: two buffers serve in turn, because making
 * one for each piece keeps the garbage collector busier than the transfer. The descriptor may be closed as soon as the
 * reader has left.
 * @param what names the file in the error where it became shorter meanwhile
 */
export async function* fileContent(fd: number, size: number, what: string, wireCode: number): AsyncGenerator<Buffer> {
  if (size <= atOnceBytes) {
    const buffer = Buffer.allocUnsafe(size);
    const read = readSync(fd, buffer, 0, size, 0);
    if (read < size) throw shortened(what, wireCode);
    yield buffer;
    return;
  }
  const length = Math.min(chunkBytes, size);
  let [buffer, other] = [Buffer.allocUnsafeSlow(length), Buffer.alloc(0)];
  let next = readPiece(fd, buffer, 0, size);
  for (let sent = 0; ;) {
    const piece = await next;
    sent += piece.length;
    if (piece.length === 0 && sent < size) throw shortened(what, wireCode);
    if (sent < size) {
      if (other.length === 0) other = Buffer.allocUnsafeSlow(length);
      [buffer, other] = [other, buffer];
      next = readPiece(fd, buffer, sent, size);
    }
    try {
      yield piece;
    } finally {
      // Nobody may still be reading when the descriptor is closed.
      if (sent < size) await next.catch(() => undefined);
    }
    if (sent >= size) return;
  }
}

function shortened(what: string, wireCode: number): ClaraError {
  return new ClaraError('failed', `${what} became shorter while it was read`, { wireCode });
}

async function readPiece(fd: number, buffer: Buffer, position: number, size: number): Promise<Buffer> {
  const wanted = Math.min(buffer.length, size - position);
  if (wanted === 0) return buffer.subarray(0, 0);
  const { bytesRead } = await readAt(fd, buffer, 0, wanted, position);
  return buffer.subarray(0, bytesRead);
}
