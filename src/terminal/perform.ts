import { createContext, type Surroundings } from './context.ts';
import { type Command } from './program/declare.ts';
import { type Request } from './program/parse.ts';

/** Does what a command line asks for; `version` is the command behind `--version`. Failures are thrown. */
export async function perform(request: Request, version: Command, surroundings: Surroundings): Promise<void> {
  if (request.kind === 'help') return surroundings.io.write(request.text);
  const asked = request.kind === 'run' ? request
    : { command: version, options: {}, args: [], globals: {} };
  const context = createContext(surroundings, asked.globals);
  try {
    const work = await asked.command.load();
    await work(context, asked.options, asked.args);
  } finally {
    context.close();
  }
}
