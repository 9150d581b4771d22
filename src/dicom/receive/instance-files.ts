import { mkdirSync } from 'node:fs';
import { open, opendir, rename, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { newId } from '../../core/ids.ts';
import { SharedSync } from './shared-sync.ts';

const temporarySuffix = '.part';

/**
 * The folder of received instances. Files have names of our own: nothing that a sender writes ever reaches the file system.
 * A file counts once it is in the inbox; what is not there is swept away at the next start.
 */
export class InstanceFiles {
  readonly folder: string;
  readonly #sync: SharedSync | undefined;

  /** @param sync whether `keep` waits for the disk */
  constructor(folder: string, sync: boolean) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    this.#sync = sync ? new SharedSync(folder) : undefined;
  }

  async create(): Promise<NewFile> {
    const name = `${newId()}.dcm`;
    const path = join(this.folder, name);
    const handle = await open(path + temporarySuffix, 'wx', 0o600);
    return new NewFile(handle, name, path, this.#sync);
  }

  pathOf(file: string): string {
    return join(this.folder, file);
  }

  async remove(file: string): Promise<void> {
    await rm(this.pathOf(file), { force: true });
  }

  /** Removes what an earlier run has left and nobody wants; returns how many files that were. */
  async sweep(isWanted: (file: string) => boolean): Promise<number> {
    let removed = 0;
    for await (const entry of await opendir(this.folder)) {
      if (!/^[0-9a-f]{32}\.dcm(\.part)?$/.test(entry.name) || isWanted(entry.name)) continue;
      await this.remove(entry.name);
      removed += 1;
    }
    return removed;
  }
}

/** A file that is being received. */
export class NewFile {
  /** Its name in the folder, once it is kept. */
  readonly name: string;
  readonly #handle: FileHandle;
  readonly #path: string;
  readonly #sync: SharedSync | undefined;
  #bytes = 0;
  #isOpen = true;

  constructor(handle: FileHandle, name: string, path: string, sync: SharedSync | undefined) {
    this.#handle = handle;
    this.name = name;
    this.#path = path;
    this.#sync = sync;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(pieces: readonly Buffer[]): Promise<void> {
    const wanted = pieces.reduce((sum, { length }) => sum + length, 0);
    const { bytesWritten } = await this.#handle.writev(pieces);
    this.#bytes += bytesWritten;
    // What one call did not take, the disk being nearly full for one, the next one takes or explains.
    if (bytesWritten < wanted) await this.write([Buffer.concat(pieces).subarray(bytesWritten)]);
  }

  /** Gives it its name, and returns when that and its content are on the disk. */
  async keep(): Promise<void> {
    await this.#close();
    await rename(this.#path + temporarySuffix, this.#path);
    await this.#sync?.sync(this.#path);
  }

  /** Removes it, however far it has come. */
  async discard(): Promise<void> {
    await this.#close();
    await Promise.all([rm(this.#path + temporarySuffix, { force: true }), rm(this.#path, { force: true })]);
  }

  async #close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#handle.close();
  }
}
