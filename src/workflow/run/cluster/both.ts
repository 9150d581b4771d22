import { ClaraError } from '../../../core/errors.ts';

/** A signal that fires with another one, or when it is told to. */
export function linkedSignal(signal: AbortSignal): { readonly signal: AbortSignal; readonly stop: () => void; readonly release: () => void } {
  const own = new AbortController();
  const pass = () => own.abort(signal.reason);
  if (signal.aborted) pass();
  signal.addEventListener('abort', pass, { once: true });
  return { signal: own.signal, stop: () => own.abort(new ClaraError('interrupted', 'no longer needed')), release: () => signal.removeEventListener('abort', pass) };
}

/** Does things at the same time; the first failure stops the others, and is thrown when they have ended. */
export async function together<T extends readonly unknown[]>(signal: AbortSignal, works: { readonly [K in keyof T]: (signal: AbortSignal) => Promise<T[K]> }): Promise<T> {
  const link = linkedSignal(signal);
  let first: { readonly thrown: unknown } | undefined;
  try {
    const results = await Promise.allSettled(works.map(async (work) => {
      try {
        return await work(link.signal);
      } catch (thrown) {
        first ??= { thrown };
        link.stop();
        throw thrown;
      }
    }));
    if (first !== undefined) throw first.thrown;
    return results.map((result) => (result as PromiseFulfilledResult<unknown>).value) as unknown as T;
  } finally {
    link.release();
  }
}

/** Does something while something else, which never succeeds, watches that it can be done. */
export async function guarded<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>, guard: (signal: AbortSignal) => Promise<never>): Promise<T> {
  const link = linkedSignal(signal);
  let result: { readonly value: T } | undefined;
  try {
    await together<[void, void]>(link.signal, [
      async (inner) => {
        result = { value: await work(inner) };
        link.stop();
      },
      async (inner) => {
        try {
          await guard(inner);
        } catch (thrown) {
          // Stopped because the work is done.
          if (result === undefined) throw thrown;
        }
      },
    ]);
    return result!.value;
  } finally {
    link.release();
  }
}
