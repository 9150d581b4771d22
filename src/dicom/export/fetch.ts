import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { receive } from '../../actions/transfer/download.ts';
import { type Connection } from '../../api/client.ts';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { newId } from '../../core/ids.ts';
import { inParallel } from '../../core/parallel.ts';
import { PassingBuffers } from '../../system/disk/passing-buffers.ts';
import { DicomFile } from '../part10/file.ts';
import { type FileMeta } from '../part10/header.ts';

/** A file of a task, in the temporary folder. */
export interface FetchedFile {
  readonly uri: string;
  readonly path: string;
  readonly meta: FileMeta;
}

export interface Fetched {
  readonly files: readonly FetchedFile[];
  /** Files that cannot be had or are not DICOM, with the reason. */
  readonly failures: ReadonlyMap<string, string>;
  /** Removes the files. */
  discard(): Promise<void>;
}

export interface FetchOptions {
  readonly connection: Connection;
  /** Where temporary folders are made. */
  readonly folder: string;
  /** Files at a time. */
  readonly parallel: number;
  readonly hasRoom: () => boolean;
  readonly signal: AbortSignal;
}

/** Nothing can be fetched at the moment, whatever the file: the platform does not answer, or the disk is too full. */
export class NotNow extends Error {}

/**
 * Downloads files of a payload, streamed, and reads their headers. @throws NotNow; ClaraError `interrupted` by the signal
 */
export async function fetchFiles(payloadId: string, uris: readonly string[], options: FetchOptions): Promise<Fetched> {
  const folder = join(options.folder, newId());
  const discard = () => rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const found = new Map<string, FetchedFile>();
  const failures = new Map<string, string>();
  try {
    await inParallel(uris.entries(), options.parallel, options.signal, async ([index, uri], signal) => {
      if (!options.hasRoom()) throw new NotNow('free space on the disk is below the reserve');
      const path = join(folder, `${index}.dcm`);
      const file = await fetchFile(payloadId, uri, path, { ...options, signal });
      if ('path' in file) found.set(uri, file);
      else failures.set(uri, file.why);
    });
  } catch (thrown) {
    await discard();
    throw thrown;
  }
  return { files: uris.flatMap((uri) => found.get(uri) ?? []), failures, discard };
}

async function fetchFile(payloadId: string, uri: string, path: string, { connection, signal }: FetchOptions): Promise<FetchedFile | { readonly why: string }> {
  try {
    const handle = await open(path, 'wx', 0o600);
    try {
      let at = 0;
      const passing = new PassingBuffers();
      await receive(connection, payloadId, uri, { signal }, async (data) => {
        for (let done = 0; done < data.length;) {
          const { bytesWritten } = await handle.write(data, done, data.length - done, at);
          done += bytesWritten;
          at += bytesWritten;
        }
        passing.passed(data.length);
      });
    } finally {
      await handle.close();
    }
    const file = await DicomFile.open(path);
    await file.close();
    return { uri, path, meta: file.meta };
  } catch (thrown) {
    if (signal.aborted) throw new ClaraError('interrupted', 'interrupted', { cause: thrown });
    if (systemCode(thrown) !== undefined) throw new NotNow(`a file cannot be kept (${messageOf(thrown)})`, { cause: thrown });
    if (thrown instanceof ClaraError && thrown.kind === 'unreachable') throw new NotNow(messageOf(thrown), { cause: thrown });
    await rm(path, { force: true });
    // Names in the payload may say who the patient is, and the path of the temporary file means nothing to anybody.
    if (thrown instanceof ClaraError && thrown.kind === 'not-found') return { why: 'the payload has no such file' };
    return { why: messageOf(thrown).replace(`${path} cannot be read: `, '').replaceAll(uri, 'the file') };
  }
}
