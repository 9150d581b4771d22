import { type Connection } from '../../api/client.ts';
import { type Context } from '../context.ts';
import { verbs } from '../declarations/index.ts';
import { escapeControls } from '../output/escape.ts';
import { listPlugins } from '../plugins.ts';
import { whatCanStand, type Candidate, type Wanted } from '../program/candidates.ts';

/** How long the platform has for its answer, in ms: who presses Tab does not wait for a network. */
const deadlineMs = 600;
const mostCandidates = 200;

/**
 * The candidates for the last word. First line: what the shell is to do beside (`none`, `files`, `folders`, or `nospace`
 * for no blank after the word); then one candidate a line, with its meaning behind a tab. Never fails, never prints errors.
 */
export async function printCandidates(context: Context, _options: unknown, words: readonly string[]): Promise<void> {
  const wanted = await whatIsWanted(context, words);
  if (wanted.kind === 'files') return context.io.line(wanted.foldersOnly ? 'folders' : 'files');
  const candidates = wanted.kind === 'words' ? wanted.candidates : await lookUp(context, wanted);
  const open = candidates.length > 0 && candidates.every(({ word }) => /[:/]$/.test(word));
  await context.io.lines([open ? 'nospace' : 'none', ...candidates.map(({ word, meaning }) => `${word}\t${escapeControls(meaning)}`)]);
}

async function whatIsWanted(context: Context, words: readonly string[]): Promise<Wanted> {
  const plugins = listPlugins(context.packageRoot);
  const [first = '', ...rest] = words;
  if (first !== 'platform' || rest.length === 0 || !plugins.includes(first)) return whatCanStand(verbs, plugins, words);
  // Other plugins know their words themselves; to run one that may not know our question is not for a Tab.
  const { verbs: commands } = await import('../platform/declarations.ts');
  return whatCanStand(commands, [], rest);
}

type LookUp = Extract<Wanted, { readonly kind: 'look-up' }>;

async function lookUp(context: Context, wanted: LookUp): Promise<readonly Candidate[]> {
  const found: Candidate[] = [];
  const giveUp = new AbortController();
  const late = new Promise<void>((resolve) => { setTimeout(resolve, deadlineMs); });
  const search = async () => {
    const connection = await context.connect();
    for await (const candidate of candidatesOf(connection, wanted, giveUp.signal)) {
      found.push({ ...candidate, word: wanted.before + candidate.word });
      if (found.length >= mostCandidates) return;
    }
  };
  // Whatever goes wrong, the shell gets what was found until then: an error would be printed into the line being typed.
  await Promise.race([search().catch(() => undefined), late]);
  giveUp.abort();
  return [...found];
}

async function* candidatesOf(connection: Connection, { what, prefix }: LookUp, signal: AbortSignal): AsyncGenerator<Candidate> {
  if (what === 'job-path') {
    yield* pathsOf(connection, prefix, signal);
    return;
  }
  const { listIds } = await import('../../actions/resolve-id.ts');
  for await (const { id, name } of listIds(connection, what, { signal })) if (id.startsWith(prefix.toLowerCase())) yield { word: id, meaning: name };
}

/** `JOB:` for the jobs, then the files of the job's payload one folder level at a time. */
async function* pathsOf(connection: Connection, prefix: string, signal: AbortSignal): AsyncGenerator<Candidate> {
  const { listIds } = await import('../../actions/resolve-id.ts');
  const colon = prefix.indexOf(':');
  if (colon < 0) {
    for await (const { id, name } of listIds(connection, 'job', { signal })) if (id.startsWith(prefix.toLowerCase())) yield { word: `${id}:`, meaning: name };
    return;
  }
  const { listPayload, resolvePayload } = await import('../../actions/transfer/payload-files.ts');
  const { payloadId } = await resolvePayload(connection, prefix.slice(0, colon), { signal });
  const path = prefix.slice(colon + 1);
  const seen = new Set<string>();
  for (const { name } of (await listPayload(connection, payloadId, { signal })).files) {
    if (!name.startsWith(path)) continue;
    const slash = name.indexOf('/', Math.max(path.length, 1));
    const word = slash < 0 ? name : name.slice(0, slash + 1);
    // A name with a line end cannot be offered one a line.
    if (!seen.has(word) && word === escapeControls(word)) yield { word: prefix.slice(0, colon + 1) + word, meaning: '' };
    seen.add(word);
  }
}
