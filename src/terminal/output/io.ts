import { ClaraError } from '../../core/errors.ts';
import { type Progress } from './progress.ts';
import { escapeLines } from './escape.ts';
import { plainStyle, terminalStyle, type Style } from './style.ts';

/** What the terminal is and may be used for. */
export interface Terminal {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly noColor: boolean;
  /** No spinner and no question, even where there is a terminal. */
  readonly unattended: boolean;
  readonly verbose: boolean;
}

/** The only way to the outside of a command: results to stdout, everything else to stderr. */
export class Io {
  readonly terminal: Terminal;
  /** For text on stdout; colourless unless stdout is a terminal that may be coloured. */
  style: Style = plainStyle;
  /** For text on stderr. */
  errorStyle: Style = plainStyle;
  #progress: Progress | undefined;

  constructor(terminal: Terminal) {
    this.terminal = terminal;
  }

  /** Loads colours where they will be seen. */
  async prepare(): Promise<void> {
    const { stdout, stderr, noColor } = this.terminal;
    if (noColor || (!stdout.isTTY && !stderr.isTTY)) return;
    const colours = await terminalStyle();
    if (stdout.isTTY) this.style = colours;
    if (stderr.isTTY) this.errorStyle = colours;
  }

  /** Whether a question can be asked or a spinner shown. */
  get interactive(): boolean {
    return Boolean(this.terminal.stderr.isTTY) && !this.terminal.unattended;
  }

  /** Result text as it is; waits while the reader is slower than the writer. */
  write(data: string | Uint8Array): Promise<void> {
    // A failed write ends the whole program (terminal.ts), so nobody is left to wait for the drain.
    return new Promise((resolve) => {
      if (this.terminal.stdout.write(data)) resolve();
      else this.terminal.stdout.once('drain', resolve);
    });
  }

  /** One line of the result. */
  line(text: string): Promise<void> {
    return this.write(`${text}\n`);
  }

  lines(texts: readonly string[]): Promise<void> {
    return texts.length === 0 ? Promise.resolve() : this.write(`${texts.join('\n')}\n`);
  }

  /** All of standard input, which may have up to `most` bytes. */
  async readInput(most: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.terminal.stdin as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > most) throw new ClaraError('usage', `standard input has more than the ${most} bytes that are allowed here`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  /** Something worth knowing that is not the result. */
  note(text: string): void {
    this.#aside(escapeLines(text));
  }

  warn(text: string): void {
    this.#aside(`${this.errorStyle.busy('warning:')} ${escapeLines(text)}`);
  }

  /** Only under --verbose. */
  detail(text: string): void {
    if (this.terminal.verbose) this.#aside(this.errorStyle.faint(escapeLines(text)));
  }

  /** A line that shows how far something is; nothing where there is no terminal to show it on. */
  async progress(text: string): Promise<Progress> {
    const { quietProgress, startProgress } = await import('./progress.ts');
    this.#progress?.stop();
    // Some pseudo terminals have no width, and the spinner would count their lines for ever.
    this.#progress = this.interactive && this.terminal.stderr.columns > 0 ? await startProgress(text, this.terminal.stderr) : quietProgress;
    return this.#progress;
  }

  /** Why the command failed; the last thing that it prints. */
  fail(lines: readonly string[]): void {
    this.#progress?.stop();
    this.#aside(lines.join('\n'));
  }

  #aside(text: string): void {
    this.#progress?.clear();
    this.terminal.stderr.write(`${text}\n`);
  }
}
