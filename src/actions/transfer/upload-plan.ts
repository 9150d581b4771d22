import { accessSync, statSync, type Stats } from 'node:fs';
import { access, constants, readdir, realpath, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { parsePayloadPath } from '../../core/payload-path.ts';
import { counted, someOf } from '../../core/phrases.ts';
import { PromptCalls } from '../../system/disk/prompt-calls.ts';
import { totalBytes } from './progress.ts';

/** A file to upload and the state in which it was found. */
export interface PlannedFile {
  /** Where it is on this machine. */
  readonly source: string;
  /** What the payload will call it: a relative path with `/`. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly mtimeMs: number;
}

/** Something that the user should know about what is uploaded, and that does not forbid it. */
export type PlanNote =
  | { readonly kind: 'empty-folder'; readonly path: string }
  /** A socket, pipe or device inside a folder: left out. */
  | { readonly kind: 'special-file'; readonly path: string }
  /** A link inside a folder that leads out of it: followed. */
  | { readonly kind: 'link-outside'; readonly path: string; readonly target: string }
  /** A link to a folder that contains it: left out, because all of it is uploaded anyway. */
  | { readonly kind: 'link-loop'; readonly path: string; readonly target: string };

export interface UploadPlan {
  /** Sorted by name (UTF-16 code units), so that equal folders give equal plans. */
  readonly files: readonly PlannedFile[];
  readonly bytes: number;
  readonly notes: readonly PlanNote[];
}

/** How many files are looked at together. */
const parallelLooks = 64;
/** A local disk answers in microseconds. Where the looks take longer than this together, in ms, they are worth a thread each. */
const slowLooksMs = 30;

/**
 * What an upload of these files and folders will do; changes nothing. A file keeps its bare name, a folder gives its
 * content under the names relative to it (platform-api 4.4). Links are followed. All problems are reported together.
 */
export async function planUpload(paths: readonly string[], signal?: AbortSignal): Promise<UploadPlan> {
  const walk = new Walk(signal);
  for (const path of paths) await walk.addArgument(path);
  const files = walk.files.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const problems = [...walk.problems.sort(), ...sameNames(files)];
  if (problems.length === 0 && files.length === 0) problems.push(`nothing to upload: ${someOf(paths)} holds no files`);
  if (problems.length === 1) throw new ClaraError('usage', problems[0]!);
  if (problems.length > 1) {
    throw new ClaraError('usage', `nothing was uploaded: ${problems.length} problems with the input`, { details: problems.map((line) => `  ${line}`) });
  }
  return { files, bytes: totalBytes(files), notes: walk.notes.sort((a, b) => (a.path < b.path ? -1 : 1)) };
}

/** The same plan with all names below a folder: `''`, `a` or `a/b`. */
export function inFolder(plan: UploadPlan, folder: string): UploadPlan {
  return folder === '' ? plan : { ...plan, files: plan.files.map((file) => ({ ...file, name: `${folder}/${file.name}` })) };
}

/** The notes in words, those of one kind together. */
export function describeNotes(notes: readonly PlanNote[]): string[] {
  const paths = (kind: PlanNote['kind']) => notes.filter((note) => note.kind === kind).map((note) => note.path);
  const lines: string[] = [];
  const say = (kind: PlanNote['kind'], noun: string, what: string) => {
    const found = paths(kind);
    if (found.length > 0) lines.push(`${counted(found.length, noun)} ${what}: ${someOf(found)}`);
  };
  say('empty-folder', 'empty folder', 'left out, a payload holds files only');
  say('special-file', 'special file', 'left out');
  say('link-outside', 'link', 'followed out of the folder');
  say('link-loop', 'link', 'left out, leading back to a folder that contains it');
  return lines;
}

function sameNames(files: readonly PlannedFile[]): string[] {
  return files.flatMap((file, index) => {
    const next = files[index + 1];
    return next?.name === file.name ? [`two files would be stored as ${visible(file.name)}: ${visible(file.source)} and ${visible(next.source)}`] : [];
  });
}

/** Where a walk is: `real` is the folder's true path, `above` those of all folders on the way to it, itself included. */
interface Place {
  readonly path: string;
  readonly prefix: string;
  readonly root: string;
  readonly above: readonly string[];
}

class Walk {
  readonly files: PlannedFile[] = [];
  readonly problems: string[] = [];
  readonly notes: PlanNote[] = [];
  readonly #signal: AbortSignal | undefined;
  readonly #calls = new PromptCalls({ slowMs: slowLooksMs });

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async addArgument(path: string): Promise<void> {
    const look = await lookInThread(path);
    if ('thrown' in look) {
      this.problems.push(problem(path, look.thrown));
    } else if (look.found.isDirectory()) {
      const real = await realpath(path);
      await this.#addFolder({ path, prefix: '', root: real, above: [real] });
    } else if (look.found.isFile()) {
      this.#addFile(path, basename(path), look.found);
    } else {
      this.problems.push(`neither a file nor a folder: ${visible(path)}`);
    }
  }

  #heed(): void {
    if (this.#signal?.aborted) throw new ClaraError('interrupted', 'interrupted');
  }

  async #addFolder(place: Place): Promise<void> {
    this.#heed();
    let entries;
    try {
      entries = await readdir(place.path, { withFileTypes: true });
    } catch (thrown) {
      this.problems.push(problem(place.path, thrown));
      return;
    }
    if (entries.length === 0) this.notes.push({ kind: 'empty-folder', path: place.path });
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    const folders: Place[] = [];
    for (let start = 0; start < entries.length; start += parallelLooks) {
      // A walk through quick answers must still hear Ctrl-C.
      await nextTurn();
      this.#heed();
      const group = entries.slice(start, start + parallelLooks).map((entry) => ({ entry, path: join(place.path, entry.name) }));
      const looks = await this.#calls.call(() => group.map(({ path }) => lookNow(path)), () => Promise.all(group.map(({ path }) => lookInThread(path))));
      for (const [index, { entry, path }] of group.entries()) {
        const [look, name] = [looks[index]!, place.prefix + entry.name];
        if ('thrown' in look) {
          this.problems.push(problem(path, look.thrown));
        } else if (look.found.isDirectory()) {
          const inside = entry.isSymbolicLink() ? await this.#followFolder(place, path) : { root: place.root, above: [...place.above, join(place.above.at(-1)!, entry.name)] };
          if (inside !== undefined) folders.push({ path, prefix: `${name}/`, ...inside });
        } else if (look.found.isFile()) {
          if (entry.isSymbolicLink()) await this.#noteOutside(place, path);
          this.#addFile(path, name, look.found);
        } else {
          this.notes.push({ kind: 'special-file', path });
        }
      }
    }
    folders.sort((a, b) => (a.prefix < b.prefix ? -1 : 1));
    for (const folder of folders) await this.#addFolder(folder);
  }

  async #followFolder(place: Place, path: string): Promise<Pick<Place, 'root' | 'above'> | undefined> {
    const target = await realpath(path);
    if (place.above.includes(target)) {
      this.notes.push({ kind: 'link-loop', path, target });
      return undefined;
    }
    const outside = await this.#noteOutside(place, path, target);
    // Below a link that leads out, links that stay below its target are not worth a note of their own.
    return { root: outside ? target : place.root, above: [...place.above, target] };
  }

  async #noteOutside(place: Place, path: string, known?: string): Promise<boolean> {
    const target = known ?? await realpath(path);
    const outside = target !== place.root && !target.startsWith(place.root.endsWith(sep) ? place.root : place.root + sep);
    if (outside) this.notes.push({ kind: 'link-outside', path, target });
    return outside;
  }

  #addFile(source: string, name: string, { size, mtimeMs }: Stats): void {
    const stored = parsePayloadPath(name);
    if (stored.kind === 'refused') this.problems.push(`no name for a payload: ${visible(source)} (${stored.reason})`);
    else this.files.push({ source, name, size, mtimeMs });
  }
}

