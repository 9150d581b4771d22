import { diskUsage } from '../../system/disk/usage.ts';

/** Says whether there is room for more: free space above a reserve (dicom-adapter 11). Asked anew each time, so it recovers by itself. */
export class DiskGuard {
  readonly #folder: string;
  readonly #limits: { readonly watermarkPercent: number; readonly reserveBytes: number };

  constructor(folder: string, limits: { readonly watermarkPercent: number; readonly reserveBytes: number }) {
    this.#folder = folder;
    this.#limits = limits;
  }

  hasRoom(): boolean {
    const { totalBytes, freeBytes } = diskUsage(this.#folder);
    return freeBytes > Math.ceil(reserveOf(totalBytes, this.#limits));
  }

  /** For people: bytes that are free, how many of them are kept so, and whether anything is received. */
  describe(): { readonly totalBytes: number; readonly freeBytes: number; readonly reserveBytes: number; readonly receiving: boolean } {
    const { totalBytes, freeBytes } = diskUsage(this.#folder);
    const reserveBytes = Math.ceil(reserveOf(totalBytes, this.#limits));
    return { totalBytes, freeBytes, reserveBytes, receiving: freeBytes > reserveBytes };
  }
}

/** The larger of what the watermark leaves and the fixed reserve, in bytes. */
export function reserveOf(totalBytes: number, { watermarkPercent, reserveBytes }: { readonly watermarkPercent: number; readonly reserveBytes: number }): number {
  return Math.max(totalBytes * (1 - watermarkPercent / 100), reserveBytes);
}
