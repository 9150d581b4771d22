import { basename, dirname, join } from 'node:path';
import { type Connection } from '../../api/client.ts';
import { userPluginFolder } from '../../config/settings.ts';
import { type Context } from '../../terminal/context.ts';
import { builtInNames } from '../built-in-names.ts';
import { verbs } from '../declarations/index.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { askPlugin, noAnswer, type Answer } from '../plugins/ask-words.ts';
import { reachablePlugins, surveyPlugins } from '../plugins/catalog.ts';
import { findPlugin, locateIn, type FoundPlugin } from '../plugins/find.ts';
import { bundledFolder, claraProgramOf, searchFolders } from '../plugins/run.ts';
import { readSidecar } from '../plugins/sidecar.ts';
import { pluginWords, whatCanStand, type Candidate, type Wanted } from '../../terminal/program/candidates.ts';

/** How long the platform has for its answer, in ms: who presses Tab does not wait for a network. */
const deadlineMs = 600;
const mostCandidates = 200;

/**
 * The candidates for the last word. First line: what the shell is to do beside (`none`, `files`, `folders`, or `nospace`
 * for no blank after the word); then one candidate a line, with its meaning behind a tab. Never fails, never prints errors.
 */
export async function printCandidates(context: Context, _options: unknown, words: readonly string[]): Promise<void> {
  const { directive, candidates } = await answerTo(context, words);
  if (directive === 'files' || directive === 'folders') return context.io.line(directive);
  const open = candidates.length > 0 && candidates.every(({ word }) => /[:/]$/.test(word));
  await context.io.lines([open ? 'nospace' : directive, ...candidates.map(({ word, meaning }) => `${word}\t${escapeControls(meaning)}`)]);
}

async function answerTo(context: Context, words: readonly string[]): Promise<Answer> {
  const folders = searchFolders(context.packageRoot);
  const [first = '', ...rest] = words;
  // A word that is complete and not ours belongs to a plugin.
  if (rest.length > 0 && first !== '' && !first.startsWith('-') && !builtInNames.includes(first)) {
    const plugin = findPlugin(words.slice(0, -1), locateIn(folders));
    const isPlatform = plugin !== undefined && plugin.path === join(bundledFolder(context.packageRoot), 'clara-platform');
    if (!isPlatform) return wordsOfPlugin(context, words, plugin, folders);
    const { verbs: commands } = await import('../platform/declarations.ts');
    return resolve(context, whatCanStand(commands, [], rest));
  }
  return resolve(context, whatCanStand(verbs, reachablePlugins(folders, builtInNames), words));
}

/** The next words of plugins' names, and those that the plugin itself names; files where it does not say. */
async function wordsOfPlugin(context: Context, words: readonly string[], plugin: FoundPlugin | undefined, folders: readonly string[]): Promise<Answer> {
  const current = words.at(-1)!;
  const longer = pluginWords(reachablePlugins(folders, builtInNames), words.slice(0, -1)).filter(({ word }) => word.startsWith(current));
  // To run one that may not know our question is not for a Tab.
  if (plugin === undefined || !readSidecar(plugin.path).completion) return longer.length === 0 ? { directive: 'files', candidates: [] } : { directive: 'none', candidates: longer };
  const answer = await context.settings()
    .then((settings) => askPlugin({ path: plugin.path, args: [...plugin.args, current] }, claraProgramOf(context.packageRoot), settings, context.signal))
    .catch(() => noAnswer);
  return { directive: answer.directive, candidates: [...longer, ...answer.candidates].slice(0, mostCandidates) };
}

async function resolve(context: Context, wanted: Wanted): Promise<Answer> {
  if (wanted.kind === 'files') return { directive: wanted.foldersOnly ? 'folders' : 'files', candidates: [] };
  return { directive: 'none', candidates: wanted.kind === 'words' ? wanted.candidates : await lookUp(context, wanted) };
}

type LookUp = Extract<Wanted, { readonly kind: 'look-up' }>;

async function lookUp(context: Context, wanted: LookUp): Promise<readonly Candidate[]> {
  if (wanted.what === 'plugin') return installedPlugins(context, wanted.prefix);
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

/** What `clara plugin remove` can remove; a name of several words by its file's name. */
function installedPlugins({ packageRoot }: Context, prefix: string): readonly Candidate[] {
  const own = userPluginFolder();
  return surveyPlugins(searchFolders(packageRoot), []).files.filter(({ path }) => dirname(path) === own)
    .map(({ name, path, summary }) => ({ word: name.includes(' ') ? basename(path) : name, meaning: summary ?? 'Plugin' })).filter(({ word }) => word.startsWith(prefix));
}

async function* candidatesOf(connection: Connection, { what, prefix }: LookUp, signal: AbortSignal): AsyncGenerator<Candidate> {
  // The last two are known to clara-wf alone, which answers for itself.
  if (what === 'plugin' || what === 'stage' || what === 'workflow') return;
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
