/** What the last attempt ended with: it did not reach the platform, or the platform refused. */
export type Failure =
  | { readonly kind: 'unreachable'; /** In a row, from 1 on. */ readonly times: number; readonly firstMs: number }
  | { readonly kind: 'refused'; /** From 1 on. */ readonly tries: number; readonly maxRetries: number };

/** What a study waits at most for a platform that is back, in ms. An attempt that does not reach it costs next to nothing. */
const longestUnreachableMs = 15_000;

/** How long to wait after a failure, in ms: twice as long each time. `longestMs` is what the last retry of what was refused waits. */
export function delayAfter(failure: Failure, longestMs: number): number {
  if (failure.kind === 'unreachable') return Math.min(longestMs, longestUnreachableMs, failure.firstMs * 2 ** Math.min(failure.times - 1, 30));
  return longestMs / 2 ** Math.max(0, failure.maxRetries - failure.tries);
}
