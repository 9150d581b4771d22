import { copyFileSync, existsSync, fstatSync, ftruncateSync, renameSync, statSync } from 'node:fs';

/** Bytes above which a log is set aside, and how many of those are kept. */
const logLimit = 10 * 1024 * 1024;
const keptLogs = 3;

/** Sets a large log aside as `<log>.1`, older ones as `.2` and `.3`; what was `.3` goes. For a log that nobody writes to. */
export function rotateLog(path: string, limit = logLimit): void {
  if (!existsSync(path) || statSync(path).size < limit) return;
  makeWay(path);
  renameSync(path, `${path}.1`);
}

function makeWay(path: string): void {
  for (let age = keptLogs - 1; age >= 1; age -= 1) {
    if (existsSync(`${path}.${age}`)) renameSync(`${path}.${age}`, `${path}.${age + 1}`);
  }
}

/**
 * Keeps the log that is our standard error below a limit: where that appends to the file `path`, a large log is set aside
 * between two lines. It is copied and cut, not renamed, because what is written as a crash goes to the same descriptor and
 * belongs into the log, too. A standard error that leads elsewhere (a terminal, a service manager, the user's own file) is
 * left to whoever made it.
 */
export class BoundedLog {
  readonly #stream: { write(line: string): unknown };
  readonly #path: string;
  readonly #limit: number;
  #unchecked = Infinity;

  constructor(stream: { write(line: string): unknown }, path: string, limit = logLimit) {
    this.#stream = stream;
    this.#path = path;
    this.#limit = limit;
  }

  write(line: string): void {
    this.#stream.write(line);
    this.#unchecked += line.length;
    if (this.#unchecked < this.#limit / 100) return;
    this.#unchecked = 0;
    try {
      this.#setAsideIfLarge();
    } catch (thrown) {
      // A server has better things to do than to fail for its log; the next look tries again.
      this.#stream.write(`${JSON.stringify({ level: 'warn', time: new Date().toISOString(), msg: `the log cannot be set aside: ${String(thrown)}` })}\n`);
    }
  }

  #setAsideIfLarge(): void {
    const open = fstatSync(2);
    if (!open.isFile() || open.size < this.#limit || !existsSync(this.#path)) return;
    const named = statSync(this.#path);
    if (open.ino !== named.ino || open.dev !== named.dev) return;
    makeWay(this.#path);
    copyFileSync(this.#path, `${this.#path}.1`);
    ftruncateSync(2);
  }
}
