import { type Logger } from '../log.ts';

/** What a server has set up and has to take back, last first; `How` is what the steps are told of the way it ends. */
export class Undo<How = void> {
  /** Settled when everything has been taken back. */
  readonly done: Promise<void>;
  readonly #steps: ((how: How) => unknown)[] = [];
  readonly #log: Logger;
  readonly #who: string;
  #begun = false;
  #settle!: () => void;

  /** `who` ends, in the log: `the platform`. */
  constructor(who: string, log: Logger) {
    this.#who = who;
    this.#log = log;
    this.done = new Promise((resolve) => { this.#settle = resolve; });
  }

  push(step: (how: How) => unknown): void {
    this.#steps.push(step);
  }

  /** Takes everything back, once; a step that fails is logged and does not keep the others. */
  async all(how: How): Promise<void> {
    if (this.#begun) return this.done;
    this.#begun = true;
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step(how);
      } catch (thrown) {
        this.#log.error({ err: thrown }, `${this.#who} did not end cleanly`);
      }
    }
    this.#log.info({ how }, `${this.#who} has ended`);
    this.#settle();
  }
}
