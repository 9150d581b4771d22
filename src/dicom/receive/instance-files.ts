import { close, closeSync, mkdirSync, open, openSync, renameSync, writev, writevSync } from 'node:fs';
import { opendir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newId } from '../../core/ids.ts';
import { PassingBuffers } from '../../system/disk/passing-buffers.ts';
import { PromptCalls } from '../../system/disk/prompt-calls.ts';
import { SharedSync } from './shared-sync.ts';

const temporarySuffix = '.part';
const inThread = { open: promisify(open), writev: promisify(writev), close: promisify(close) };

/** What the files of a folder have in common. */
interface Means {
  readonly calls: PromptCalls;
  /** Undefined: nobody waits for the disk. */
  readonly sync: SharedSync | undefined;
  /** What is written to all of them. */
  readonly passing: PassingBuffers;
}

/**
 * The folder of received instances. Files have names of our own: nothing that a sender writes ever reaches the file system.
 * A file counts once it is in the inbox; what is not there is swept away at the next start.
 */
export class InstanceFiles {
  readonly folder: string;
  readonly #means: Means;

  /** @param sync whether `keep` waits for the disk */
  constructor(folder: string, sync: boolean) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.folder = folder;
    this.#means = { calls: new PromptCalls(), sync: sync ? new SharedSync(folder) : undefined, passing: new PassingBuffers() };
  }

  async create(): Promise<NewFile> {
    const name = `${newId()}.dcm`;
    const path = join(this.folder, name);
    const part = path + temporarySuffix;
    const descriptor = await this.#means.calls.call(() => openSync(part, 'wx', 0o600), () => inThread.open(part, 'wx', 0o600));
    return new NewFile(descriptor, name, path, this.#means);
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
  readonly #path: string;
  readonly #means: Means;
  /** Undefined once it is closed. */
  #descriptor: number | undefined;
  #bytes = 0;

  constructor(descriptor: number, name: string, path: string, means: Means) {
    this.#descriptor = descriptor;
    this.name = name;
    this.#path = path;
    this.#means = means;
  }

  get bytes(): number {
    return this.#bytes;
  }

  async write(pieces: readonly Buffer[]): Promise<void> {
    const descriptor = this.#descriptor!;
    const wanted = pieces.reduce((sum, { length }) => sum + length, 0);
    const written = await this.#means.calls.call(() => writevSync(descriptor, pieces), async () => (await inThread.writev(descriptor, pieces)).bytesWritten);
    this.#bytes += written;
    this.#means.passing.passed(written);
    // What one call did not take, the disk being nearly full for one, the next one takes or explains.
    if (written < wanted) await this.write([Buffer.concat(pieces).subarray(written)]);
  }

  /** Gives it its name, and returns when that and its content are on the disk. */
  async keep(): Promise<void> {
    const { calls, sync } = this.#means;
    const part = this.#path + temporarySuffix;
    await calls.call(() => renameSync(part, this.#path), () => rename(part, this.#path));
    await sync?.sync(this.#descriptor!);
    await this.#close();
  }

  /** Removes it, however far it has come. */
  async discard(): Promise<void> {
    await this.#close();
    await Promise.all([rm(this.#path + temporarySuffix, { force: true }), rm(this.#path, { force: true })]);
  }

  async #close(): Promise<void> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    await this.#means.calls.call(() => closeSync(descriptor), () => inThread.close(descriptor));
  }
}
