export interface DueWorkOptions {
  /** Pieces of work at a time. */
  readonly atOnce: number;
  /** What is not finished, first first. */
  readonly unfinished: () => readonly string[];
  /** Works on one; returns the ms until it is to be worked on again, where it is not finished. Never throws where the signal fires. */
  readonly work: (id: string, signal: AbortSignal) => Promise<number | undefined>;
  readonly onFailed: (id: string, thrown: unknown) => void;
}

/** After what should not fail, in ms. */
const againMs = 5000;

/** Works on what is unfinished, a few at a time, each when it is due. What there is to do is in the database; when, in memory only. */
export class DueWork {
  readonly #options: DueWorkOptions;
  readonly #stop = new AbortController();
  readonly #working = new Map<string, Promise<void>>();
  /** On the clock that never jumps. */
  readonly #dueAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DueWorkOptions) {
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** What is being worked on. */
  get running(): ReadonlySet<string> {
    return new Set(this.#working.keys());
  }

  /** In how many ms the others are due, where they wait. */
  dueInMs(): ReadonlyMap<string, number> {
    const now = performance.now();
    return new Map([...this.#dueAt].map(([id, due]) => [id, Math.max(0, Math.ceil(due - now))]));
  }

  /** One need not wait any longer. */
  hurry(id: string): void {
    this.#dueAt.delete(id);
    this.wake();
  }

  /** There may be something to do. */
  wake(): void {
    clearTimeout(this.#timer);
    if (this.#stop.signal.aborted) return;
    const now = performance.now();
    let next = Infinity;
    for (const id of this.#options.unfinished()) {
      if (this.#working.size >= this.#options.atOnce) return;
      if (this.#working.has(id)) continue;
      const due = this.#dueAt.get(id) ?? 0;
      if (due > now) next = Math.min(next, due);
      else this.#working.set(id, this.#begin(id));
    }
    if (next < Infinity) this.#timer = setTimeout(() => this.wake(), next - now + 1);
  }

  /** Cuts short what is being done; the next run goes on with it. */
  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#timer);
    await Promise.all(this.#working.values());
  }

  async #begin(id: string): Promise<void> {
    let pause: number | undefined;
    try {
      // Not before it is known that it is being worked on.
      await Promise.resolve();
      pause = await this.#options.work(id, this.#stop.signal);
    } catch (thrown) {
      this.#options.onFailed(id, thrown);
      pause = againMs;
    }
    if (pause === undefined) this.#dueAt.delete(id);
    else this.#dueAt.set(id, performance.now() + pause);
    this.#working.delete(id);
    this.wake();
  }
}
