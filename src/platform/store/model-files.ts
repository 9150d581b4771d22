import { mkdirSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Folder } from '../../system/folder.ts';
import { GroupSync } from '../../system/disk/group-sync.ts';
import { IncomingFile } from './files/incoming.ts';
import { Slabs } from './files/slabs.ts';
import { StorageLimit } from './files/storage-limit.ts';

/** The archives of models: files with names of our own in one folder. */
export class ModelFiles {
  readonly #root: string;
  readonly #incoming: string;
  readonly #limit: StorageLimit;
  readonly #slabs = new Slabs();

  /**
   * Makes the folders, and clears away what an earlier server left half-done.
   * @param maxPercent how full what comes in may make the disk
   */
  constructor(root: string, maxPercent?: number) {
    this.#root = root;
    this.#limit = new StorageLimit(root, maxPercent);
    this.#incoming = join(root, '.incoming');
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 });
  }

  /** A new archive on its way in. Throws StorageLimitReached where there is no room for anything. */
  receive(): IncomingFile {
    this.#limit.require(0);
    return new IncomingFile(this.#incoming, this.#limit, this.#slabs);
  }

  /** Puts the content of a completed archive on the disk. */
  async sync(file: IncomingFile): Promise<void> {
    if (file.small) await new GroupSync(this.#incoming).sync([file.path]);
  }

  /** Moves a completed archive to where it is read from and returns its name there. */
  keep(file: IncomingFile): string {
    const name = `${basename(file.path)}.zip`;
    renameSync(file.path, join(this.#root, name));
    const folder = Folder.open(this.#root);
    try {
      folder.sync();
    } finally {
      folder.close();
    }
    return name;
  }

  /** Opens an archive for reading; whoever reads it may go on when it is replaced or deleted. */
  open(name: string): number {
    return openSync(join(this.#root, name), 'r');
  }

  async delete(name: string): Promise<void> {
    await rm(join(this.#root, name), { force: true });
  }

  /** Deletes archives that no model has: an upload or a deletion that was cut short. */
  sweep(isKnown: (name: string) => boolean): void {
    for (const name of readdirSync(this.#root)) {
      if (name.endsWith('.zip') && !isKnown(name)) rmSync(join(this.#root, name), { force: true });
    }
  }
}
