import { type ResultsClient } from '../../../api/results/client.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type DatedResultTask } from '../../../core/results.ts';
import { type Context } from '../../../terminal/context.ts';
import { openResults } from '../../../terminal/connect-results.ts';

export interface ServiceOption {
  /** `host` or `host:port` of the Results Service. */
  readonly service: string | undefined;
}

export async function resultsOf(context: Context, { service }: ServiceOption): Promise<ResultsClient> {
  return openResults(await context.settings(), context.io, service);
}

const wholeId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const shownCandidates = 10;

/** The ids that the user meant: whole ones as they are, of others the one task that starts so. */
export async function taskIds(client: ResultsClient, texts: readonly string[], signal: AbortSignal): Promise<string[]> {
  const wanted = texts.map((text) => text.replace(/^tasks?\//, '').toLowerCase());
  const bad = wanted.find((text) => !/^[0-9a-f-]{1,36}$/.test(text));
  if (bad !== undefined) throw new ClaraError('usage', `\`${bad}\` is not the id of a task`, { hint: '`clara results list` shows them' });
  if (wanted.every((text) => wholeId.test(text))) return [...new Set(wanted)];
  const matches = new Map<string, DatedResultTask[]>(wanted.map((text) => [text, []]));
  for await (const task of client.list({}, { signal })) {
    for (const [text, found] of matches) if (task.taskId.replaceAll('-', '').startsWith(text.replaceAll('-', ''))) found.push(task);
  }
  return [...new Set(wanted.map((text) => onlyMatch(text, matches.get(text)!)))];
}

function onlyMatch(text: string, matches: readonly DatedResultTask[]): string {
  const [first, ...others] = matches;
  if (first === undefined) throw new ClaraError('not-found', `no task has an id that starts with \`${text}\``, { hint: '`clara results list` shows them' });
  if (others.length === 0) return first.taskId;
  const details = matches.slice(0, shownCandidates).map(({ taskId, agent, state }) => `  ${taskId}  ${agent}  ${state}`);
  if (matches.length > shownCandidates) details.push(`  … and ${matches.length - shownCandidates} more`);
  throw new ClaraError('usage', `the task id \`${text}\` is ambiguous: ${matches.length} ids start with it`, { details, hint: 'give more digits of the id' });
}
