import { closeSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { Folder, openBelow } from '../../system/folder.ts';
import { GroupSync } from '../../system/disk/group-sync.ts';
import { copyTree, type CopyResult } from './files/copy.ts';
import { IncomingFile } from './files/incoming.ts';
import { listFiles, type StoredFile } from './files/listing.ts';
import { isAbsence, lookUp, type Lookup } from './files/lookup.ts';
import { Slabs } from './files/slabs.ts';
import { StorageLimit } from './files/storage-limit.ts';

/** Where a file on its way in goes. */
export interface Destination {
  readonly payloadId: string;
  /** From the payload's root; see core/payload-path.ts. */
  readonly components: readonly string[];
}

/**
 * The files of all payloads: one folder per payload, named by its id. Beside them lies a folder for what is on its way in
 * or out; no payload can have its name. Nothing here follows a symbolic link below a payload.
 */
export class PayloadFiles {
  readonly #root: string;
  readonly #incoming: string;
  readonly #groupSync: GroupSync;
  readonly #limit: StorageLimit;
  readonly #slabs = new Slabs();

  /**
   * Makes the folders, and clears away what an earlier server left half-done.
   * @param maxPercent how full what comes in may make the disk
   */
  constructor(root: string, maxPercent?: number) {
    this.#root = root;
    this.#incoming = join(root, '.incoming');
    rmSync(this.#incoming, { recursive: true, force: true });
    mkdirSync(this.#incoming, { recursive: true, mode: 0o700 });
    this.#groupSync = new GroupSync(this.#incoming);
    this.#limit = new StorageLimit(root, maxPercent);
  }

  /** The folder of a payload, whether it exists or not. */
  folder(payloadId: string): string {
    return join(this.#root, payloadId);
  }

  /** Makes the folder of a new payload, with the given folders in it, and puts it on the disk. */
  async create(payloadId: string, subfolders: readonly string[]): Promise<void> {
    for (const subfolder of ['', ...subfolders]) mkdirSync(join(this.folder(payloadId), subfolder));
    await syncAndClose([Folder.open(this.folder(payloadId)), Folder.open(this.#root)]);
  }

  /** Deletes folders of payloads that the database does not know: a creation or a deletion that was cut short. */
  sweep(isKnown: (payloadId: string) => boolean): void {
    for (const name of readdirSync(this.#root)) {
      if (/^[0-9a-f]{32}$/.test(name) && !isKnown(name)) rmSync(this.folder(name), { recursive: true, force: true });
    }
  }

  /** Takes a payload's folder out of sight at once, then deletes what was in it. */
  async delete(payloadId: string): Promise<void> {
    const doomed = join(this.#incoming, randomUUID());
    try {
      renameSync(this.folder(payloadId), doomed);
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return;
      throw thrown;
    }
    await rm(doomed, { recursive: true, force: true });
  }

  /** Every regular file, folder by folder, read from the disk as the caller asks for more. */
  async *list(payloadId: string): AsyncGenerator<StoredFile> {
    const root = this.#openRoot(payloadId);
    if (root === undefined) return;
    try {
      yield* listFiles(root);
    } finally {
      root.close();
    }
  }

  async lookUp(payloadId: string, components: readonly string[]): Promise<Lookup> {
    const root = this.#openRoot(payloadId);
    if (root === undefined) return { kind: 'missing' };
    try {
      return await lookUp(root, components);
    } finally {
      root.close();
    }
  }

  /**
   * Deletes one file and the folders that are empty without it, but none of the payload's first level.
   * @param check called when the file has been found and nothing has been done; what it throws ends the removal
   */
  async remove(payloadId: string, components: readonly string[], check: () => void): Promise<Lookup> {
    const found = await this.lookUp(payloadId, components);
    if (found.kind !== 'found') return found;
    closeSync(found.file.fd);
    check();
    const root = this.#openRoot(payloadId);
    if (root === undefined) return { kind: 'missing' };
    try {
      removeFile(root, found.file.path);
    } catch (thrown) {
      if (isAbsence(thrown)) return { kind: 'missing' };
      throw thrown;
    } finally {
      root.close();
    }
    return found;
  }

  /**
   * A new file on its way in; it becomes part of a payload with `place`. Throws StorageLimitReached where there is no room for it.
   * @param size what it is said to be, in bytes; 0 where that is not known
   */
  receive(size: number): IncomingFile {
    this.#limit.require(Math.max(0, size));
    return new IncomingFile(this.#incoming, this.#limit, this.#slabs);
  }

  /** Puts the content of completed files on the disk. */
  async sync(files: readonly IncomingFile[]): Promise<void> {
    await this.#groupSync.sync(files.filter(({ small }) => small).map(({ path }) => path));
  }

  /**
   * Moves completed files to their names, replacing what is there, and puts the names on the disk. All are moved within
   * this turn of the event loop, so what the caller checked just before still holds. Stops at the first file that cannot
   * be moved and says which.
   */
  async place(files: readonly { readonly file: IncomingFile; readonly to: Destination }[]): Promise<{ readonly index: number; readonly thrown: unknown } | undefined> {
    const folders = new Map<string, Folder>();
    let index = 0;
    try {
      for (const { file, to } of files) {
        const above = to.components.slice(0, -1);
        const key = [to.payloadId, ...above].join('/');
        let folder = folders.get(key);
        if (folder === undefined) folders.set(key, folder = this.#openForWriting(to.payloadId, above));
        renameSync(file.path, folder.pathOf(to.components.at(-1)!));
        index += 1;
      }
      await syncAndClose([...folders.values()]);
      return undefined;
    } catch (thrown) {
      for (const folder of folders.values()) folder.close();
      return { index: Math.min(index, files.length - 1), thrown };
    }
  }

  /** Copies every file of one payload below the `input` folder of another that is new; stops at a name that is taken. */
  async copyToInput(fromPayload: string, toPayload: string): Promise<CopyResult> {
    this.#limit.require(0);
    const source = this.#openRoot(fromPayload);
    if (source === undefined) return { kind: 'missing' };
    const target = this.#openForWriting(toPayload, ['input']);
    try {
      return await copyTree(source, target);
    } finally {
      source.close();
      target.close();
    }
  }

  #openRoot(payloadId: string): Folder | undefined {
    try {
      return Folder.open(this.folder(payloadId));
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  #openForWriting(payloadId: string, components: readonly string[]): Folder {
    const root = Folder.open(this.folder(payloadId));
    if (components.length === 0) return root;
    try {
      return openBelow(root, components, true);
    } finally {
      root.close();
    }
  }
}

async function syncAndClose(folders: readonly Folder[]): Promise<void> {
  try {
    await Promise.all(folders.map((folder) => folder.synced()));
  } finally {
    for (const folder of folders) folder.close();
  }
}

function removeFile(root: Folder, path: readonly Buffer[]): void {
  const above = path.slice(0, -1);
  const folder = openBelow(root, above);
  try {
    folder.unlink(path.at(-1)!);
    folder.sync();
  } finally {
    if (folder !== root) folder.close();
  }
  for (let depth = above.length; depth > 1; depth -= 1) {
    const parent = openBelow(root, above.slice(0, depth - 1));
    const removed = parent.removeEmpty(above[depth - 1]!);
    parent.close();
    if (!removed) return;
  }
}

