import { randomUUID } from 'node:crypto';
import { closeSync, fchmodSync, openSync, writevSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { type StorageLimit } from './storage-limit.ts';

/** Bytes that may wait in memory for the disk; beyond them the sender is held back. */
const maxQueuedBytes = 2 * 1024 * 1024;
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
  #size = 0;
  #unchecked = 0;
  #queue: Buffer[] = [];
  #queued = 0;
  #unflushed = 0;
  #handle: FileHandle | undefined;
  /** The write in progress; never rejects, a failure is kept in #failure. */
  #writing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;
  #failure: { readonly thrown: unknown } | undefined;

  /** @param folder the folder of files on their way in, on the same file system as the payloads */
  constructor(folder: string, limit: StorageLimit) {
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

  /** Appends; returns a promise only when the disk is behind. */
  append(data: Buffer): Promise<void> | undefined {
    if (data.length === 0) return undefined;
    this.#unchecked += data.length;
    if (this.#unchecked >= checkBytes) {
      this.#limit.require(this.#queued + data.length);
      this.#unchecked = 0;
    }
    this.#queue.push(data);
    this.#queued += data.length;
    this.#size += data.length;
    if (this.small) return undefined;
    this.#writing ??= this.#writeQueue();
    return this.#queued > maxQueuedBytes || this.#failure !== undefined ? this.#settled() : undefined;
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
      if (this.#queue.length > 0) await this.#writeQueue();
      this.#throwFailure();
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
    await this.#writing;
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

  async #writeQueue(): Promise<void> {
    try {
      this.#handle ??= await open(this.path, 'wx');
      while (this.#queue.length > 0) {
        const batch = this.#queue;
        this.#queue = [];
        const bytes = await writeAll(this.#handle, batch);
        this.#queued -= bytes;
        this.#flushEarly(bytes);
      }
    } catch (thrown) {
      this.#failure = { thrown };
      this.#queue = [];
      this.#queued = 0;
    } finally {
      this.#writing = undefined;
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

/** Writes every byte: one call may write less than it was given. */
async function writeAll(handle: FileHandle, buffers: readonly Buffer[]): Promise<number> {
  let total = 0;
  let rest = buffers;
  while (rest.length > 0) {
    const { bytesWritten } = await handle.writev(rest as Buffer[]);
    total += bytesWritten;
    rest = after(rest, bytesWritten);
  }
  return total;
}

function after(buffers: readonly Buffer[], count: number): readonly Buffer[] {
  let left = count;
  for (const [index, buffer] of buffers.entries()) {
    if (left < buffer.length) return [buffer.subarray(left), ...buffers.slice(index + 1)];
    left -= buffer.length;
  }
  return [];
}
