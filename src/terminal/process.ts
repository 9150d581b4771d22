import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ClaraError, messageOf } from '../core/errors.ts';
import { stopRequest } from '../system/run/stop-request.ts';
import { type Surroundings } from './context.ts';
import { describeFailure, exitCodeOf } from './output/failure.ts';
import { Io } from './output/io.ts';
import { flushOutput, onBrokenOutput, processTerminal } from './output/terminal.ts';

/** How long a command may take to leave after it was asked to, in ms; another Ctrl-C, later than a repeat, does not wait. */
const usualPatienceMs = 10_000;

/** Runs the command line of this process with what a program makes of it; the one place that ends the process. `patienceMs`: for programs that have to tidy up. */
export async function runProcess(execute: (argv: readonly string[], surroundings: Surroundings) => Promise<number>, patienceMs = usualPatienceMs): Promise<void> {
  // For developers: Node.js writes a line about every TLS connection to an address instead of a name, for instance.
  process.noDeprecation = true;
  const argv = process.argv.slice(2);
  const verbose = argv.includes('--verbose');
  const packageRoot = join(dirname(fileURLToPath(import.meta.url)), '..');
  const io = new Io(processTerminal(verbose));
  const abort = new AbortController();
  let stoppedBy: NodeJS.Signals | undefined;
  let stoppedAt: number | undefined;

  const stop = (signal: NodeJS.Signals) => {
    const request = stopRequest(stoppedAt, performance.now());
    if (request === 'repeat') return;
    if (request === 'at once') process.exit(128 + constants.signals[signal]);
    // Node.js gives signals back to the system a while before it is gone, and a repeat would kill what has ended well: so leave without that while.
    process.once('exit', (code) => process.exit(code));
    stoppedBy = signal;
    stoppedAt = performance.now();
    abort.abort(new ClaraError('interrupted', 'interrupted'));
    setTimeout(() => process.exit(128 + constants.signals[signal]), patienceMs).unref();
  };
  const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, stop);
  // A plugin runs in our place: it gets the signals, and we end when it does.
  const handOver = () => { for (const signal of signals) process.off(signal, stop); };
  onBrokenOutput((error) => {
    // `clara list jobs | head` has what it wanted.
    if (error.code === 'EPIPE') process.exit(0);
    io.fail(describeFailure(new ClaraError('failed', `the result cannot be written (${messageOf(error)})`), io.errorStyle, verbose));
    process.exit(1);
  });

  let code: number;
  try {
    await io.prepare();
    code = await execute(argv, { io, signal: abort.signal, packageRoot, handOver });
  } catch (thrown) {
    code = exitCodeOf(thrown);
    // Whoever pressed Ctrl-C knows; only what was left behind is news.
    if (stoppedBy === undefined || tellsMore(thrown)) io.fail(describeFailure(thrown, io.errorStyle, verbose));
  }
  await flushOutput();
  process.exit(stoppedBy === undefined ? code : 128 + constants.signals[stoppedBy]);
}

function tellsMore(thrown: unknown): boolean {
  return thrown instanceof ClaraError && (thrown.hint !== undefined || thrown.details.length > 0);
}
