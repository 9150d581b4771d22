import { GroupSync } from '../../system/group-sync.ts';

interface Round {
  readonly files: string[];
  readonly done: Promise<void>;
}

/** Syncs new files together with the folder that names them; those who ask while a sync is running share the next one. */
export class SharedSync {
  readonly #folder: string;
  readonly #sync: GroupSync;
  #running: Promise<void> | undefined;
  #next: Round | undefined;

  constructor(folder: string) {
    this.#folder = folder;
    this.#sync = new GroupSync(folder);
  }

  /** Returns when the file and its name are on the disk. */
  sync(file: string): Promise<void> {
    if (this.#next === undefined) {
      const files: string[] = [];
      this.#next = { files, done: this.#after(this.#running, files) };
      this.#next.done.catch(() => undefined);
    }
    this.#next.files.push(file);
    return this.#next.done;
  }

  async #after(earlier: Promise<void> | undefined, files: readonly string[]): Promise<void> {
    await earlier?.catch(() => undefined);
    // Whoever asks in the same turn of the event loop is in.
    await new Promise((resolve) => setImmediate(resolve));
    this.#running = this.#next!.done;
    this.#next = undefined;
    await this.#sync.sync([...files, this.#folder]);
  }
}
