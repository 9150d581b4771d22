import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from '../remove-tree.ts';

/** As /tmp has it. */
const mode = 0o1777;

/** Folders for what programs write to /tmp: on the disk, because it may be much. One that was left empty is used again. */
export class ScratchFolders {
  readonly #root: string;
  readonly #free: string[] = [];
  #next = 0;

  /** @param root existing; whatever lies in it is from an earlier platform */
  constructor(root: string) {
    this.#root = root;
    for (const name of readdirSync(root)) this.#next = Math.max(this.#next, Number(name) + 1);
  }

  take(): string {
    const free = this.#free.pop();
    if (free !== undefined) return free;
    const folder = join(this.#root, String(this.#next));
    this.#next += 1;
    mkdirSync(folder);
    chmodSync(folder, mode);
    return folder;
  }

  /** Gives a folder back that nobody writes to any more. */
  async give(folder: string): Promise<void> {
    if (isUntouched(folder)) this.#free.push(folder);
    else await removeTree(folder);
  }

  /** Removes what earlier platforms left, but for the folders that are still in use. To be called before the first `take`. */
  async sweep(inUse: ReadonlySet<string>): Promise<void> {
    for (const folder of readdirSync(this.#root).map((name) => join(this.#root, name))) if (!inUse.has(folder)) await removeTree(folder);
  }
}

function isUntouched(folder: string): boolean {
  return (lstatSync(folder).mode & 0o7777) === mode && readdirSync(folder).length === 0;
}
