import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { systemCode } from '../../core/errors.ts';

/**
 * The processes below one, by distance: the first list holds its children, the next their children, and so on.
 * A snapshot: processes come and go while it is taken.
 */
export function processesBelow(pid: number): number[][] {
  const children = new Map<number, number[]>();
  for (const [child, parent] of process.platform === 'linux' ? linuxParents() : psParents()) {
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [child]);
    else siblings.push(child);
  }
  const levels: number[][] = [];
  for (let level = children.get(pid) ?? []; level.length > 0; level = level.flatMap((parent) => children.get(parent) ?? [])) levels.push(level);
  return levels;
}

/** The processes of a session, by the number of its first process, which may be gone. */
export function processesOfSession(session: number): number[] {
  if (process.platform !== 'linux') {
    const lines = psOutput(['-A', '-o', 'pid=,sess=']).split('\n').map((line) => line.trim().split(/\s+/).map(Number));
    return lines.filter(([, of]) => of === session).map(([pid]) => pid!);
  }
  return [...linuxProcesses()].filter(([, stat]) => statField(stat, 6) === session).map(([pid]) => pid);
}

/** The arguments of a running process; empty where none runs under that number, or it has ended and waits to be reaped. */
export function commandLine(pid: number): readonly string[] {
  if (process.platform !== 'linux') return psOutput(['-o', 'command=', '-p', String(pid)]).trim().split(' ');
  return readProc(`/proc/${pid}/cmdline`)?.split('\0').slice(0, -1) ?? [];
}

/** Sends a signal to those that still run. */
export function signalProcesses(pids: Iterable<number>, signal: 'SIGTERM' | 'SIGKILL'): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch (thrown) {
      // It ended by itself meanwhile, or (setuid programs) is not ours to stop; its namespace is.
      if (!['ESRCH', 'EPERM'].includes(systemCode(thrown) ?? '')) throw thrown;
    }
  }
}

function* linuxParents(): Generator<readonly [number, number]> {
  for (const [pid, stat] of linuxProcesses()) yield [pid, statField(stat, 4)];
}

/** Every process with its line of state. */
function* linuxProcesses(): Generator<readonly [number, string]> {
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    const stat = Number.isInteger(pid) ? readProc(`/proc/${pid}/stat`) : undefined;
    if (stat !== undefined) yield [pid, stat];
  }
}

/** Fields count from 1; the second is the program's name in parentheses, which may hold anything (proc(5)). */
function statField(stat: string, field: number): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[field - 3]);
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (thrown) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(systemCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

function* psParents(): Generator<readonly [number, number]> {
  for (const line of psOutput(['-A', '-o', 'pid=,ppid=']).split('\n')) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid !== undefined && parent !== undefined) yield [pid, parent];
  }
}

function psOutput(args: readonly string[]): string {
  return spawnSync('ps', args, { encoding: 'utf8', env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } }).stdout ?? '';
}

/**
 * Sends SIGTERM to a command and its descendants, not to the `wrappers` processes between its supervisor and itself, which
 * have to stay to tell the exit status. Returns how many processes got it: none while the command is only being set up.
 */
export function terminateBelow(pid: number, wrappers: number): number {
  const targets = processesBelow(pid).slice(wrappers).flat();
  signalProcesses(targets, 'SIGTERM');
  return targets.length;
}

/**
 * Kills a command and all it started. With wrappers, the innermost is the first process of a namespace: the kernel kills
 * everything in it along with it.
 */
export function killBelow(pid: number, wrappers: number): void {
  const levels = processesBelow(pid);
  const targets = wrappers === 0 ? levels.flat() : (levels[wrappers - 1] ?? levels.at(-1) ?? []);
  signalProcesses(targets.length === 0 ? [pid] : targets, 'SIGKILL');
}

/** The process that started this one, or took it over; undefined where none runs under that number. */
export function parentOf(pid: number): number | undefined {
  if (process.platform !== 'linux') return Number(psOutput(['-o', 'ppid=', '-p', String(pid)]).trim()) || undefined;
  const stat = readProc(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : statField(stat, 4);
}

/** False where a process is known to have no children, or not to be there. */
export function hasChildren(pid: number): boolean {
  if (process.platform !== 'linux') return processesBelow(pid).length > 0;
  const children = readProc(`/proc/${pid}/task/${pid}/children`);
  // Kernels without that file (CONFIG_PROC_CHILDREN) do not know it.
  return children === undefined ? parentOf(pid) !== undefined : children !== '';
}

/** Whether any process has this file open, as far as we may look. */
export function isHeldOpen(file: string): boolean {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid).some((pid) => {
    try {
      return readdirSync(`/proc/${pid}/fd`).some((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`) === file);
    } catch (thrown) {
      if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes(systemCode(thrown) ?? '')) return false;
      throw thrown;
    }
  });
}
