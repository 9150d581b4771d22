import { PassingBuffers } from '../../../system/disk/passing-buffers.ts';

/** Bytes of one slab. */
export const slabBytes = 512 * 1024;
/** Slabs that are kept for the next file. */
const kept = 8;

/** Memory that files on their way in use in turn. */
export class Slabs {
  readonly #free: Buffer[] = [];
  readonly #sources = new PassingBuffers();

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
  }

  give(slab: Buffer): void {
    if (this.#free.length < kept) this.#free.push(slab);
    // What it was filled from.
    this.#sources.passed(slab.length);
  }
}
