import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { dataBytes, dataOffset, decodeHeader, encodeHeader, headerBytes, type MemoryHeader } from '../../pipeline/memory/header.ts';
import { type MemoryType } from '../../pipeline/model.ts';
import { unwritableFolder, whyNotRead } from '../contract/file-errors.ts';

/** An array in shared memory that is read piece by piece. Node.js cannot map files; reading one that is in memory copies memory. */
export interface SharedArray {
  readonly header: MemoryHeader;
  /** Fills the bytes from a position of the data. */
  read(bytes: Uint8Array, position: number): Promise<void>;
  close(): Promise<void>;
}

/** An array that is being written. */
export interface SharedArrayWriter {
  /** Writes at the end of what was written so far. */
  append(bytes: Uint8Array): Promise<void>;
  /** Throws where not all of the array was written. */
  finish(): Promise<void>;
}

/** Opens an array that another operator has written. */
export async function openSharedArray(file: string): Promise<SharedArray> {
  const handle = await openFile(file, 'r');
  const bytes = new Uint8Array(headerBytes);
  const { bytesRead } = await handle.read(bytes, 0, headerBytes, 0).catch(async (error: unknown) => {
    await handle.close();
    throw unopened(file, error);
  });
  const header = decodeHeader(bytes.subarray(0, bytesRead));
  if (typeof header === 'string') {
    await handle.close();
    throw new ClaraError('failed', `${file} ${header}`);
  }
  return {
    header,
    async read(into, position) {
      for (let filled = 0; filled < into.length;) {
        const { bytesRead: more } = await handle.read(into, filled, into.length - filled, header.dataOffset + position + filled);
        if (more === 0) throw new ClaraError('failed', `${file} ends after ${position + filled} bytes of data`);
        filled += more;
      }
    },
    close: () => handle.close(),
  };
}

/** Sets the shape of an array and gives its file the size that it needs; what was in it is gone. */
export async function createSharedArray(file: string, type: MemoryType): Promise<SharedArrayWriter> {
  const size = dataBytes(type);
  if (size === undefined) throw new ClaraError('failed', `an array of shape ${type.shape.join(' × ')} cannot be made`);
  const handle = await openFile(file, 'r+');
  let written = 0;
  await handle.truncate(0);
  await handle.truncate(dataOffset + size);
  await handle.write(encodeHeader(type), 0, headerBytes, 0);
  return {
    async append(bytes) {
      if (written + bytes.length > size) throw new ClaraError('failed', `${file} has room for ${size} bytes of data, no more`);
      for (let done = 0; done < bytes.length;) done += (await handle.write(bytes, done, bytes.length - done, dataOffset + written + done)).bytesWritten;
      written += bytes.length;
    },
    async finish() {
      await handle.close();
      if (written < size) throw new ClaraError('failed', `${file} got ${written} of ${size} bytes of data`);
    },
  };
}

/** The text of a string in shared memory. */
export async function readSharedString(file: string): Promise<string> {
  const array = await openSharedArray(file);
  try {
    const bytes = new Uint8Array(dataBytes(array.header) ?? 0);
    await array.read(bytes, 0);
    return new TextDecoder().decode(bytes);
  } finally {
    await array.close();
  }
}

export async function writeSharedString(file: string, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  const writer = await createSharedArray(file, { kind: 'string', element: 'uint8', shape: [bytes.length] });
  await writer.append(bytes);
  await writer.finish();
}

/** The platform has made the file; by hand it may be missing. */
async function openFile(file: string, mode: 'r' | 'r+'): Promise<FileHandle> {
  try {
    return await open(file, mode);
  } catch (error) {
    if (mode === 'r+' && systemCode(error) === 'ENOENT') return open(file, 'w+').catch((unmade: unknown) => { throw unwritableFolder(dirname(file), unmade); });
    throw unopened(file, error);
  }
}

function unopened(file: string, cause: unknown): ClaraError {
  return new ClaraError(systemCode(cause) === 'ENOENT' ? 'not-found' : 'failed', `cannot open ${file} (${whyNotRead(cause)})`, { cause });
}
