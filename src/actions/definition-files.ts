import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { foldName, quoted } from '../core/names.ts';
import { definitionLimit, type FindFile, type FoundFile } from '../pipeline/imports/definition-set.ts';
import { loadPipeline } from '../pipeline/load.ts';
import { type DefinitionFile } from '../pipeline/model.ts';

/** A definition on this machine. Paths within it are relative to the folder that holds all that was named. */
export interface LocalDefinition {
  /** The files that were named, the main one first. */
  readonly files: readonly DefinitionFile[];
  /** Gets what they import, from the main file's folder, from the folders that were named, and from below them. */
  readonly find: FindFile;
  /** A path within the definition as it is found from the working directory; that of the main file as it was written. */
  readonly shown: (path: string) => string;
}

export interface NamedFiles {
  /** The main file, then further ones that belong to the definition; `-` is standard input. */
  readonly main: readonly string[];
  /** Further files, and folders where imported ones are looked for. */
  readonly parts: readonly string[];
}

export interface ReadOptions {
  /** Reads standard input. */
  readonly input?: (most: number) => Promise<Uint8Array>;
  /** Refuses what is too large or no UTF-8, instead of leaving that to whoever loads the definition. */
  readonly exact?: boolean;
}

/** Opens the definition of which these files were named. Throws a ClaraError of kind `usage` where one cannot be read. */
export async function openDefinition({ main, parts }: NamedFiles, options: ReadOptions = {}): Promise<LocalDefinition> {
  if (main.filter((path) => path === '-').length > 1) throw new ClaraError('usage', 'standard input can be read once only');
  const [root] = main;
  if (root === undefined) throw new ClaraError('usage', 'no definition is named');
  const folders: string[] = [];
  const further: string[] = main.slice(1);
  for (const part of parts) ((await isFolder(part)) ? folders : further).push(part);
  const roots = [folderOf(root), ...folders.map((folder) => resolve(folder))];
  const base = commonFolder([...roots, ...further.map(folderOf)]);
  const files: DefinitionFile[] = [];
  const shown = new Map<string, string>();
  for (const written of [root, ...further]) {
    const path = pathWithin(base, written);
    // Whoever names a file twice means one.
    if (shown.has(path)) continue;
    shown.set(path, written);
    files.push({ path, content: await readNamed(written, options) });
  }
  return { files, find: finder(base, roots), shown: (path) => shown.get(path) ?? (relative('', join(base, path)) || path) };
}

/**
 * Every file of the definition: those that were named, and those that they import. Throws where two of them differ only by
 * case: a platform would join them (Clara guide, Pipelines Create RPC).
 */
export function allFiles({ files, find }: LocalDefinition): readonly DefinitionFile[] {
  const named = new Set(files.map(({ path }) => path));
  const all = [...files, ...loadPipeline(files, { find }).files.filter(({ path }) => !named.has(path))];
  const folded = new Map<string, string>();
  for (const { path } of all) {
    const other = folded.get(foldName(path));
    if (other !== undefined) throw new ClaraError('usage', `the files ${quoted(other)} and ${quoted(path)} of the definition differ only by case`, { hint: 'rename one of them' });
    folded.set(foldName(path), path);
  }
  return all;
}

/** Most characters in one message; several messages with one path are one file (Clara guide, Pipelines Create RPC). */
const pieceLength = 256 * 1024;

