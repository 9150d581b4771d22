import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { quoted } from '../../core/names.ts';

/** The files of a folder by their paths below it, with forward slashes. */
export type Tree = ReadonlyMap<string, Buffer>;

/** Charts and definitions are text; who names a whole disk is stopped before it fills the memory. */
const mostFiles = 2000;
const mostBytes = 64 * 1024 * 1024;

/** Reads a folder that is to be installed. Links and whatever else is no file or folder are refused: they may lead anywhere. */
export async function readTree(folder: string): Promise<Tree> {
  const tree = new Map<string, Buffer>();
  let bytes = 0;
  const visit = async (path: string): Promise<void> => {
    for (const entry of (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const inner = join(path, entry.name);
      if (entry.isDirectory()) {
        await visit(inner);
        continue;
      }
      if (!entry.isFile()) throw new ClaraError('usage', `${inner} is neither a file nor a folder, and is not installed`);
      bytes += (await lstat(inner)).size;
      if (tree.size >= mostFiles || bytes > mostBytes) {
        throw new ClaraError('usage', `${folder} is too large for a chart or a pipeline (more than ${mostFiles} files or ${mostBytes / 1024 / 1024} MiB)`);
      }
      tree.set(relative(folder, inner).split(sep).join('/'), await readFile(inner));
    }
  };
  try {
    await visit(folder);
  } catch (thrown) {
    if (thrown instanceof ClaraError) throw thrown;
    const missing = systemCode(thrown) === 'ENOENT';
    throw new ClaraError(missing ? 'not-found' : 'usage', missing ? `there is no folder ${quoted(folder)}` : `${folder} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
  return tree;
}

/** The content of one of the user's files; undefined where there is none. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw new ClaraError('failed', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}
