import { readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { systemCode } from '../core/errors.ts';

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
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const stat = readProc(`/proc/${pid}/stat`);
    // After the program's name in parentheses, which may hold anything: state, parent (proc(5)).
    const parent = stat === undefined ? NaN : Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    if (!Number.isNaN(parent)) yield [pid, parent];
  }
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
