import { createContext } from './context.ts';
import { type Io } from './output/io.ts';
import { type Command } from './program/declare.ts';
import { type Request } from './program/parse.ts';

/** What the process lends to a command line. */
export interface Surroundings {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly packageRoot: string;
  /** Called when another program takes over the terminal and the signals. */
  readonly handOver: () => void;
}

/** Does what a command line asks for; `version` is the command behind `--version`. Failures are thrown. */
export async function perform(request: Request, version: Command, surroundings: Surroundings): Promise<void> {
  if (request.kind === 'help') return surroundings.io.write(request.text);
  const asked = request.kind === 'run' ? request
    : { command: version, options: {}, args: [], globals: { config: undefined, host: undefined, verbose: false } };
  const context = createContext(surroundings.io, surroundings.signal, asked.globals, surroundings.packageRoot);
  try {
    const work = await asked.command.load();
    await work(context, asked.options, asked.args);
  } finally {
    context.close();
  }
}
