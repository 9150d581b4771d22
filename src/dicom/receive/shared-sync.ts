import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';

const inThread = promisify(fsync);

interface Round {
  readonly files: number[];
  readonly done: Promise<void>;
}

/**
 * Syncs new files together with the folder that names them; those who ask while a sync is running share the next one. The
 * files of a round are synced side by side: a journal writes down once what is asked of it at the same time.
 */
export class SharedSync {
  readonly #folder: string;
  #running: Promise<void> | undefined;
  #next: Round | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Returns when the file, given by its descriptor, and its name are on the disk. */
  sync(file: number): Promise<void> {
    if (this.#next === undefined) {
      const files: number[] = [];
      this.#next = { files, done: this.#after(this.#running, files) };
      this.#next.done.catch(() => undefined);
    }
    this.#next.files.push(file);
    return this.#next.done;
  }

  async #after(earlier: Promise<void> | undefined, files: readonly number[]): Promise<void> {
    await earlier?.catch(() => undefined);
    // Whoever asks in the same turn of the event loop is in.
    await new Promise((resolve) => setImmediate(resolve));
    this.#running = this.#next!.done;
    this.#next = undefined;
    const folder = openSync(this.#folder, 'r');
    try {
      // Settled, all of them: nobody closes a file that is still being synced.
      const results = await Promise.allSettled([...files, folder].map((descriptor) => inThread(descriptor)));
      const failure = results.find((result) => result.status === 'rejected');
      if (failure !== undefined) throw failure.reason;
    } finally {
      closeSync(folder);
    }
  }
}
