import { youngCollector } from './collect-young.ts';

/** Bytes of one slab. */
export const slabBytes = 512 * 1024;
/** Slabs that are kept for the next file. */
const kept = 8;
/** Slabs that are filled, 16 MiB, between two sweeps of the buffers that they were filled from. */
const sweepEvery = 32;

/** Memory that files on their way in use in turn. */
export class Slabs {
  readonly #free: Buffer[] = [];
  #given = 0;
  #sweep: (() => void) | undefined;

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(slabBytes);
  }

  give(slab: Buffer): void {
    if (this.#free.length < kept) this.#free.push(slab);
    this.#given += 1;
    if (this.#given % sweepEvery !== 0) return;
    this.#sweep ??= youngCollector();
    this.#sweep();
  }
}
