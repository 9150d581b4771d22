import { lstat, readdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { quoted } from '../../core/names.ts';
import { isFile, isProgram, prefix } from './find.ts';

/** What `clara plugin install` was given. Paths are absolute. */
export type PluginSource =
  | { readonly kind: 'program'; readonly path: string }
  | { readonly kind: 'folder'; readonly path: string; readonly programs: readonly string[] }
  | { readonly kind: 'package'; readonly spec: string };

/** Finds out what a word stands for: something on this disk first, else a package. */
export async function findSource(word: string): Promise<PluginSource> {
  const path = resolve(word);
  const found = await look(word, path);
  if (found === undefined) return { kind: 'package', spec: packageSpec(word) };
  if (found === 'folder') {
    if (isFile(join(path, 'package.json'))) return { kind: 'package', spec: path };
    return { kind: 'folder', path, programs: await programsOf(word, path) };
  }
  return /\.(tgz|tar\.gz|tar)$/.test(path) ? { kind: 'package', spec: path } : { kind: 'program', path };
}

async function look(word: string, path: string): Promise<'file' | 'folder' | undefined> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'folder';
    if (found.isFile()) return 'file';
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT' || systemCode(thrown) === 'ENOTDIR') return undefined;
    throw new ClaraError('failed', `${word} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
  throw new ClaraError('usage', `${word} is neither a file nor a folder`);
}

/** A package's name in the registry, perhaps with a version, or an address; these npm understands without a guess. */
export function packageSpec(word: string): string {
  if (/^(https?|git\+(https|ssh)):\/\/\S+$/.test(word)) return word;
  if (/^(@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*(@[^\s/]+)?$/.test(word) && !word.startsWith('-')) return word;
  throw new ClaraError('not-found', `there is no file and no folder ${quoted(word)}`, { hint: 'give a program, a folder, or the name of an npm package' });
}

async function programsOf(word: string, path: string): Promise<readonly string[]> {
  const names = (await readdir(path)).filter((name) => name.startsWith(prefix) && !name.endsWith('.json') && isFile(join(path, name))).sort();
  const programs = names.filter((name) => isProgram(join(path, name)));
  if (programs.length > 0) return programs;
  const [name] = names;
  if (name !== undefined) throw new ClaraError('usage', `${join(word, name)} is not executable`, { hint: `run \`chmod +x ${join(word, name)}\`` });
  throw new ClaraError('usage', `the folder ${word} has no program whose name begins with \`${prefix}\`, and no package.json`);
}

/** Whether anything, even a link to nothing, has this path. */
export async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw new ClaraError('failed', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}

/** The name of the folder that keeps what was installed from here; a folder and a package never share one. */
export function keptName(kind: 'folder' | 'package', name: string): string {
  return `${kind}+${(kind === 'folder' ? basename(name) : name).replaceAll('/', '+')}`;
}
