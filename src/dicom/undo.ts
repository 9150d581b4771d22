import { type Logger } from '../system/log.ts';

/** What was set up and has to be taken back, last first. */
export class Undo {
  /** Settled when everything has been taken back. */
  readonly done: Promise<void>;
  readonly #steps: (() => unknown)[] = [];
  readonly #log: Logger;
  #begun = false;
  #settle!: () => void;

  constructor(log: Logger) {
    this.#log = log;
    this.done = new Promise((resolve) => { this.#settle = resolve; });
  }

  push(step: () => unknown): void {
    this.#steps.push(step);
  }

  /** Takes everything back, once; a step that fails is logged and does not keep the others. */
  async all(): Promise<void> {
    if (this.#begun) return this.done;
    this.#begun = true;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (thrown) {
        this.#log.error({ err: thrown }, 'the DICOM adapter did not end cleanly');
      }
    }
    this.#settle();
  }
}
