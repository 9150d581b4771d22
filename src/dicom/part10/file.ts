import { open, type FileHandle } from 'node:fs/promises';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { decodeFileHeader, type FileMeta } from './header.ts';

/** How much is read at once. */
const blockBytes = 256 * 1024;

/** A DICOM file that is open for reading. */
export class DicomFile {
  readonly path: string;
  readonly meta: FileMeta;
  /** Bytes of the data set. */
  readonly dataSetBytes: number;
  readonly #handle: FileHandle;
  /** The beginning of the data set, which was read with the header. */
  readonly #first: Buffer;

  private constructor(path: string, handle: FileHandle, meta: FileMeta, first: Buffer, dataSetBytes: number) {
    this.path = path;
    this.#handle = handle;
    this.meta = meta;
    this.#first = first;
    this.dataSetBytes = dataSetBytes;
  }

  /** Opens a file and reads its header (PS3.10 7.1). Throws a ClaraError: `not-found`, or what is wrong with it. */
  static async open(path: string): Promise<DicomFile> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(path);
      const { size } = await handle.stat();
      let bytes: Buffer = Buffer.alloc(0);
      for (let needs = Math.min(size, blockBytes); ;) {
        bytes = await readMore(handle, bytes, Math.min(needs, size));
        const found = decodeFileHeader(bytes, bytes.length === size);
        if ('meta' in found) return new DicomFile(path, handle, found.meta, bytes.subarray(found.dataSetOffset), size - found.dataSetOffset);
        needs = found.needs;
      }
    } catch (thrown) {
      await handle?.close();
      throw fileError(path, thrown);
    }
  }

  /** The data set in pieces; a piece is good until the next but one is asked for. */
  async *dataSet(): AsyncGenerator<Buffer, void, undefined> {
    if (this.#first.length > 0) yield this.#first;
    if (this.#first.length === this.dataSetBytes) return;
    const blocks = [Buffer.allocUnsafe(blockBytes), Buffer.allocUnsafe(blockBytes)] as const;
    for (let left = this.dataSetBytes - this.#first.length, turn = 0; left > 0; turn = 1 - turn) {
      const { bytesRead } = await this.#handle.read(blocks[turn]!, 0, Math.min(left, blockBytes), null).catch((thrown: unknown) => { throw fileError(this.path, thrown); });
      if (bytesRead === 0) throw new ClaraError('failed', `${this.path} has become shorter while it was read`);
      left -= bytesRead;
      yield blocks[turn]!.subarray(0, bytesRead);
    }
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

/** Reads on, to `length` bytes in all. */
async function readMore(handle: FileHandle, bytes: Buffer, length: number): Promise<Buffer> {
  const longer = Buffer.allocUnsafe(length);
  let used = bytes.copy(longer);
  while (used < length) {
    const { bytesRead } = await handle.read(longer, used, length - used, null);
    if (bytesRead === 0) throw new ClaraError('failed', 'it has become shorter while it was read');
    used += bytesRead;
  }
  return longer;
}

function fileError(path: string, thrown: unknown): ClaraError {
  if (thrown instanceof ClaraError) return new ClaraError(thrown.kind, `${path} cannot be read: ${thrown.message}`, { hint: thrown.hint, cause: thrown });
  if (systemCode(thrown) === 'ENOENT') return new ClaraError('not-found', `${path} does not exist`, { cause: thrown });
  return new ClaraError('failed', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
}