/** What lies at a path, links followed; a file only where it may be read. */
type Look = { readonly found: Stats } | { readonly thrown: unknown };

function lookNow(path: string): Look {
  try {
    const found = statSync(path);
    if (found.isFile()) accessSync(path, constants.R_OK);
    return { found };
  } catch (thrown) {
    return { thrown };
  }
}

async function lookInThread(path: string): Promise<Look> {
  try {
    const found = await stat(path);
    if (found.isFile()) await access(path, constants.R_OK);
    return { found };
  } catch (thrown) {
    return { thrown };
  }
}

function problem(path: string, thrown: unknown): string {
  const shown = visible(path);
  switch (systemCode(thrown)) {
    case 'ENOENT':
      // Node.js reads bytes that are no UTF-8 as U+FFFD, and then finds no such file.
      return path.includes('\uFFFD') ? `the name is not valid UTF-8: ${shown}` : `no such file or folder, or a link to nothing: ${shown}`;
    case 'ENOTDIR':
      return `no such file or folder: ${shown}`;
    case 'EACCES':
    case 'EPERM':
      return `not readable: ${shown} (permission denied)`;
    case 'ELOOP':
      return `a link that leads in a circle: ${shown}`;
    default:
      return `not readable: ${shown} (${messageOf(thrown)})`;
  }
}
