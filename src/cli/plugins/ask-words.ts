import { pluginEnvironment, type Settings } from '../../config/settings.ts';
import { runProgram } from '../../system/run-program.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { type Candidate } from '../../terminal/program/candidates.ts';
import { type FoundPlugin } from './find.ts';

/** How long a plugin has for its words, in ms. */
const deadlineMs = 600;
const mostBytes = 256 * 1024;

/** What the shell is to do beside offering words (`clara __complete`). */
export type Directive = 'none' | 'files' | 'folders' | 'nospace';

export interface Answer {
  readonly directive: Directive;
  readonly candidates: readonly Candidate[];
}

export const noAnswer: Answer = { directive: 'none', candidates: [] };

/** Runs `PLUGIN __complete -- WORDS…` and reads its answer. One that fails or is late has none; only ask a plugin that says it answers. */
export async function askPlugin({ path, args }: FoundPlugin, bin: string, settings: Settings, signal: AbortSignal): Promise<Answer> {
  const { exitCode, stdout } = await runProgram(path, ['__complete', '--', ...args], { timeoutMs: deadlineMs, maxBytes: mostBytes, environment: pluginEnvironment(bin, settings), signal });
  return exitCode === 0 ? parseAnswer(stdout, args.at(-1) ?? '') : noAnswer;
}

/** Lines `WORD` or `WORD<tab>MEANING`, and `:files`, `:folders` or `:nospace`; words that do not go on from what is typed are left out. */
export function parseAnswer(text: string, current: string): Answer {
  const lines = text.split(/\r?\n/).filter((line) => line !== '');
  const directive = lines.map((line) => /^:(files|folders|nospace)$/.exec(line)?.[1] as Directive | undefined).find((found) => found !== undefined) ?? 'none';
  const candidates = lines.filter((line) => !/^:[a-z]+$/.test(line)).map((line) => {
    const tab = line.indexOf('\t');
    return tab < 0 ? { word: line, meaning: '' } : { word: line.slice(0, tab), meaning: line.slice(tab + 1).trim() };
  });
  // What would move the cursor of the line being typed is not offered.
  return { directive, candidates: candidates.filter(({ word }) => word !== '' && word.startsWith(current) && word === escapeControls(word)) };
}
