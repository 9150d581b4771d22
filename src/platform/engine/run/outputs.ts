import { constants, lstatSync, mkdirSync, renameSync, type Stats } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { systemCode } from '../../../core/errors.ts';
import { bytePaths as files } from '../../../system/byte-paths.ts';

/** An output folder and the path under which the operator saw it. */
export interface OutputFolder {
  readonly source: string;
  readonly path: string;
}

export interface CleanOptions {
  readonly outputs: readonly OutputFolder[];
  /** Owner of everything, where this platform may give files away; undefined leaves owners alone. */
  readonly owner?: { readonly uid: number; readonly gid: number };
}

/** What was taken out of the outputs, by its path in the payload, with the reason. */
export interface Removed {
  readonly path: string;
  readonly reason: string;
}

/** Entries between two turns of the event loop. */
const chunk = 256;
/** Entries that links to folders may add to an operator's outputs: links can multiply a small tree without end. */
const materialiseLimit = 10_000;
const mostHops = 40;

/**
 * Makes an operator's outputs fit for a payload, which holds folders and regular files alone. A link to something within
 * the same outputs becomes that thing; other links, pipes, sockets and devices are removed. Files lose their setuid bits
 * and become readable, by later operators too, whatever user those run as. Nothing outside `root` is read or written:
 * no link is ever followed by the system. Doing it again changes nothing.
 */
export async function cleanOutputs(root: string, options: CleanOptions): Promise<Removed[]> {
  const removed: Removed[] = [];
  const links: string[] = [];
  const top = files.encode(root);
  // Published already, by a platform that did not live to say so.
  if (files.look(top) === undefined) return removed;
  const take = (path: string, reason: string) => {
    files.remove(path);
    removed.push({ path: files.decode(relative(top, path)), reason });
  };
  let seen = 0;
  const folders = [top];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    adopt(folder, files.look(folder)!, options.owner);
    for (const name of files.list(folder)) {
      const path = join(folder, name);
      const stats = files.look(path)!;
      if (stats.isDirectory()) folders.push(path);
      else if (stats.isFile()) adopt(path, stats, options.owner);
      else if (stats.isSymbolicLink()) links.push(path);
      else take(path, kindOf(stats));
      seen += 1;
      if (seen % chunk === 0) await setImmediate();
    }
  }
  if (links.length === 0) return removed;
  const materialiser = new Materialiser(top, options.outputs);
  for (const link of links.sort()) {
    const problem = await materialiser.replace(link);
    if (problem !== undefined) take(link, problem);
  }
  materialiser.done();
  return removed;
}

/** Moves cleaned outputs to their place in one step. Where they are there already, an earlier platform did it. */
export function publishOutputs(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
    if (lstatSync(from, { throwIfNoEntry: false }) === undefined) {
      if (lstatSync(to, { throwIfNoEntry: false })?.isDirectory() === true) return;
      throw thrown;
    }
    mkdirSync(dirname(to), { recursive: true });
    renameSync(from, to);
  }
}

function adopt(path: string, stats: Stats, owner: CleanOptions['owner']): void {
  if (owner !== undefined && (stats.uid !== owner.uid || stats.gid !== owner.gid)) files.chown(path, owner.uid, owner.gid);
  const mode = (stats.mode & 0o777) | (stats.isDirectory() ? 0o755 : 0o644);
  // After chown, which drops setuid bits by itself on some systems only. The path is no link: it was looked at, and its operator is gone.
  if (mode !== (stats.mode & 0o7777)) files.chmod(path, mode);
}

function kindOf(stats: Stats): string {
  if (stats.isFIFO()) return 'a named pipe';
  if (stats.isSocket()) return 'a socket';
  return stats.isBlockDevice() || stats.isCharacterDevice() ? 'a device' : 'not a regular file';
}

type Target = { readonly kind: 'file' | 'folder'; readonly path: string } | { readonly kind: 'none'; readonly reason: string };

