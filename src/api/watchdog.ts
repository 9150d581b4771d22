/** Cancels a stream that is aborted, or whose peer has been silent for too long. */
export class Watchdog {
  expired = false;
  #held = false;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #cancel: () => void;

  /** @param idleMs the longest silence, in milliseconds; 0 means any */
  constructor(idleMs: number, signal: AbortSignal | undefined, cancel: () => void) {
    this.#cancel = cancel;
    this.#signal = signal;
    signal?.addEventListener('abort', cancel, { once: true });
    if (idleMs > 0) this.#timer = setTimeout(() => this.#bark(), idleMs);
  }

  /** The peer did something. */
  touch(): void {
    this.#timer?.refresh();
  }

  /** From now on the peer is waited for, with the whole time before it. */
  watch(): void {
    this.#held = false;
    this.#timer?.refresh();
  }

  /** From now on we keep the peer waiting (a slow disk, a reader who pages): its silence means nothing. */
  hold(): void {
    this.#held = true;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#cancel);
  }

  #bark(): void {
    if (this.#held) return;
    this.expired = true;
    this.#cancel();
  }
}
