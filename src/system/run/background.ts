import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, openSync, readSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { type Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { lockState, type LockHolder } from '../lock.ts';
import { rotateLog } from '../log-files/bounded-log.ts';
import { isRunning } from '../process-identity.ts';

export interface BackgroundProgram {
  /** The JavaScript file to run with this Node.js. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Takes the program's output; appended to, see `rotateLog`. */
  readonly logFile: string;
  /** Milliseconds until a program that says nothing is given up. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** How a start went. `output` is what the program printed. Unless it is ready, it has ended when this is returned. */
export type StartResult =
  | { readonly kind: 'ready'; readonly pid: number; readonly message: string }
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null; readonly output: string }
  | { readonly kind: 'silent'; readonly output: string };

/**
 * Starts a Node.js program that outlives us: a session of its own, output to its log file. It is ready when it has written
 * one line to the file descriptor named by CLARA_READY_FD; that is raced against its early end and a deadline.
 * An abort stops what was started and throws.
 */
export async function startInBackground(what: BackgroundProgram): Promise<StartResult> {
  const { child, logStart } = spawnDetached(what);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()));
  const pipe = child.stdio[3] as Readable;
  try {
    const outcome = await firstOutcome(child, pipe, what);
    if (outcome.kind === 'ready') return outcome;
    if (outcome.kind !== 'exited') await endChild(child, ended);
    if (outcome.kind === 'aborted') throw new ClaraError('interrupted', 'interrupted; what was being started is stopped');
    return { ...outcome, output: readFrom(what.logFile, logStart) };
  } finally {
    pipe.destroy();
    child.unref();
  }
}

function spawnDetached(what: BackgroundProgram): { child: ChildProcess; logStart: number } {
  try {
    mkdirSync(dirname(what.logFile), { recursive: true });
    rotateLog(what.logFile);
    const log = openSync(what.logFile, 'a', 0o600);
    try {
      const logStart = fstatSync(log).size;
      const child = spawn(process.execPath, [what.program, ...what.args], {
        cwd: what.cwd, env: { ...what.env, CLARA_READY_FD: '3' }, detached: true, stdio: ['ignore', log, log, 'pipe'],
      });
      return { child, logStart };
    } finally {
      closeSync(log);
    }
  } catch (thrown) {
    throw new ClaraError('failed', `cannot write the log file ${what.logFile} (${messageOf(thrown)})`, {
      cause: thrown,
      hint: 'make its folder writable, or choose another folder with CLARA_HOME',
    });
  }
}

type Outcome =
  | { readonly kind: 'ready'; readonly pid: number; readonly message: string }
  | { readonly kind: 'exited'; readonly exitCode: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: 'silent' }
  | { readonly kind: 'aborted' };

function firstOutcome(child: ChildProcess, pipe: Readable, what: BackgroundProgram): Promise<Outcome> {
  const { signal } = what;
  return new Promise<Outcome>((resolve, reject) => {
    const timer = setTimeout(() => settle({ kind: 'silent' }), what.deadlineMs);
    const onAbort = () => settle({ kind: 'aborted' });
    const settle = (outcome: Outcome) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      resolve(outcome);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted === true) onAbort();
    let said = '';
    pipe.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const end = said.indexOf('\n');
      if (end >= 0) settle({ kind: 'ready', pid: child.pid!, message: said.slice(0, end) });
    });
    pipe.once('error', () => undefined);
    child.once('exit', (exitCode, exitSignal) => settle({ kind: 'exited', exitCode, signal: exitSignal }));
    child.once('error', (error) => {
      clearTimeout(timer);
      reject(new ClaraError('failed', `cannot start ${what.program} (${error.message})`, { cause: error }));
    });
  });
}

/** Ends a child that we started and still own; nothing can have taken its number before its exit is collected. */
async function endChild(child: ChildProcess, ended: Promise<void>): Promise<void> {
  child.kill('SIGTERM');
  const kill = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(kill);
}

/** At most 64 KiB of a file from a position on. */
function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r');
  try {
    const buffer = Buffer.alloc(64 * 1024);
    return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, start));
  } finally {
    closeSync(file);
  }
}

export interface StopOptions {
  /** SIGTERM, or what else the program takes as a request to end. */
  readonly signal: NodeJS.Signals;
  /** Milliseconds until SIGKILL. */
  readonly patienceMs: number;
}

/**
 * Ends the program that holds a lock and returns when the lock is no longer its own and the program is gone. Alive is who holds the lock; the
 * number in the holder's note is signalled only where it still belongs to the process that wrote it, so that neither a
 * reboot nor a recycled number can hit a stranger.
 */
export async function stopHolder(lockPath: string, options: StopOptions): Promise<'not-running' | 'stopped' | 'killed'> {
  const holder = await knownHolder(lockPath);
  if (holder === undefined) return 'not-running';
  if (holder.host !== hostname()) {
    throw new ClaraError('failed', `it runs on another machine: process ${holder.pid} on ${holder.host}`, { hint: `stop it on ${holder.host}` });
  }
  send(holder, options.signal);
  if (await gone(lockPath, holder, options.patienceMs)) return 'stopped';
  send(holder, 'SIGKILL');
  if (await gone(lockPath, holder, 5000)) return 'killed';
  throw new ClaraError('failed', `process ${holder.pid} does not end, not even with SIGKILL`);
}

const pollMs = 20;

/** The holder of a lock; waits out the moment between taking the lock and naming the holder. */
async function knownHolder(lockPath: string): Promise<LockHolder | undefined> {
  for (const end = Date.now() + 2000; ;) {
    const state = lockState(lockPath);
    if (state.kind === 'free') return undefined;
    if (state.holder !== undefined) return state.holder;
    if (Date.now() > end) {
      throw new ClaraError('failed', `a process holds ${lockPath}, but does not say which`, { hint: `find it with \`fuser ${lockPath}\`` });
    }
    await sleep(pollMs);
  }
}

function send(holder: LockHolder, signal: NodeJS.Signals): void {
  if (!isRunning(holder.pid, holder.identity)) return;
  try {
    process.kill(holder.pid, signal);
  } catch (thrown) {
    if (systemCode(thrown) === 'ESRCH') return;
    throw new ClaraError('failed', `process ${holder.pid} cannot be stopped (${messageOf(thrown)})`, {
      cause: thrown,
      hint: 'it was started by another user; stop it as that user',
    });
  }
}

async function gone(lockPath: string, holder: LockHolder, withinMs: number): Promise<boolean> {
  for (const end = Date.now() + withinMs; ;) {
    const state = lockState(lockPath);
    // Somebody else's by now is also no longer the holder's.
    const free = state.kind === 'free' || (state.holder !== undefined && !sameProcess(state.holder, holder));
    // What it does after its last use of the home, keeping its compiled code for one, is part of its end.
    if (free && !isRunning(holder.pid, holder.identity)) return true;
    if (Date.now() > end) return false;
    await sleep(pollMs);
  }
}

function sameProcess(one: LockHolder, other: LockHolder): boolean {
  return one.pid === other.pid && one.identity === other.identity;
}
