import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished, vi } from 'vitest';

export interface OnTerminal {
  /** Everything shown so far, without the sequences that move the cursor and colour text. */
  screen(): string;
  /** Everything sent to the terminal so far, as it was sent. */
  raw(): string;
  /** Waits until a text is shown. */
  shows(text: string | RegExp): Promise<void>;
  /** Presses keys. */
  type(keys: string): void;
  readonly exitCode: Promise<number | null>;
}

export const keys = { enter: '\r', down: '\x1b[B', ctrlC: '\x03', ctrlD: '\x04' } as const;

/** Runs a program on a terminal of its own (script(1) of util-linux), for what only shows there: questions, progress, colour. */
export function onTerminal(program: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>): OnTerminal {
  const line = [program, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qefc', line, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', CI: undefined, NO_COLOR: undefined, ...env }, stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let shown = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => { shown += text; });
  const exitCode = once(child, 'close').then(([code]) => code as number | null);
  const screen = () => shown.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r\n', '\n');
  return {
    screen,
    raw: () => shown,
    shows: (text) => vi.waitFor(() => {
      if (typeof text === 'string' ? !screen().includes(text) : !text.test(screen())) throw new Error(`not on the screen: ${String(text)}\n${screen()}`);
    }, { timeout: 30_000 }),
    type: (pressed) => void child.stdin.write(pressed),
    exitCode,
  };
}
