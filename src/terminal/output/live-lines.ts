import { displayWidth } from '../../core/text/display-width.ts';
import { type Io } from './io.ts';

/** A block of lines on a terminal's standard output that is drawn again in its place. */
export class LiveLines {
  readonly #io: Io;
  #height = 0;

  constructor(io: Io) {
    this.#io = io;
  }

  /** Whether standard output can show such a block. */
  static possible({ terminal, interactive }: Io): boolean {
    return interactive && Boolean(terminal.stdout.isTTY) && terminal.stdout.columns > 0;
  }

  /** Replaces what was shown last. Lines are cut at the terminal's width: one that wraps could not be found again. */
  show(lines: readonly string[]): Promise<void> {
    const { columns = 80, rows = 24 } = this.#io.terminal.stdout;
    const shown = lines.slice(0, Math.max(1, rows - 1)).map((line) => cut(line, columns));
    const back = this.#height === 0 ? '' : `\u001b[${this.#height}A\u001b[J`;
    this.#height = shown.length;
    return this.#io.write(`${back}${shown.join('\n')}\n`);
  }
}

function cut(line: string, columns: number): string {
  if (displayWidth(line) < columns) return line;
  let text = '';
  for (const character of line) {
    if (displayWidth(text + character) >= columns - 1) break;
    text += character;
  }
  return `${text}…`;
}
