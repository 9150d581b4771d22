import { appendFileSync, mkdirSync } from 'node:fs';
import { access, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NamedPath, type StageEnvironment } from '../../config/operator-environment.ts';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { whyNotRead, whyNotWritten } from './file-errors.ts';

/**
 * An operator as a stage of a workflow (clara-wf): all stages are containers of one Kubernetes Job and begin at once; each waits for the lock of
 * the one before it, and writes its own when it is done.
 */
export interface Stage {
  /** Where the operator reads and writes: the folders of what the chart names. */
  readonly inputs: readonly NamedPath[];
  readonly outputs: readonly NamedPath[];
  /** The files that the chart names, absolute; undefined where it names folders. The input need not exist. */
  readonly inputFile: string | undefined;
  readonly outputFile: string | undefined;
}

/** How often a lock is looked for, in ms: file systems between machines tell of no change. */
const pauseMs = 200;

/** What the chart names as folders and files: `input/recon.mhd` is the file recon.mhd in the folder input, `input` the folder. */
export function stageOf({ input, output }: StageEnvironment): Stage {
  const split = (path: string) => (/\.[A-Za-z0-9]+$/.test(basename(path)) ? { folder: dirname(path), file: path } : { folder: path, file: undefined });
  const [read, written] = [split(input), split(output)];
  return {
    inputs: [{ name: 'input', path: read.folder }], outputs: [{ name: 'output', path: written.folder }],
    inputFile: read.file, outputFile: written.file,
  };
}

/**
 * Returns when it is this stage's turn. A lock that an earlier run left of this stage is taken away first: whoever waits for it
 * must not begin. Fails where the lock is not there in time.
 */
export async function waitForTurn({ waitFor, lock, timeout }: StageEnvironment, say: (line: string) => void, signal: AbortSignal): Promise<void> {
  if (lock !== undefined) await rm(lock, { force: true });
  if (waitFor === undefined) return;
  const end = Date.now() + timeout * 1000;
  for (let waited = false; !(await exists(waitFor)); waited = true) {
    signal.throwIfAborted();
    if (Date.now() >= end) {
      throw new ClaraError('failed', `${waitFor} was not written within ${timeout} s`, { hint: 'the stage that writes it failed, or takes longer: `timeout` of this stage in values.yaml' });
    }
    if (!waited) say(`waiting for ${waitFor}`);
    await sleep(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** Tells the stages after this one that its output is complete. */
export async function writeLock({ lock }: StageEnvironment): Promise<void> {
  if (lock === undefined) return;
  const part = `${lock}.part`;
  try {
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(part, `${new Date().toISOString()}\n`);
    await rename(part, lock);
  } catch (thrown) {
    throw new ClaraError('failed', `the lock ${lock} cannot be written (${whyNotWritten(thrown)})`, { cause: thrown });
  }
}

/** A line into the stage's own log file. It is a copy of what the container prints, so that a disk without room is no failure. */
export function keepLine({ log }: Pick<StageEnvironment, 'log'>, line: string): void {
  if (log === undefined) return;
  try {
    mkdirSync(dirname(log), { recursive: true });
    appendFileSync(log, `${line}\n`);
  } catch (thrown) {
    if (systemCode(thrown) === undefined) throw thrown;
  }
}

/** The file, if the chart names one that is there. */
export async function namedFile(file: string | undefined): Promise<string | undefined> {
  return file !== undefined && (await isFile(file)) ? file : undefined;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT' || systemCode(thrown) === 'ENOTDIR') return false;
    throw thrown;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT' || systemCode(thrown) === 'ENOTDIR') return false;
    throw new ClaraError('failed', `the lock ${path} cannot be looked for (${whyNotRead(thrown)})`, { cause: thrown });
  }
}
