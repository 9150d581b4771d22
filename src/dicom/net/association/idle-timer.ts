/** Fewer bytes than this, and no whole PDU, are no sign of life: a trickle does not keep an association. */
const progressBytes = 1024;

/** Notices a peer that has been silent for too long. */
export class IdleTimer {
  readonly #ms: number;
  readonly #isBusy: () => boolean;
  readonly #expired: () => void;
  #timer: NodeJS.Timeout | undefined;
  #progress = 0;

  /** `isBusy`: the peer waits for us, its silence does not count. With 0 ms it never expires. */
  constructor(ms: number, isBusy: () => boolean, expired: () => void) {
    this.#ms = ms;
    this.#isBusy = isBusy;
    this.#expired = expired;
  }

  start(): void {
    if (this.#ms === 0) return;
    this.#timer = setTimeout(() => {
      if (this.#isBusy()) this.#timer?.refresh();
      else this.#expired();
    }, this.#ms);
  }

  /** Bytes have come; `isWhole`: they end with a whole PDU. */
  received(bytes: number, isWhole: boolean): void {
    this.#progress += bytes;
    if (this.#progress < progressBytes && !isWhole) return;
    this.#progress = 0;
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
