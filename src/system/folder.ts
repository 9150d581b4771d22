import { closeSync, constants, fsync, fsyncSync, mkdirSync, openSync, rmdirSync, unlinkSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { systemCode } from '../core/errors.ts';

/** One entry of a folder. The name is raw bytes: programs in containers write what they like. */
export interface FolderEntry {
  readonly name: Buffer;
  readonly kind: 'file' | 'folder' | 'other';
}

const folderFlags = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * A directory held open. What is below it is reached through the handle, one component at a time and never through a
 * symbolic link, so that nobody can lead us elsewhere by planting a link or swapping a folder for one – not even between
 * a check and its use. On Linux this is openat(2) by way of /proc/self/fd; elsewhere the check holds at the time of opening.
 * Calls here are synchronous: each is a few microseconds on the local disks that a platform's home is on.
 */
export class Folder {
  readonly #fd: number;
  readonly #base: string;
  #closed = false;

  private constructor(fd: number, path: string) {
    this.#fd = fd;
    this.#base = process.platform === 'linux' ? `/proc/self/fd/${fd}` : path;
  }

  /** Opens a folder of our own; links in this path are followed, because whoever runs the platform chose it. */
  static open(path: string): Folder {
    return new Folder(openSync(path, folderFlags), path);
  }

  /** Opens a sub-folder. Throws ENOENT where there is none, ENOTDIR or ELOOP where it is a file or a link. */
  child(name: string | Buffer): Folder {
    return new Folder(openSync(this.pathOf(name), folderFlags | constants.O_NOFOLLOW), join(this.#base, name.toString()));
  }

  /** Opens a sub-folder and makes it first where it is missing. */
  childOrNew(name: string): Folder {
    try {
      return this.child(name);
    } catch (thrown) {
      if (systemCode(thrown) !== 'ENOENT') throw thrown;
    }
    try {
      mkdirSync(this.pathOf(name));
      this.sync();
    } catch (thrown) {
      if (systemCode(thrown) !== 'EEXIST') throw thrown;
    }
    return this.child(name);
  }

  /** A path for one system call on an entry of this folder; the caller sees to O_NOFOLLOW. Not for keeping. */
  pathOf(name: string | Buffer): string | Buffer {
    return typeof name === 'string' ? `${this.#base}/${name}` : Buffer.concat([Buffer.from(`${this.#base}/`), name]);
  }

  /** Opens a regular file for reading; never waits (pipes) and never follows a link. */
  openFile(name: string | Buffer): number {
    return openSync(this.pathOf(name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  }

  unlink(name: string | Buffer): void {
    unlinkSync(this.pathOf(name));
  }

  /** Removes an empty sub-folder; returns false where it is not empty or gone already. */
  removeEmpty(name: string | Buffer): boolean {
    try {
      rmdirSync(this.pathOf(name));
      return true;
    } catch (thrown) {
      if (['ENOTEMPTY', 'EEXIST', 'ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return false;
      throw thrown;
    }
  }

  /** The entries, in the order of the file system, a few at a time. */
  async *entries(): AsyncGenerator<FolderEntry> {
    const directory = await opendir(this.#base, { encoding: 'buffer' as BufferEncoding, bufferSize: 256 });
    for await (const entry of directory) {
      const name = entry.name as unknown as Buffer;
      yield { name, kind: entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other' };
    }
  }

  /** Writes the entries themselves to the disk: after this a rename into the folder survives a power cut. */
  sync(): void {
    fsyncSync(this.#fd);
  }

  /** The same without holding up everything else meanwhile. */
  async synced(): Promise<void> {
    await promisify(fsync)(this.#fd);
  }

  /** Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSync(this.#fd);
  }
}

/** Opens the folder at the end of a path of components below `root`, which stays open. */
export function openBelow(root: Folder, components: readonly (string | Buffer)[], make = false): Folder {
  let current = root;
  for (const component of components) {
    let next: Folder;
    try {
      next = make ? current.childOrNew(component.toString()) : current.child(component);
    } finally {
      if (current !== root) current.close();
    }
    current = next;
  }
  return current;
}
