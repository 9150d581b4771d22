import { readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { systemCode } from '../core/errors.ts';

/**
 * What tells one process from a later one that was given the same number: when it began, as the kernel counts it
 * (Linux: clock ticks after boot, with the boot's id; elsewhere what `ps` prints). Undefined where no such process runs.
 */
export function processIdentity(pid: number): string | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return process.platform === 'linux' ? linuxIdentity(pid) : psIdentity(pid);
}

/** Whether the very process that was recorded still runs; a number that was given to another process does not count. */
export function isRunning(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

function linuxIdentity(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold anything; the rest is plain (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [state, startTicks] = [fields[0], fields[19]];
    return state === 'Z' || state === 'X' ? undefined : `${boot}:${startTicks}`;
  } catch (thrown) {
    if (['ENOENT', 'ESRCH'].includes(systemCode(thrown) ?? '')) return undefined;
    throw thrown;
  }
}

function psIdentity(pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } });
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined;
}
