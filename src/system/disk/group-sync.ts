import { open } from 'node:fs/promises';
import { SyncShell } from './sync-shell.ts';

/** Below this many files, syncing each is the quickest. */
const fewFiles = 4;

/**
 * Puts files on the disk, many at a time. Where there are several, one syncfs(2) does for all of them what fsync does for
 * one, and those who ask while one is running share the next.
 */
export class GroupSync {
  readonly #shell: SyncShell;
  #running: Promise<boolean> | undefined;
  #next: Promise<boolean> | undefined;
  #usable = true;

  /** @param folder any folder of the file system that the files are on */
  constructor(folder: string) {
    this.#shell = new SyncShell(folder);
  }

  /** Returns when everything that was written to these files before is on the disk. */
  async sync(paths: readonly string[]): Promise<void> {
    if (paths.length >= fewFiles && this.#usable && (await this.#syncAll())) return;
    await Promise.all(paths.map(syncOne));
  }

  /** False where it cannot be done here. */
  #syncAll(): Promise<boolean> {
    // One that is running may have passed our files already; the next one will not have.
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async #after(earlier: Promise<boolean> | undefined): Promise<boolean> {
    await earlier;
    this.#running = this.#next;
    this.#next = undefined;
    // Another `sync`, or none; a failure of the disk is met again, and told, by the single files.
    this.#usable &&= await this.#shell.sync();
    return this.#usable;
  }
}

async function syncOne(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