/** Paths are byte strings, see system/byte-paths.ts. */
class Materialiser {
  readonly #root: string;
  readonly #outputs: readonly OutputFolder[];
  /** Beside the outputs, so that nothing half-done is ever among them. */
  readonly #aside: string;
  #budget = materialiseLimit;

  constructor(root: string, outputs: readonly OutputFolder[]) {
    this.#root = root;
    this.#outputs = outputs.map(({ source, path }) => ({ source: files.encode(source), path: files.encode(path) }));
    this.#aside = `${root}.links`;
    this.done();
  }

  done(): void {
    files.removeAll(this.#aside);
  }

  /** Puts what a link means in its place; otherwise says why not, and leaves the link. */
  async replace(link: string): Promise<string | undefined> {
    const target = this.#resolve(link);
    if (target.kind === 'none') return target.reason;
    if (target.kind === 'folder' && isWithin(link, target.path)) return 'a link to a folder that it lies in';
    const problem = await this.#copy(target, this.#aside, [target.path]);
    if (problem === undefined) {
      // A folder cannot be renamed over a link.
      if (target.kind === 'folder') files.remove(link);
      files.rename(this.#aside, link);
    } else {
      files.removeAll(this.#aside);
    }
    return problem;
  }

  /** `inside`: the folders that are being copied, to notice one that contains itself. */
  async #copy(target: Target, to: string, inside: readonly string[]): Promise<string | undefined> {
    if (target.kind === 'none') return undefined;
    this.#budget -= 1;
    if (this.#budget < 0) return `links add more than ${materialiseLimit} entries`;
    if (this.#budget % chunk === 0) await setImmediate();
    if (target.kind === 'file') {
      shareFile(target.path, to);
      return undefined;
    }
    files.makeFolder(to);
    for (const name of files.list(target.path)) {
      const path = join(target.path, name);
      const stats = files.look(path)!;
      const entry: Target = stats.isSymbolicLink() ? this.#resolve(path) : { kind: stats.isDirectory() ? 'folder' : 'file', path };
      if (entry.kind === 'folder' && inside.some((folder) => isWithin(folder, entry.path))) return 'a link into a folder that contains itself';
      const problem = await this.#copy(entry, join(to, name), entry.kind === 'folder' ? [...inside, entry.path] : inside);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** Follows a link by hand, within the outputs only, as the operator saw them. */
  #resolve(link: string): Target {
    let hops = 0;
    let done = this.#root;
    let parts = stepsOf(relative(this.#root, link));
    while (parts.length > 0) {
      const name = parts.shift()!;
      if (name === '..') {
        if (done === this.#root || this.#outputs.some(({ source }) => source === done)) return outside;
        done = dirname(done);
        continue;
      }
      const next = join(done, name);
      const stats = files.look(next);
      if (stats === undefined || (parts.length > 0 && stats.isFile())) return { kind: 'none', reason: 'a link to nothing' };
      if (!stats.isSymbolicLink()) {
        done = next;
        continue;
      }
      hops += 1;
      if (hops > mostHops) return { kind: 'none', reason: 'a link to itself' };
      const goal = files.readLink(next);
      parts = [...stepsOf(goal), ...parts];
      if (!goal.startsWith('/')) continue;
      const output = this.#outputs.find(({ path }) => isWithin(goal, path));
      if (output === undefined) return outside;
      done = output.source;
      parts = parts.slice(stepsOf(output.path).length);
    }
    return { kind: files.look(done)!.isDirectory() ? 'folder' : 'file', path: done };
  }
}

const outside: Target = { kind: 'none', reason: 'a link to something outside the outputs' };

const isWithin = (path: string, folder: string) => `${path}/`.startsWith(`${folder}/`);

function stepsOf(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** A second name for the same bytes where the file system can, else a copy. */
function shareFile(from: string, to: string): void {
  try {
    files.link(from, to);
  } catch (thrown) {
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK', 'EXDEV'].includes(systemCode(thrown) ?? '')) throw thrown;
    files.copy(from, to, constants.COPYFILE_EXCL);
  }
}
