import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { visible } from '../../../core/names.ts';
import { DicomFile } from '../../part10/file.ts';
import { type FetchedFile } from '../../export/fetch.ts';

export interface LocalFile extends FetchedFile {
  readonly bytes: number;
}

export interface FoundFiles {
  readonly files: readonly LocalFile[];
  /** Files that were named and cannot be sent, with the reason. */
  readonly failures: ReadonlyMap<string, string>;
  /** Files in folders that are no DICOM, or a directory of DICOM files. */
  readonly passedOver: number;
}

/** PS3.6: the class of DICOMDIR, which is no instance of anything. */
const directoryClass = '1.2.840.10008.1.3.10';

/** DICOM files among paths, and in the folders among them with all that is below. @throws ClaraError where a path does not exist */
export async function findFiles(paths: readonly string[], signal: AbortSignal): Promise<FoundFiles> {
  const files: LocalFile[] = [];
  const failures = new Map<string, string>();
  let passedOver = 0;
  for (const path of paths) {
    const found = await stat(path).catch((thrown: unknown) => { throw notThere(path, thrown); });
    if (!found.isDirectory()) {
      try {
        files.push(await opened(path, found.size));
      } catch (thrown) {
        failures.set(path, messageOf(thrown));
      }
      continue;
    }
    for await (const below of filesBelow(path, signal)) {
      const file = await stat(below).then(({ size }) => opened(below, size)).catch(() => undefined);
      if (file === undefined || file.meta.sopClass === directoryClass) passedOver += 1;
      else files.push(file);
    }
  }
  return { files, failures, passedOver };
}

async function opened(path: string, bytes: number): Promise<LocalFile> {
  const file = await DicomFile.open(path);
  await file.close();
  return { uri: path, path, meta: file.meta, bytes };
}

/** In the order of names. Links to folders are not followed: they may lead in circles. */
async function* filesBelow(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  signal.throwIfAborted();
  const entries = await readdir(folder, { withFileTypes: true }).catch((thrown: unknown) => { throw notThere(folder, thrown); });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path, signal);
    else if (entry.isFile() || (entry.isSymbolicLink() && await stat(path).then((found) => found.isFile(), () => false))) yield path;
  }
}

function notThere(path: string, thrown: unknown): ClaraError {
  if (systemCode(thrown) === 'ENOENT') return new ClaraError('not-found', `${visible(path)} does not exist`, { cause: thrown });
  return new ClaraError('failed', `${visible(path)} cannot be read (${messageOf(thrown)})`, { cause: thrown });
}
