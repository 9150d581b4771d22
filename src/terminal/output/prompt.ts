import { ClaraError } from '../../core/errors.ts';
import { type Io } from './io.ts';

/** Asks for a secret on the terminal, which is not shown while it is typed. Fails naming the flag where nobody can be asked. */
export async function askSecret(io: Io, question: string, flag: string, signal: AbortSignal): Promise<string> {
  const { stdin, stderr } = io.terminal;
  if (!io.interactive || !stdin.isTTY) {
    throw new ClaraError('usage', `\`${question}\` cannot be asked (there is no terminal)`, { hint: `pass ${flag}` });
  }
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ input: stdin, output: stderr, signal });
  try {
    const { answer } = await ask([{ type: 'password', name: 'answer', message: question, mask: false }]);
    return answer as string;
  } catch (thrown) {
    // Ctrl-C arrives as a key here, not as a signal.
    throw new ClaraError('interrupted', 'interrupted; nothing was changed', { cause: thrown });
  }
}
