import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { type Socket } from 'node:net';
import { join } from 'node:path';
import { messageOf } from '../../core/errors.ts';
import { openUnlinked } from '../supervise/open-unlinked.ts';
import { type Supervised, type SupervisedEnd } from '../supervise/supervised.ts';
import { nulSeparated } from './bwrap.ts';
import { afterLoss, endRemains, exited } from './ends.ts';
import { begunLine, gateLine, nameFor, readStatus } from './status.ts';

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
 * Stands before a command in a sandbox that is set up ahead of its time. One word on descriptor 5 opens it: then it notes
 * on descriptor 6 that the command has begun, and becomes the command. The end of the input, which is also ours, ends it.
 */
const gate = `
echo ready >&5 && read -r clara_gate <&5 && [ "$clara_gate" = go ] && echo '${begunLine.trimEnd()}' >&6 && exec "$@" 5<&- 6>&-
exit 75
`;
const shell = '/bin/sh';
/** Where shell and libraries are: in a sandbox that has something else there, no gate can stand. */
const gateFolders = ['/bin', '/sbin', '/usr', '/lib', '/lib32', '/lib64', '/libx32', '/etc', '/nix', '/gnu'];
/** Names that the shell, or the loader of programs, takes for its own. */
const gateVariables = /^(?!LD_|BASH|PS\d|IFS$|ENV$|OPT|PPID$|LINENO$|SHELLOPTS$|SHLVL$|PWD$|OLDPWD$|MALLOC_|GLIBC_|POSIXLY_CORRECT$|clara_gate$|_$)[A-Za-z_]\w*$/;

/** Whether a sandbox with these mounts and variables can be set up ahead, and its command not notice. */
export function canPrepare(paths: readonly string[], variables: readonly string[]): boolean {
  return variables.every((name) => gateVariables.test(name)) && !paths.some((path) => gateFolders.some((folder) => `${path}/`.startsWith(`${folder}/`)));
}

/**
 * How often a sandbox is set up before it is given up. Bubblewrap fails where something that is mounted on this machine is
 * unmounted in the moment in which it goes through the mounts, as with every container that ends.
 */
const mostAttempts = 4;

/**
 * Starts a command in a sandbox and in a session of its own. Throws where the folder cannot be written.
 * @param detached once it has fired, the end of the run is no longer of interest here and is not told
 */
export function startSandboxed(command: SandboxedCommand, detached: AbortSignal): Supervised {
  let child = launch(command, false);
  const attempts = async (): Promise<SupervisedEnd> => {
    for (let attempt = 1; ; attempt += 1) {
      const end = await endOf(child, command.folder, detached);
      if (attempt === mostAttempts || !wasNotSetUp(child, command.folder)) return end;
      rmSync(join(command.folder, 'status'));
      truncateSync(join(command.folder, 'log'), child.logBefore);
      child = launch(command, false);
    }
  };
  return { ended: attempts(), get pid() { return child.pid; } };
}

/** Whether bubblewrap ended by itself before the command could begin; it tells the exit code of a command that did. */
function wasNotSetUp(child: Launched, folder: string): boolean {
  return child.exitCode === 1 && readStatus(folder)?.exitCode === undefined;
}

/** A sandbox whose command has not begun. If we die before it is told to, it never does. */
export interface PreparedSandbox {
  /** Resolves when the sandbox is set up, or has ended instead. */
  readonly ready: Promise<void>;
  /** Whether it ended by itself: it could not be set up. */
  hasEnded(): boolean;
  /** Whether the command began. */
  hasBegun(): boolean;
  /** Lets the command begin; to be called once. */
  begin(): Supervised;
  /** The command never begins. Resolves when nothing of the sandbox is left but its files. */
  discard(): Promise<void>;
}

/** Sets a sandbox up, so that its command begins within a millisecond when it is told to. Throws as `startSandboxed` does. */
export function prepareSandboxed(command: SandboxedCommand, detached: AbortSignal): PreparedSandbox {
  const { folder } = command;
  const child = launch(command, true);
  const word = (child.stdio as readonly unknown[])[5] as Socket;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
  const ended = endOf(child, folder, detached);
  const ready = new Promise<void>((resolve) => {
    // It may close its end at any time; that it is gone is told by `exit`.
    word.once('data', () => resolve()).on('error', () => undefined);
    void gone.then(resolve);
  });
  word.unref();
  return {
    ready,
    hasEnded: () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null,
    hasBegun: () => readStatus(folder)?.begun === true,
    begin: () => {
      word.end('go\n');
      return { ended, pid: child.pid };
    },
    discard: async () => {
      word.destroy();
      if (child.pid !== undefined) await gone;
      await endRemains(folder);
    },
  };
}

/** A running bubblewrap, and how long the log was before it. */
type Launched = ChildProcess & { readonly logBefore: number };

function launch({ folder, scratch, bwrap, options, command }: SandboxedCommand, gated: boolean): Launched {
  const open: number[] = [];
  try {
    const log = openSync(join(folder, 'log'), 'a', 0o644);
    open.push(log);
    const logBefore = fstatSync(log).size;
    const settings = openUnlinked(folder, nulSeparated(options));
    open.push(settings);
    const status = openSync(join(folder, 'status'), 'wx', 0o600);
    open.push(status);
    if (gated) writeSync(status, gateLine);
    const whole = gated ? [shell, '-c', gate, 'clara-gate', ...command] : command;
    const child = spawn(bwrap, ['--bind', scratch, '/tmp', '--args', '3', '--json-status-fd', '4', '--', ...whole], {
      argv0: nameFor(folder), cwd: folder, env: {}, detached: true, stdio: ['ignore', log, log, settings, status, ...(gated ? ['pipe' as const, status] : [])],
    });
    child.unref();
    return Object.assign(child, { logBefore });
  } finally {
    open.forEach(closeSync);
  }
}

function endOf(child: ChildProcess, folder: string, detached: AbortSignal): Promise<SupervisedEnd> {
  return new Promise<SupervisedEnd>((resolve) => {
    child.once('error', (error) => resolve({ kind: 'lost', reason: `it could not be started (${messageOf(error)})` }));
    child.once('exit', (code, signal) => {
      if (detached.aborted) return;
      resolve(code === null ? afterLoss(folder, `its sandbox was stopped from outside (${signal})`) : exited(folder, code));
    });
  });
}
