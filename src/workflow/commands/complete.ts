import { type Context } from '../../terminal/context.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { whatCanStand, type Candidate } from '../../terminal/program/candidates.ts';
import { type Verb } from '../../terminal/program/declare.ts';
import { programCalled } from '../program.ts';
import { projectOf } from './place.ts';

/** `clara-wf __complete -- WORD…`: the words that the last one may become, one a line (docs/plugins.md, "Help and completion"). Never fails. */
export function printCandidates(verbs: readonly Verb[]) {
  return async (context: Context, _options: unknown, words: readonly string[]): Promise<void> => {
    const wanted = whatCanStand(verbs, [], words.length === 0 ? [''] : words, programCalled('clara-wf'));
    if (wanted.kind === 'files') return context.io.line(wanted.foldersOnly ? ':folders' : ':files');
    const found = wanted.kind === 'words' ? wanted.candidates : (await lookUp(context, words.slice(0, -1), wanted.what).catch(() => [])).map((word) => ({ word: wanted.before + word, meaning: '' }));
    await context.io.lines(found.filter(({ word }) => word === escapeControls(word)).map(lineOf));
  };
}

/** Without a project nothing is known; a complaint would be printed into the line being typed. */
async function lookUp({ packageRoot, globals }: Context, words: readonly string[], what: string): Promise<readonly string[]> {
  const project = await projectOf({ packageRoot, globals: { ...globals, directory: directoryIn(words) ?? globals.directory } });
  if (what === 'stage') return project.stageFolders;
  return what === 'workflow' ? project.workflows().map(({ id }) => id) : [];
}

/** What the line being typed says with `-C`. */
function directoryIn(words: readonly string[]): string | undefined {
  const at = words.findLastIndex((word) => /^(-C|--directory(=.*)?)$/s.test(word));
  return words[at]?.startsWith('--directory=') === true ? words[at].slice('--directory='.length) : at < 0 ? undefined : words[at + 1];
}

function lineOf({ word, meaning }: Candidate): string {
  return meaning === '' ? word : `${word}\t${escapeControls(meaning)}`;
}
