import { terminalWishes } from '../../config/settings.ts';
import { type Terminal } from './io.ts';

/** What a terminal is taken for that does not tell its size: it says 0, and a width is divided by. */
const usualSize = { columns: 80, rows: 24 };

/** The terminal of this process. */
export function processTerminal(verbose: boolean): Terminal {
  for (const stream of [process.stdout, process.stderr]) if (stream.isTTY && !stream.columns) Object.assign(stream, usualSize);
  return {
    stdout: process.stdout, stderr: process.stderr, verbose, ...terminalWishes(),
    // Few commands read it, and Node.js takes milliseconds to make it.
    get stdin() { return process.stdin; },
  };
}

/** Calls back when results cannot be written any more: the reader went away (`| head`), the disk is full. */
export function onBrokenOutput(report: (error: NodeJS.ErrnoException) => void): void {
  process.stdout.on('error', report);
  // Nobody is left to be told about it.
  process.stderr.on('error', () => undefined);
}

/** Resolves once everything printed has been handed to the operating system. */
export async function flushOutput(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map((stream) =>
    (stream.writableLength === 0 || stream.destroyed ? undefined : new Promise<void>((resolve) => { stream.write('', () => resolve()); }))));
}
