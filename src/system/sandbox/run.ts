import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemCode } from '../../core/errors.ts';
import { openUnlinked } from '../supervise/open-unlinked.ts';
import { processIdentity } from '../process-identity.ts';
import { commandLine, hasChildren, isHeldOpen, parentOf, signalProcesses } from '../supervise/process-tree.ts';
import { watchEveryMs, type FoundRun, type Supervised, type SupervisedEnd } from '../supervise/supervised.ts';
import { nulSeparated } from './bwrap.ts';

/**
 * Runs commands in bubblewrap, which then is what watches over them: it outlives us, and writes the first process of the
 * sandbox and the command's exit status to the file `status` of the run folder. That file is made exclusively before
 * anything is started: without it the run never began, and with it somebody has it open or it is decided.
 */
export interface SandboxedCommand {
  /** An existing folder for this run alone. */
  readonly folder: string;
  /** What becomes /tmp. */
  readonly scratch: string;
  /** The path of bubblewrap. */
  readonly bwrap: string;
  /** Its options; in no process list and in no file that stays. */
  readonly options: readonly string[];
  readonly command: readonly string[];
}

/** Between bubblewrap and the command there is the first process of the namespace. */
export const sandboxWrappers = 1;

/**
 * Starts a command in a sandbox and in a session of its own. Throws where the folder cannot be written.
 * @param detached once it has fired, the end of the run is no longer of interest here and is not told
 */
export function startSandboxed({ folder, scratch, bwrap, options, command }: SandboxedCommand, detached: AbortSignal): Supervised {
  const open: number[] = [];
  try {
    const log = openSync(join(folder, 'log'), 'a', 0o644);
    open.push(log);
    const settings = openUnlinked(folder, nulSeparated(options));
    open.push(settings);
    const status = openSync(join(folder, 'status'), 'wx', 0o600);
    open.push(status);
    const child = spawn(bwrap, ['--bind', scratch, '/tmp', '--args', '3', '--json-status-fd', '4', '--', ...command], {
      argv0: nameFor(folder), cwd: folder, env: {}, detached: true, stdio: ['ignore', log, log, settings, status],
    });
    child.unref();
    const ended = new Promise<SupervisedEnd>((resolve) => {
      child.once('error', (error) => resolve({ kind: 'lost', reason: `it could not be started (${messageOf(error)})` }));
      child.once('exit', (code, signal) => {
        if (detached.aborted) return;
        resolve(code === null ? afterLoss(folder, `its sandbox was stopped from outside (${signal})`) : exited(folder, code));
      });
    });
    return { ended, pid: child.pid };
  } finally {
    open.forEach(closeSync);
  }
}

/** The scratch folder of a sandbox, from the command line of its bubblewrap. */
export function scratchIn(command: readonly string[]): string | undefined {
  return command[2];
}

/** Whether a run was started, or about to be, by `startSandboxed`. */
export function wasSandboxed(folder: string): boolean {
  return existsSync(join(folder, 'status'));
}

/** Finds out what became of a run. Only for runs that this process did not start. */
export async function findSandboxed(folder: string): Promise<FoundRun> {
  for (let attempt = 0; ; attempt += 1) {
    const status = readStatus(folder);
    if (status === undefined) return { kind: 'never-started' };
    if (status.exitCode !== undefined) return exited(folder, status.exitCode);
    if (status.first !== undefined) {
      const watcher = watcherOf(status.first, folder);
      return watcher === undefined ? afterLoss(folder, 'its sandbox is gone and left no exit status') : { kind: 'running', pid: watcher, command: commandLine(watcher) };
    }
    // Nobody who has the file open can begin any more; whoever has it is about to write to it.
    if (!isHeldOpen(join(folder, 'status')) && readStatus(folder)?.first === undefined) return { kind: 'never-started' };
    if (attempt > 100) return { kind: 'lost', reason: 'its sandbox does not get ready' };
    await sleep(20);
  }
}

/** Waits for the end of a run that another process started; once `detached` has fired it is not told. */
export async function watchSandboxed(folder: string, pid: number, detached: AbortSignal): Promise<SupervisedEnd> {
  for (;;) {
    const code = readStatus(folder)?.exitCode;
    if (code !== undefined) return exited(folder, code);
    if (!isOf(pid, folder)) return afterLoss(folder, 'its sandbox was stopped from outside');
    await sleep(watchEveryMs);
    if (detached.aborted) return new Promise(() => undefined);
  }
}

/**
 * The command has ended and its status is known. What it started and left behind is ended before this is told, so that
 * nothing writes to its outputs any more.
 */
async function exited(folder: string, code: number): Promise<SupervisedEnd> {
  await endRemains(folder);
  return { kind: 'exited', code };
}

/** The watcher is gone: nothing of the sandbox may go on without it. It may have left the status just before. */
async function afterLoss(folder: string, reason: string): Promise<SupervisedEnd> {
  await endRemains(folder);
  const code = readStatus(folder)?.exitCode;
  return code === undefined ? { kind: 'lost', reason } : { kind: 'exited', code };
}

/** Every process of a sandbox descends from its first, and dies with it. */
async function endRemains(folder: string): Promise<void> {
  const first = readStatus(folder)?.first;
  if (first === undefined || !hasChildren(first)) return;
  for (let waits = 0; isOf(first, folder) || (waits > 0 && processIdentity(first) !== undefined); waits += 1) {
    if (waits % 100 === 0) signalProcesses([first], 'SIGKILL');
    await sleep(1);
  }
}

interface Status {
  /** The first process of the sandbox, as a number of the host. */
  readonly first: number | undefined;
  readonly exitCode: number | undefined;
}

/** What bubblewrap has written so far: JSON documents, a line each; undefined where there is no file. */
function readStatus(folder: string): Status | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, 'status'), 'utf8');
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  const figure = (name: string) => {
    const found = new RegExp(`"${name}": *(\\d+)`).exec(complete)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  return { first: figure('child-pid'), exitCode: figure('exit-code') };
}

/** The bubblewrap that waits for the sandbox whose first process this is; undefined where either is gone. */
function watcherOf(first: number, folder: string): number | undefined {
  const parent = isOf(first, folder) ? parentOf(first) : undefined;
  return parent !== undefined && isOf(parent, folder) ? parent : undefined;
}

/** Whether a process is bubblewrap at work on this folder: its number may be another's by now. */
function isOf(pid: number, folder: string): boolean {
  return commandLine(pid)[0] === nameFor(folder);
}

/** The name under which bubblewrap runs tells whose sandbox it is. */
const nameFor = (folder: string) => `clara-operator:${folder}`;
