import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes that pass between two sweeps. */
const sweepEvery = 16 * 1024 * 1024;

/**
 * Frees the buffers of a stream, nearly all of which die young, after every so many bytes, in about a millisecond. They lie
 * outside of V8's heap, where it first looks when 64 MiB more of them have come together; on a busy machine, later.
 */
export class PassingBuffers {
  #bytes = 0;
  #sweep: (() => void) | undefined;

  /** So many bytes more have passed by. */
  passed(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < sweepEvery) return;
    this.#bytes = 0;
    this.#sweep ??= youngCollector();
    this.#sweep();
  }
}

/**
 * What `--expose-gc` gives, without the flag for the process. The space for what is young does not grow any more: it would
 * by tens of MiB, because what is on its way when it is swept survives, and that is in these buffers, not in the space.
 */
function youngCollector(): () => void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (options: { readonly type: 'minor' }) => void;
  setFlagsFromString('--no-expose-gc');
  return () => collect({ type: 'minor' });
}