/** The messages that carry the files: none larger than any platform takes, no character cut in two. */
export function* definitionPieces(files: readonly DefinitionFile[]): Generator<DefinitionFile> {
  for (const { path, content } of files) {
    let start = 0;
    do {
      let end = Math.min(content.length, start + pieceLength);
      const last = content.charCodeAt(end - 1);
      // A surrogate pair is one character.
      if (end < content.length && last >= 0xd800 && last <= 0xdbff) end += 1;
      yield { path, content: content.slice(start, end) };
      start = end;
    } while (start < content.length);
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

function folderOf(path: string): string {
  return path === '-' ? resolve('.') : dirname(resolve(path));
}

function pathWithin(base: string, path: string): string {
  return path === '-' ? 'pipeline.yaml' : relative(base, resolve(path)).replaceAll(sep, '/') || basename(path);
}

/** The folder that holds all of these, which are absolute. */
function commonFolder(folders: readonly string[]): string {
  let common = folders[0]!;
  for (const folder of folders) while (!isWithin(folder, common)) common = dirname(common);
  return common;
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`);
}

async function readNamed(path: string, { input, exact = false }: ReadOptions): Promise<string> {
  const bytes = path === '-' ? await input!(definitionLimit) : readFile(path);
  const name = path === '-' ? 'standard input' : path;
  if (exact && bytes.length > definitionLimit) throw new ClaraError('usage', `${name} is too large for a definition (${definitionLimit} bytes are allowed)`);
  try {
    // Otherwise bytes that are no UTF-8 come out as U+FFFD, which loading the definition reports with its place.
    return new TextDecoder('utf-8', { ignoreBOM: true, fatal: exact }).decode(bytes);
  } catch (thrown) {
    throw new ClaraError('usage', `${name} is not UTF-8 text`, { cause: thrown });
  }
}

function readFile(path: string): Uint8Array {
  try {
    return readBytes(path, false);
  } catch (thrown) {
    throw unreadable(path, thrown);
  }
}

/** Reads a file; of one that is too large only so much that loading it says so. */
function readBytes(path: string, onlyFiles: boolean): Uint8Array {
  // Opening a pipe that nobody writes to would wait.
  const file = openSync(path, constants.O_RDONLY | (onlyFiles ? constants.O_NONBLOCK : 0));
  try {
    if (onlyFiles && !fstatSync(file).isFile()) throw new ClaraError('usage', 'it is no file');
    const buffer = Buffer.allocUnsafe(definitionLimit + 1);
    let length = 0;
    while (length < buffer.length) {
      const read = readSync(file, buffer, length, buffer.length - length, null);
      if (read === 0) break;
      length += read;
    }
    return Buffer.from(buffer.subarray(0, length));
  } finally {
    closeSync(file);
  }
}

const reasons: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission denied', ENOTDIR: 'there is no such file', ELOOP: 'its links go round in a circle' };

function reasonOf(thrown: unknown): string {
  return reasons[systemCode(thrown) ?? ''] ?? messageOf(thrown);
}

function unreadable(path: string, thrown: unknown): ClaraError {
  return new ClaraError('usage', `cannot read the definition ${path} (${reasonOf(thrown)})`, { cause: thrown, ...(systemCode(thrown) === 'EISDIR' ? { hint: 'name the YAML file in it' } : {}) });
}

/**
 * Looks for imported files in these folders and below. A definition may come from a stranger: nothing else is read, also
 * not over a symbolic link, because what is read may be sent to a platform.
 */
function finder(base: string, folders: readonly string[]): FindFile {
  const known = new Map<string, FoundFile | undefined>();
  return (path) => {
    if (!known.has(path)) known.set(path, lookUp(join(base, path), folders));
    return known.get(path);
  };
}

function lookUp(path: string, folders: readonly string[]): FoundFile | undefined {
  try {
    const real = realpathSync(path);
    if (!folders.some((folder) => isWithin(path, folder))) return { refused: 'lies outside the folders of the definition', help: 'name it with -f' };
    if (!folders.some((folder) => isWithin(real, realpathSync(folder)))) return { refused: 'is a link that leads out of the folder of the definition', help: 'name what it leads to with -f' };
    return { content: new TextDecoder('utf-8', { ignoreBOM: true }).decode(readBytes(real, true)) };
  } catch (thrown) {
    return ['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '') ? undefined : { refused: `cannot be read (${reasonOf(thrown)})` };
  }
}
