import { byteSize } from '../../../core/phrases.ts';
import { diskUsage, usedPercent } from '../../../system/disk/usage.ts';

/** More would fill the disk above what `maxStorageUsagePercentage` allows. */
export class StorageLimitReached extends Error {}

/**
 * Refuses to store more where that would fill the disk above a share of it (Clara Administration,
 * `maxStorageUsagePercentage`). The disk is asked each time, so that there is room again as soon as there is.
 */
export class StorageLimit {
  readonly #folder: string;
  readonly #percent: number | undefined;

  /** @param percent 1 to 100; undefined sets no limit */
  constructor(folder: string, percent: number | undefined) {
    this.#folder = folder;
    this.#percent = percent;
  }

  /** Throws StorageLimitReached, with the figures, where this many bytes more would be too many. */
  require(bytes: number): void {
    if (this.#percent === undefined) return;
    const disk = diskUsage(this.#folder);
    const room = (this.#percent / 100) * (disk.usedBytes + disk.freeBytes) - disk.usedBytes;
    if (room > 0 && bytes <= room) return;
    const wanted = bytes > 0 && room > 0 ? `; there is room for ${byteSize(room)}, and it takes ${byteSize(bytes)}` : '';
    throw new StorageLimitReached(
      `the platform's disk is ${usedPercent(disk)} % full (${byteSize(disk.freeBytes)} free), and maxStorageUsagePercentage allows ${this.#percent} %${wanted}`,
    );
  }
}
