import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { unwritableFolder } from '../contract/file-errors.ts';

/** A file that appears under its name only once it is whole. */
export interface OutputFile {
  /** Where the unfinished bytes are. */
  readonly part: string;
  readonly handle: FileHandle;
  /** Gives the file its name. */
  finish(): Promise<void>;
  /** Deletes what was written. */
  discard(): Promise<void>;
}

/**
 * Starts a file in a folder, which is made where it is missing.
 * @param temporary what the file is called until it is finished, where two unfinished ones are to have one name.
 */
export async function createOutputFile(folder: string, temporary: string, name = temporary): Promise<OutputFile> {
  const part = join(folder, `.${temporary}.part`);
  try {
    await mkdir(folder, { recursive: true });
    const handle = await open(part, 'w+');
    return {
      part,
      handle,
      finish: async () => {
        await handle.close();
        await rename(part, join(dirname(part), name));
      },
      discard: async () => {
        await handle.close();
        await rm(part, { force: true });
      },
    };
  } catch (error) {
    throw unwritableFolder(folder, error);
  }
}

/** Writes all the bytes at the end of a file. */
export async function appendBytes(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written, bytes.length - written)).bytesWritten;
  }
}

/** Writes a small file whole. */
export async function writeOutputFile(folder: string, name: string, content: string | Uint8Array): Promise<void> {
  const file = await createOutputFile(folder, name);
  try {
    await appendBytes(file.handle, typeof content === 'string' ? Buffer.from(content) : content);
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}
