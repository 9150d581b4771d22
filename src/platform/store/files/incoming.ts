import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, openSync, writevSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { slabBytes, type Slabs } from './slabs.ts';
import { type StorageLimit } from './storage-limit.ts';

/** Files up to this size are written in one piece when they are complete. */
const smallBytes = 256 * 1024;
/** Written bytes after which the disk is told to start, so that the last sync has little left to do. */
const flushBytes = 32 * 1024 * 1024;
/** Received bytes after which the disk is asked again whether there may be more. */
const checkBytes = 8 * 1024 * 1024;

/**
 * A file on its way in: written beside, below a name that no request can form, until it is complete and on the disk.
 * Calls must not overlap: await each before the next.
 */
export class IncomingFile {
  /** Where it is until it is moved into place. */
  readonly path: string;
  readonly #limit: StorageLimit;
  readonly #slabs: Slabs;
  #size = 0;
  #unchecked = 0;
  /** All of a small file. */
  #queue: Buffer[] = [];
  /** What comes in of a large one, and how much of it is filled. */
  #slab: Buffer | undefined;
  #filled = 0;
  #unflushed = 0;
  #handle: FileHandle | undefined;
  /** The write in progress; never rejects, a failure is kept in #failure. */
  #writing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #failure: { readonly thrown: unknown } | undefined;

  /** @param folder the folder of files on their way in, on the same file system as the payloads */
  constructor(folder: string, limit: StorageLimit, slabs: Slabs) {
    this.#slabs = slabs;
    this.path = join(folder, randomUUID());
    this.#limit = limit;
  }

  /** Bytes received so far. */
  get size(): number {
    return this.#size;
  }

  /** Whether all of it is still in memory until it is complete. */
  get small(): boolean {
    return this.#size <= smallBytes;
  }

  /**
   * Appends; returns a promise only when the disk is behind. What is given of a large file is free again then: received
   * data that waited for the disk would grow old in memory, where the garbage collector looks for it seldom.
   */
  append(data: Buffer): Promise<void> | undefined {
    if (data.length === 0) return undefined;
    this.#unchecked += data.length;
    if (this.#unchecked >= checkBytes) {
      this.#limit.require(this.#filled + data.length);
      this.#unchecked = 0;
    }
    this.#queue.push(data);
    this.#size += data.length;
    if (this.small) return undefined;
    const parts = this.#queue;
    this.#queue = [];
    return this.#take(parts.length === 1 ? data : Buffer.concat(parts));
  }

  /**
   * Writes what is left and sets the permission bits; 0 leaves those that the platform's user creates files with. A file
   * that was `small` still has to be synced (GroupSync), because many together cost little more than one.
   */
  async complete(mode: number): Promise<void> {
    // Whatever the sender asks, the platform must be able to read it, and set-user-id bits are never taken over.
    const bits = mode === 0 ? undefined : (mode & 0o777) | 0o400;
    if (this.small) {
      this.#writeAtOnce(bits);
      return;
    }
    try {
      await this.#settled();
      this.#flush();
      await this.#settled();
      if (bits !== undefined) await this.#handle!.chmod(bits);
      await this.#flushing;
      this.#throwFailure();
      await this.#handle!.sync();
    } finally {
      await this.#close();
    }
  }

  /** Forgets it and deletes what was written. */
  async discard(): Promise<void> {
    this.#queue = [];
    while (this.#writing !== undefined) await this.#writing;
    if (this.#slab !== undefined) this.#slabs.give(this.#slab);
    this.#slab = undefined;
    await this.#close();
    await rm(this.path, { force: true });
  }

  /** A few microseconds a file, where three trips to the thread pool would be a hundred. */
  #writeAtOnce(bits: number | undefined): void {
    const fd = openSync(this.path, 'wx');
    try {
      let rest: readonly Buffer[] = this.#queue;
      this.#queue = [];
      while (rest.length > 0) rest = after(rest, writevSync(fd, rest));
      if (bits !== undefined) fchmodSync(fd, bits);
    } finally {
      closeSync(fd);
    }
  }

  async #settled(): Promise<void> {
    await this.#writing;
    this.#throwFailure();
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  /** Copies data into the slab, which is written whenever it is full; waits while another is being written. */
  #take(data: Buffer): Promise<void> | undefined {
    for (let at = 0; at < data.length;) {
      if (this.#failure !== undefined || this.#filled === slabBytes) {
        return this.#settled().then(() => this.#take(data.subarray(at)));
      }
      this.#slab ??= this.#slabs.take();
      const copied = data.copy(this.#slab, this.#filled, at);
      at += copied;
      this.#filled += copied;
      if (this.#filled === slabBytes && this.#writing === undefined) this.#flush();
    }
    return undefined;
  }

  #flush(): void {
    const slab = this.#slab;
    if (slab === undefined) return;
    this.#writing = this.#write(slab, this.#filled);
    this.#slab = undefined;
    this.#filled = 0;
  }

  async #write(slab: Buffer, length: number): Promise<void> {
    try {
      this.#handle ??= await open(this.path, 'wx');
      for (let at = 0; at < length;) {
        const { bytesWritten } = await this.#handle.write(slab, at, length - at);
        at += bytesWritten;
      }
      this.#flushEarly(length);
    } catch (thrown) {
      this.#failure ??= { thrown };
    } finally {
      this.#slabs.give(slab);
      this.#writing = undefined;
      if (this.#filled === slabBytes && this.#failure === undefined) this.#flush();
    }
  }

  #flushEarly(written: number): void {
    this.#unflushed += written;
    if (this.#unflushed < flushBytes || this.#flushing !== undefined) return;
    this.#unflushed = 0;
    // A failure here is met again by the last sync, or is one of a file that is given up anyway.
    this.#flushing = this.#handle!.datasync().catch((thrown: unknown) => { this.#failure ??= { thrown }; }).finally(() => { this.#flushing = undefined; });
  }

  async #close(): Promise<void> {
    await this.#flushing;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

function after(buffers: readonly Buffer[], count: number): readonly Buffer[] {
  let left = count;
  for (const [index, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(index + 1)];
    left -= buffer.length;
  }
  return [];
}
