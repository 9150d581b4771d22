import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, systemCode } from '../../core/errors.ts';
import { openUnlinked } from './open-unlinked.ts';
import { commandLine, processesOfSession, signalProcesses } from './process-tree.ts';
import { watchEveryMs, type FoundRun, type Supervised, type SupervisedEnd } from './supervised.ts';

/**
 * A small shell that runs one command for us and outlives us. In its run folder it claims the run (`pid`, created
 * exclusively: a run happens once), lets the command write to `log`, and leaves its exit status in `exit`.
 * The folder is given as an argument too, so that a process can be recognised as the supervisor of that folder.
 */
const script = `
umask 022
{ set -C; echo $$ >pid; } 2>/dev/null || exit ${75}
set +C
shift
"$@"
code=$?
echo $code >exit
exit $code
`;
/** The script's own status where another supervisor, or a recovering platform, has claimed the run. */
const refusedCode = 75;
const shell = '/bin/sh';
const name = 'clara-operator';
/** Instead of a supervisor's number: a recovering platform made sure that the run does not begin. */
const claimed = 'claimed\n';

export interface SupervisedCommand {
  /** An existing folder for this run alone. */
  readonly folder: string;
  /** Program (absolute) and arguments. */
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Text that the command can read from file descriptor 3; it is in no process list and in no file that stays. */
  readonly settings?: string;
}

/**
 * Starts a command under a supervisor in a session of its own. Throws where the folder cannot be written.
 * @param detached once it has fired, the end of the run is no longer of interest here and is not told
 */
export function startSupervised({ folder, command, environment, settings }: SupervisedCommand, detached: AbortSignal): Supervised {
  const log = openSync(join(folder, 'log'), 'a', 0o644);
  let input: number | undefined;
  try {
    if (settings !== undefined) input = openUnlinked(folder, settings);
    const child = spawn(shell, ['-c', script, name, folder, ...command], {
      cwd: folder, env: environment, detached: true, stdio: ['ignore', log, log, input ?? 'ignore'],
    });
    child.unref();
    const ended = new Promise<SupervisedEnd>((resolve) => {
      child.once('error', (error) => resolve({ kind: 'lost', reason: `it could not be started (${messageOf(error)})` }));
      child.once('exit', (code, signal) => {
        if (detached.aborted) return;
        if (code === null) resolve(lost(folder, child.pid!, `its supervisor was stopped from outside (${signal})`));
        else if (code === refusedCode && !existsSync(join(folder, 'exit'))) resolve(claimedByAnother(folder, detached));
        else resolve({ kind: 'exited', code });
      });
    });
    return { ended, pid: child.pid };
  } finally {
    closeSync(log);
    if (input !== undefined) closeSync(input);
  }
}

/** Our supervisor found the run claimed: whoever claimed it runs it. */
async function claimedByAnother(folder: string, detached: AbortSignal): Promise<SupervisedEnd> {
  const found = await findRun(folder);
  if (found.kind === 'running') return watchRun(folder, found.pid, detached);
  return found.kind === 'never-started' ? { kind: 'lost', reason: 'its supervisor could not claim the run' } : found;
}

/**
 * Finds out what became of a run. Where it never began, this claims it, so that a supervisor that is late gives up.
 * Only for runs that no supervisor of this process runs.
 */
export async function findRun(folder: string): Promise<FoundRun> {
  const pidFile = join(folder, 'pid');
  try {
    writeFileSync(pidFile, claimed, { flag: 'wx' });
    return { kind: 'never-started' };
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return { kind: 'never-started' };
    if (systemCode(thrown) !== 'EEXIST') throw thrown;
  }
  // Between its claim and the number in it lie microseconds.
  for (let attempt = 0; attempt < 20 && readFileSync(pidFile, 'utf8') === ''; attempt += 1) await sleep(10);
  const claim = readFileSync(pidFile, 'utf8');
  if (claim === claimed) return { kind: 'never-started' };
  const pid = Number(claim);
  const code = readExit(folder);
  if (code !== undefined) return { kind: 'exited', code };
  if (isSupervisor(pid, folder)) return { kind: 'running', pid, command: commandLine(pid) };
  return lost(folder, pid, 'its supervisor is gone and left no exit status');
}

/** The supervisor is gone: what it has started must not go on unwatched. It may have left the status just before. */
function lost(folder: string, pid: number, reason: string): SupervisedEnd {
  const code = readExit(folder);
  if (code !== undefined) return { kind: 'exited', code };
  // It was the first of its session; a later session of that number knows nothing of the folder.
  const remains = processesOfSession(pid).filter((process) => commandLine(process).some((argument) => argument.includes(folder)));
  signalProcesses(remains, 'SIGKILL');
  return { kind: 'lost', reason };
}

/** Waits for the end of a run that another process started; once `detached` has fired it is not told. */
export async function watchRun(folder: string, pid: number, detached: AbortSignal): Promise<SupervisedEnd> {
  for (;;) {
    const code = readExit(folder);
    if (code !== undefined) return { kind: 'exited', code };
    if (!isSupervisor(pid, folder)) return lost(folder, pid, 'its supervisor was stopped from outside');
    await sleep(watchEveryMs);
    if (detached.aborted) return new Promise(() => undefined);
  }
}

/** The status that a supervisor left; undefined where there is none, or not all of it yet. */
function readExit(folder: string): number | undefined {
  try {
    const text = readFileSync(join(folder, 'exit'), 'utf8');
    return text.endsWith('\n') ? Number(text) : undefined;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return undefined;
    throw thrown;
  }
}

function isSupervisor(pid: number, folder: string): boolean {
  const args = commandLine(pid);
  return args.includes(name) && args.includes(folder);
}
