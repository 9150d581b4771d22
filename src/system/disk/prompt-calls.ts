/** Longest that a call may hold up everybody else before threads take over, in ms. On a machine whose processors are all busy, a call that waits for nothing may take dozens; a C-ECHO may take 250. */
const usualSlowMs = 150;
/** How long threads have them then, in ms: twice as long each time, where the next slow call is not long in coming. */
const [firstPauseMs, longestPauseMs] = [1000, 10_000];

/**
 * Makes calls to the file system that only reach the memory of the system: to create a file, to write some kilobytes, to
 * close, to rename. They take microseconds, less than to hand them to a thread and back. Where one took longer, for a disk
 * that stalls or is behind, threads make them for a while, so that the others do not wait for the disk.
 */
export class PromptCalls {
  readonly #slowMs: number;
  readonly #clock: () => number;
  #cautiousUntil = 0;
  #pauseMs = 0;

  /**
   * @param slowMs a call that takes longer is slow
   * @param clock milliseconds on a clock that never jumps
   */
  constructor({ slowMs = usualSlowMs, clock = () => performance.now() }: { readonly slowMs?: number; readonly clock?: () => number } = {}) {
    this.#slowMs = slowMs;
    this.#clock = clock;
  }

  /** Whether threads make the calls for now. */
  get isCautious(): boolean {
    return this.#clock() < this.#cautiousUntil;
  }

  /** `now` and `inThread` do the same. */
  async call<Result>(now: () => Result, inThread: () => Promise<Result>): Promise<Result> {
    const started = this.#clock();
    if (started < this.#cautiousUntil) return inThread();
    try {
      return now();
    } finally {
      const ended = this.#clock();
      if (ended - started > this.#slowMs) this.#wasSlow(started, ended);
    }
  }

  #wasSlow(started: number, ended: number): void {
    const isAgain = started < this.#cautiousUntil + this.#pauseMs;
    this.#pauseMs = isAgain ? Math.min(longestPauseMs, this.#pauseMs * 2) : firstPauseMs;
    this.#cautiousUntil = ended + this.#pauseMs;
  }
}
