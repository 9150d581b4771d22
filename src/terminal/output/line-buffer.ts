import { type Io } from './io.ts';

const fullBytes = 32 * 1024;
const oldMs = 40;

/** Gathers lines of a long list into few writes: the first at once, then whenever there are enough of them or they wait too long. */
export class LineBuffer {
  readonly #io: Io;
  #pending: string[] = [];
  #size = fullBytes;
  #timer: NodeJS.Timeout | undefined;

  constructor(io: Io) {
    this.#io = io;
  }

  async push(line: string): Promise<void> {
    this.#pending.push(line);
    this.#size += line.length;
    if (this.#size >= fullBytes) await this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), oldMs);
  }

  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#pending;
    this.#pending = [];
    this.#size = 0;
    await this.#io.lines(lines);
  }
}
