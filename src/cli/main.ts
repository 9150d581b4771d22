import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type runCommandLine } from './full.ts';
import { runAsPlugin } from './plugins/run.ts';

/**
 * `clara`: a plugin's command line is handed over at once, before all that commands need is loaded; everything else, and
 * what goes wrong with a plugin, is for the full program beside this one.
 */
async function main(): Promise<void> {
  let pluginFailed = false;
  try {
    const code = await runAsPlugin(process.argv.slice(2), join(dirname(fileURLToPath(import.meta.url)), '..'));
    if (code !== undefined) {
      process.exitCode = code;
      return;
    }
  } catch {
    // The full program meets the same, and knows how to tell it.
    pluginFailed = true;
  }
  const full = './cli.cjs';
  const program = await import(full) as { readonly runCommandLine: typeof runCommandLine };
  await program.runCommandLine(pluginFailed);
}

void main();
