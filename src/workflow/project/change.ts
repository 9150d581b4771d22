import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { isRunning, processIdentity } from '../../system/process-identity.ts';
import { removeTree } from '../../system/remove-tree.ts';

/** Where a change is prepared, below the project's root; while it is there, a change goes on or was interrupted. */
const workFolder = '.clara-wf';
/** A work folder without a note is that of a process that has just begun; after this, in ms, of one that was killed. */
const beginningMs = 5000;

/** What a change does. Paths are absolute. */
export interface Change {
  readonly root: string;
  readonly valuesFile: string;
  /** What values.yaml holds now, and what it is to hold. */
  readonly before: string;
  readonly after: string;
  /** A folder that appears or goes with it. */
  readonly folder?:
    | { readonly kind: 'add'; readonly path: string; readonly files: ReadonlyMap<string, string> }
    | { readonly kind: 'remove'; readonly path: string };
}

/** What the work folder says of its change, for whoever finds it after a crash. */
interface Note {
  readonly pid: number;
  readonly identity: string;
  readonly kind: 'values' | 'add' | 'remove';
  readonly folder?: string;
  readonly values: string;
  readonly afterHash: string;
}

/**
 * Makes a change whole or not at all: everything is prepared in a work folder and renamed into place. A crash between two renames is put right by `settle`, which every
 * later command calls. Fails with nothing changed where another process is at it, or values.yaml is no longer what was read.
 */
export async function applyChange(change: Change, signal: AbortSignal): Promise<void> {
  const work = join(change.root, workFolder);
  await settle(change.root);
  try {
    await mkdir(work);
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') throw busy(change.root);
    throw cannotChange(change.root, thrown);
  }
  try {
    await prepare(work, change);
    signal.throwIfAborted();
    await commit(work, change);
  } catch (thrown) {
    throw thrown instanceof ClaraError || systemCode(thrown) === undefined ? thrown : cannotChange(change.root, thrown);
  } finally {
    await removeTree(work);
  }
}

async function prepare(work: string, { valuesFile, before, after, folder }: Change): Promise<void> {
  const values = await realpath(valuesFile);
  if (await readFile(values, 'utf8') !== before) throw new ClaraError('failed', `${valuesFile} was changed meanwhile; nothing was done`, { hint: 'run the command again' });
  const note: Note = {
    pid: process.pid, identity: processIdentity(process.pid) ?? '', kind: folder?.kind ?? 'values',
    ...(folder === undefined ? {} : { folder: folder.path }), values, afterHash: hashOf(after),
  };
  await writeFileAtomically(join(work, 'note.json'), JSON.stringify(note));
  const { mode } = await stat(values);
  await writeFile(join(work, 'values.yaml'), after, { flush: true });
  await chmod(join(work, 'values.yaml'), mode & 0o7777);
  if (folder?.kind !== 'add') return;
  for (const [path, text] of folder.files) {
    await mkdir(dirname(join(work, 'folder', path)), { recursive: true });
    await writeFile(join(work, 'folder', path), text, { flush: true });
  }
}

async function commit(work: string, { valuesFile, before, folder }: Change): Promise<void> {
  const values = await realpath(valuesFile);
  const replaceValues = () => rename(join(work, 'values.yaml'), values);
  switch (folder?.kind) {
    case undefined: return replaceValues();
    case 'add':
      await rename(join(work, 'folder'), folder.path);
      try {
        return await replaceValues();
      } catch (thrown) {
        await removeTree(folder.path);
        throw thrown;
      }
    case 'remove':
      await replaceValues();
      try {
        return await rename(folder.path, join(work, 'folder'));
      } catch (thrown) {
        await writeFileAtomically(values, before, (await stat(values)).mode & 0o7777);
        throw thrown;
      }
  }
}

/** Ends what a process that was killed left half done: a folder without its values goes, a folder whose values are gone goes after them. */
export async function settle(root: string): Promise<void> {
  const work = join(root, workFolder);
  const note = await readNote(work);
  if (note === 'none' || note === 'beginning') return;
  if (note !== 'unknown') {
    if (isRunning(note.pid, note.identity)) return;
    const replaced = hashOf(await readFile(note.values, 'utf8')) === note.afterHash;
    const inPlace = note.kind === 'add' && !(await exists(join(work, 'folder')));
    if (note.folder !== undefined && ((inPlace && !replaced) || (note.kind === 'remove' && replaced))) await removeTree(note.folder);
  }
  await removeTree(work);
}

/** The same for commands that only read: where nothing may be written, nothing was half done by us. */
export async function settleIfPossible(root: string): Promise<void> {
  try {
    await settle(root);
  } catch (thrown) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(systemCode(thrown) ?? '')) throw thrown;
  }
}

async function readNote(work: string): Promise<Note | 'none' | 'beginning' | 'unknown'> {
  try {
    return JSON.parse(await readFile(join(work, 'note.json'), 'utf8')) as Note;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return 'unknown';
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
  }
  try {
    return Date.now() - (await stat(work)).mtimeMs < beginningMs ? 'beginning' : 'unknown';
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return 'none';
    throw thrown;
  }
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

function busy(root: string): ClaraError {
  return new ClaraError('failed', `another clara-wf is changing the project in ${root}`, { hint: 'run the command again when it is done' });
}

function cannotChange(root: string, thrown: unknown): ClaraError {
  return new ClaraError('failed', `the project in ${root} cannot be changed (${messageOf(thrown)})`, { cause: thrown, hint: 'nothing was changed; its files and folders must be writable' });
}
