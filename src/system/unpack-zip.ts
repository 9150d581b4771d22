import { createWriteStream } from 'node:fs';
import { chmod, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fromFdPromise } from 'yauzl';

/**
 * Unpacks a zip archive into a folder that exists; everybody may read what is in it. Names that lead out of the folder, and
 * archives that are damaged, are an Error. The descriptor is closed.
 * @param rename the path of an entry, or undefined to leave it out
 */
export async function unpackZip(descriptor: number, folder: string, rename: (name: string) => string | undefined): Promise<void> {
  const archive = await fromFdPromise(descriptor, { autoClose: true });
  const folders = new Set<string>();
  for await (const entry of archive.eachEntry()) {
    const name = rename(entry.fileName);
    if (name === undefined || name === '') continue;
    const path = join(folder, name);
    await makeFolders(folder, name.endsWith('/') ? path : dirname(path), folders);
    if (name.endsWith('/')) continue;
    await pipeline(await archive.openReadStreamPromise(entry), createWriteStream(path, { mode: 0o644 }));
    await chmod(path, 0o644);
  }
}

/** Makes a folder below another, with modes that the umask does not cut. */
async function makeFolders(root: string, folder: string, made: Set<string>): Promise<void> {
  if (made.has(folder) || !folder.startsWith(join(root, '/'))) return;
  await makeFolders(root, dirname(folder), made);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  made.add(folder);
}
