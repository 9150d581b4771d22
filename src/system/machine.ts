import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

/** What this machine offers to this process: containers and control groups may leave it less than there is. */
export interface Machine {
  /** Logical cores, at least 1. */
  readonly cpus: number;
  readonly memoryMb: number;
}

export function readMachine(): Machine {
  return { cpus: cpus(), memoryMb: memoryMb() };
}

function cpus(): number {
  const quota = cgroupCpus();
  return Math.max(1, Math.min(availableParallelism(), quota === undefined ? Infinity : Math.floor(quota)));
}

/** Cores by the quota of the process's control group: version 2, then version 1; undefined without a quota. */
function cgroupCpus(): number | undefined {
  const [quota, period] = (readText('/sys/fs/cgroup/cpu.max') ?? '').split(' ').map(Number);
  if (quota !== undefined && period !== undefined && quota > 0 && period > 0) return quota / period;
  const [quota1, period1] = ['quota', 'period'].map((what) => Number(readText(`/sys/fs/cgroup/cpu/cpu.cfs_${what}_us`) ?? NaN));
  return quota1! > 0 && period1! > 0 ? quota1! / period1! : undefined;
}

function memoryMb(): number {
  const limit = process.constrainedMemory();
  const total = totalmem();
  return Math.floor((limit > 0 && limit < total ? limit : total) / 1024 / 1024);
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    // Not this version of control groups, or none: there is no limit to read.
    return undefined;
  }
}
