import { statfsSync } from 'node:fs';

/** The file system that holds a folder, as df counts it: what is kept for root is neither used nor free. */
export interface DiskUsage {
  readonly totalBytes: number;
  readonly usedBytes: number;
  /** What this user may still write. */
  readonly freeBytes: number;
}

/** Asks the file system of a folder, in bytes. */
export function diskUsage(folder: string): DiskUsage {
  const { blocks, bfree, bavail, bsize } = statfsSync(folder);
  return { totalBytes: blocks * bsize, usedBytes: (blocks - bfree) * bsize, freeBytes: bavail * bsize };
}

/** The share that is used, in percent, rounded up. */
export function usedPercent({ usedBytes, freeBytes }: DiskUsage): number {
  return Math.ceil((usedBytes / Math.max(1, usedBytes + freeBytes)) * 100);
}
