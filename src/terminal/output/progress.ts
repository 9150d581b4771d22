import { escapeControls } from './escape.ts';

/** A moving line on the terminal. */
export interface Progress {
  update(text: string): void;
  /** Takes the line away so that others can print; the next update brings it back. */
  clear(): void;
  stop(): void;
}

/** Where nobody watches. */
export const quietProgress: Progress = { update: () => undefined, clear: () => undefined, stop: () => undefined };

/** A spinner with a text; leaves nothing behind when it stops. */
export async function startProgress(text: string, stream: NodeJS.WriteStream): Promise<Progress> {
  const { default: ora } = await import('ora');
  // The command handles Ctrl-C itself, and reads its own standard input.
  const spinner = ora({ text: escapeControls(text), stream, discardStdin: false, hideCursor: false }).start();
  return {
    update: (next) => { spinner.text = escapeControls(next); },
    clear: () => { spinner.clear(); },
    stop: () => { spinner.stop(); },
  };
}
