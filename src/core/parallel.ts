import { ClaraError } from './errors.ts';

/**
 * Does the work for each item, at most `limit` at a time, in order of the items. The first failure aborts the others
 * through their signal; it is thrown once all of them have ended, so that nothing goes on behind the caller's back.
 */
export async function inParallel<Item>(
  items: Iterable<Item>, limit: number, signal: AbortSignal | undefined, work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const forward = () => stop.abort();
  if (signal?.aborted) throw new ClaraError('interrupted', 'interrupted');
  signal?.addEventListener('abort', forward, { once: true });
  let failure: { readonly thrown: unknown } | undefined;
  let exhausted = false;
  const queue = items[Symbol.iterator]();
  const worker = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      const next = queue.next();
      if (next.done === true) {
        exhausted = true;
        return;
      }
      try {
        await work(next.value, stop.signal);
      } catch (thrown) {
        // What others report after an abort follows from the first failure.
        failure ??= { thrown };
        stop.abort();
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: limit }, worker));
  } finally {
    signal?.removeEventListener('abort', forward);
  }
  if (failure === undefined && exhausted) return;
  if (signal?.aborted) throw new ClaraError('interrupted', 'interrupted', failure === undefined ? {} : { cause: failure.thrown });
  if (failure !== undefined) throw failure.thrown;
}
