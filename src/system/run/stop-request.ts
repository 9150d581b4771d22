/** For how long after the first signal another one says nothing new, in ms. */
const sameWishMs = 1000;

/** What a signal to stop means: tidy up and end; that somebody said so already; or that whoever sends it does not want to wait any longer. */
export type StopRequest = 'stop' | 'repeat' | 'at once';

/**
 * Reads a signal by when it came. `timeout` and npm send theirs to the process and to its group, so that it comes twice within
 * milliseconds; a person who presses Ctrl-C again because nothing happens takes longer.
 * @param first when the first signal came, undefined: this is it; `now` likewise in ms, of a clock that only goes forward.
 */
export function stopRequest(first: number | undefined, now: number): StopRequest {
  if (first === undefined) return 'stop';
  return now - first < sameWishMs ? 'repeat' : 'at once';
}
