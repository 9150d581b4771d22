import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type PayloadsUploadRequest } from '../../api/generated/nvidia/clara/platform/payloads.ts';
import { pack, packBytes, packedFileBytes } from '../../api/packing.ts';
import { PayloadsService } from '../../api/services.ts';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { type PlannedFile } from './upload-plan.ts';

export type UploadMessage = Pick<PayloadsUploadRequest, 'payloadId' | 'details' | 'data'>;

const noData = Buffer.alloc(0);

/** Files up to this many bytes are read at once: handing four calls to other threads takes ten times as long as the calls. */
const atOnceBytes = 64 * 1024;

/**
 * The messages of one upload stream: each file in pieces of at most `chunkBytes`, at least one message a file. The
 * platform tells the files apart by the names in the messages (Clara guide, Payloads Upload RPC).
 *
 * The `data` of a message is only valid until the next one is asked for. Fails where a file is not what was planned,
 * or changes while it is read: what the platform would store never existed.
 *
 * @param onSent told of the bytes of each message once the next one is asked for
 */
export async function* uploadMessages(
  payloadId: string, files: Iterable<PlannedFile>, chunkBytes: number, onSent: (bytes: number) => void,
): AsyncGenerator<UploadMessage> {
  const buffers = new Buffers(chunkBytes);
  for (const file of files) {
    const message = { payloadId: { value: payloadId }, details: detailsOf(file) };
    for await (const data of file.size <= Math.min(atOnceBytes, chunkBytes) ? [readAtOnce(file, buffers.next(file.size))] : pieces(file, buffers)) {
      yield { ...message, data };
      onSent(data.length);
    }
  }
}

/**
 * The same with small files packed, for a platform that knows of it: see api/extensions.ts. A message that holds several
 * has no details. The `data` of others is only valid until the next one is asked for.
 */
export async function* packedMessages(
  payloadId: string, files: readonly PlannedFile[], chunkBytes: number, onSent: (bytes: number) => void,
): AsyncGenerator<UploadMessage> {
  const [small, large] = [files.filter(isPacked), files.filter((file) => !isPacked(file))];
  yield* uploadMessages(payloadId, large, chunkBytes, onSent);
  let packed: Buffer[] = [];
  let [bytes, content] = [0, 0];
  const buffers = new Buffers(packedFileBytes);
  for (const [index, file] of small.entries()) {
    const data = readAtOnce(file, buffers.next(file.size));
    const encoded = PayloadsService.upload.requestSerialize({ header: undefined, payloadId: undefined, details: detailsOf(file), data });
    packed.push(encoded);
    bytes += encoded.length;
    content += data.length;
    if (bytes < packBytes && index < small.length - 1) continue;
    yield { payloadId: { value: payloadId }, details: undefined, data: pack(packed) };
    onSent(content);
    [packed, bytes, content] = [[], 0, 0];
  }
}

const isPacked = ({ size }: PlannedFile) => size <= packedFileBytes;

// Mode 0 is "not given": permissions of this machine could lock operators, which run as another user, out.
const detailsOf = ({ name, size }: PlannedFile) => ({ mode: 0, size, name });

/** The content of a small file. What is no regular file any more, a pipe for one, is not waited for. */
function readAtOnce(file: PlannedFile, buffer: Buffer): Buffer {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file.source, constants.O_RDONLY | constants.O_NONBLOCK);
    let position = 0;
    for (let count = -1; count !== 0 && position < file.size; position += count) {
      count = readSync(descriptor, buffer, position, file.size - position, position);
    }
    checkUnchanged(fstatSync(descriptor), file, position);
    return buffer.subarray(0, position);
  } catch (thrown) {
    throw thrown instanceof ClaraError ? thrown : unreadable(file, thrown);
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The content of a file, at least one piece. The last one is held back until the file has proved to be unchanged. */
async function* pieces(file: PlannedFile, buffers: Buffers): AsyncGenerator<Buffer> {
  const handle = await open(file.source).catch((thrown: unknown) => { throw unreadable(file, thrown); });
  try {
    let position = 0;
    let reading = readPiece(handle, file, position, buffers.next(file.size));
    for (;;) {
      const data = await reading;
      position += data.length;
      if (position >= file.size || data.length === 0) {
        checkUnchanged(await handle.stat(), file, position);
        yield data;
        return;
      }
      reading = readPiece(handle, file, position, buffers.next(file.size - position));
      // Only its await above may report a failure; the consumer may stop before that.
      reading.catch(() => undefined);
      yield data;
    }
  } finally {
    await handle.close();
  }
}

async function readPiece(handle: FileHandle, file: PlannedFile, position: number, buffer: Buffer): Promise<Buffer> {
  if (file.size === 0) return noData;
  try {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, file.size - position), position);
    return buffer.subarray(0, bytesRead);
  } catch (thrown) {
    throw unreadable(file, thrown);
  }
}

function checkUnchanged(now: Stats, file: PlannedFile, read: number): void {
  if (read === file.size && now.size === file.size && now.mtimeMs === file.mtimeMs) return;
  const sizes = now.size === file.size ? '' : ` (${file.size} bytes before, ${now.size} now)`;
  throw new ClaraError('failed', `${visible(file.source)} changed while it was uploaded${sizes}`, {
    hint: 'repeat the upload when nothing writes to the file any more',
  });
}

function unreadable(file: PlannedFile, thrown: unknown): ClaraError {
  return new ClaraError('failed', `${visible(file.source)} cannot be read any more (${messageOf(thrown)})`, { cause: thrown });
}

/** Two buffers in turn: one is on its way to the platform while the other one is filled. */
class Buffers {
  readonly #size: number;
  readonly #buffers: Buffer[] = [];
  #turn = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** A buffer for what is wanted, at most the full size. */
  next(wanted: number): Buffer {
    this.#turn ^= 1;
    const size = Math.min(this.#size, wanted);
    if ((this.#buffers[this.#turn]?.length ?? -1) < size) this.#buffers[this.#turn] = Buffer.allocUnsafeSlow(size);
    return this.#buffers[this.#turn]!;
  }
}
