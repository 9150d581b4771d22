import { closeSync, fstatSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { openUnlinked } from '../supervise/open-unlinked.ts';
import { type Supervised, type SupervisedEnd } from '../supervise/supervised.ts';
import { bwrapOptions, nulSeparated, type BwrapOptions } from './bwrap.ts';
import { afterLoss, endRemains, exited } from './ends.ts';
import { canLaunch, launchDirectly, stoppedBy, type Launched, type Launchers } from './launcher.ts';
import { gateLine, nameFor, readStatus } from './status.ts';
import { type View } from './view.ts';

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
  /** What it is to make of the command's surroundings; in no process list and in no file that stays. */
  readonly surroundings: BwrapOptions;
  /** What the sandbox has in common with others; undefined where that cannot be used. */
  readonly view: View | undefined;
  readonly command: readonly string[];
}

/** Between bubblewrap and the command there is the first process of the namespace. */
export const sandboxWrappers = 1;

/** A command in a sandbox; `wrappers`: processes between the one that watches over it and itself. */
export interface Sandboxed extends Supervised {
  readonly wrappers: number;
}

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
export function startSandboxed(command: SandboxedCommand, launchers: Launchers, detached: AbortSignal): Sandboxed {
  let sandbox = launch(command, launchers, false);
  const attempts = async (): Promise<SupervisedEnd> => {
    for (let attempt = 1; ; attempt += 1) {
      const end = await endOf(sandbox.run, command.folder, detached);
      if (attempt === mostAttempts || !await wasNotSetUp(sandbox.run, command.folder)) return end;
      rmSync(join(command.folder, 'status'));
      truncateSync(join(command.folder, 'log'), sandbox.logBefore);
      sandbox = launch({ ...command, view: undefined }, await sandbox.run.opened ? launchers : undefined, false);
    }
  };
  return { ended: attempts(), get pid() { return sandbox.run.pid; }, get wrappers() { return sandboxWrappers + sandbox.run.wrappers; } };
}

/** Whether bubblewrap ended by itself before the command could begin; it tells the exit code of a command that did. */
async function wasNotSetUp(run: Launched, folder: string): Promise<boolean> {
  if (!await run.opened) return true;
  const end = await run.end;
  return end.kind === 'exited' && end.code === 1 && readStatus(folder)?.exitCode === undefined;
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
  begin(): Sandboxed;
  /** The command never begins. Resolves when nothing of the sandbox is left but its files. */
  discard(): Promise<void>;
}

/** Sets a sandbox up, so that its command begins within a millisecond when it is told to. Throws as `startSandboxed` does. */
export function prepareSandboxed(command: SandboxedCommand, launchers: Launchers, detached: AbortSignal): PreparedSandbox {
  const { folder } = command;
  const { run } = launch(command, launchers, true);
  const ended = endOf(run, folder, detached);
  return {
    ready: run.ready,
    hasEnded: () => run.hasEnded(),
    hasBegun: () => readStatus(folder)?.begun === true,
    begin: () => {
      run.say('go');
      return { ended, get pid() { return run.pid; }, wrappers: sandboxWrappers + run.wrappers };
    },
    discard: async () => {
      run.say('no');
      await run.end;
      await endRemains(folder);
    },
  };
}

/** How long the log was before it. */
interface LaunchedSandbox {
  readonly run: Launched;
  readonly logBefore: number;
}

function launch({ folder, scratch, bwrap, surroundings, view, command }: SandboxedCommand, launchers: Launchers | undefined, gated: boolean): LaunchedSandbox {
  const open: number[] = [];
  const keep = (descriptor: number) => {
    open.push(descriptor);
    return descriptor;
  };
  let run: Launched | undefined;
  try {
    const log = keep(openSync(join(folder, 'log'), 'a', 0o644));
    const logBefore = fstatSync(log).size;
    const inView = view !== undefined && launchers?.isBusy(view) === true ? view : undefined;
    const options = bwrapOptions(inView === undefined ? surroundings : { ...surroundings, steps: inView.own, closed: [] });
    const settings = keep(openUnlinked(folder, nulSeparated(options)));
    const status = keep(openSync(join(folder, 'status'), 'wx', 0o600));
    if (gated) writeSync(status, gateLine);
    const request = { scratch, name: nameFor(folder), command };
    if (launchers !== undefined && canLaunch(request)) run = launchers.launch(request, { log, settings, status }, gated, inView);
    else if (gated) throw new Error('a gate needs a launcher');
    else run = launchDirectly(bwrap, request, { log, settings, status });
    return { run, logBefore };
  } finally {
    const close = () => open.forEach(closeSync);
    if (run === undefined) close();
    else void run.opened.then(close);
  }
}

async function endOf({ end }: Launched, folder: string, detached: AbortSignal): Promise<SupervisedEnd> {
  const known = await end;
  if (detached.aborted) return new Promise(() => undefined);
  if (known.kind === 'gone') return afterLoss(folder, known.reason);
  // Bubblewrap notes how the command ended before it ends itself.
  if (known.code > 128 && readStatus(folder)?.exitCode === undefined) return afterLoss(folder, stoppedBy(known.code - 128));
  return exited(folder, known.code);
}
