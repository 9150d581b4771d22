import { ClaraError } from '../../core/errors.ts';
import { escapeControls } from './escape.ts';
import { type Io } from './io.ts';

/**
 * Asks a yes/no question on the terminal and echoes the choice as `✔ Yes` (reference: prompts of the original). Where
 * nobody can be asked it fails, naming the flag that answers in advance.
 */
export async function confirm(io: Io, question: string, flag: string, signal: AbortSignal): Promise<boolean> {
  const { stdin, stderr } = io.terminal;
  if (!io.interactive || !stdin.isTTY) {
    throw new ClaraError('usage', `\`${question}\` cannot be asked (there is no terminal)`, { hint: `pass ${flag} to answer with yes` });
  }
  const { default: inquirer } = await import('inquirer');
  const ask = inquirer.createPromptModule({ input: stdin, output: stderr, signal });
  try {
    const { answer } = await ask([{
      type: 'select',
      name: 'answer',
      message: escapeControls(question),
      choices: [{ name: 'Yes', value: true }, { name: 'No', value: false }],
      // Only the choice stays on the screen.
      theme: { style: { message: (text: string, status: string) => (status === 'done' ? '' : text) } },
    }]);
    return answer as boolean;
  } catch (thrown) {
    throw new ClaraError('interrupted', 'interrupted; nothing was changed', { cause: thrown });
  }
}
