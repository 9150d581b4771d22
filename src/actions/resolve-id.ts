import { type CallControl, type Connection } from '../api/client.ts';
import { JobsService, ModelsService, PipelinesService } from '../api/services.ts';
import { ClaraError } from '../core/errors.ts';
import { isIdPrefix, parseId } from '../core/ids.ts';
import { reusable, storedPayloads } from './stored-payloads.ts';

export type ResourceKind = 'pipeline' | 'job' | 'payload' | 'model';

/** Something that has an id. For a payload the name is that of its job, or that it is reusable. */
export interface Listed {
  readonly id: string;
  readonly name: string;
}

/** What stands in the place of a name of a payload that belongs to no job. */
export const reusablePayload = 'reusable payload';

/** How many candidates of an ambiguous id are shown. */
const shownCandidates = 10;

/**
 * All ids of a kind, in the platform's order; of payloads those of jobs first. An older platform cannot tell which payloads
 * are reusable, or deleted. Serves shell completion, too.
 */
export async function* listIds(connection: Connection, kind: ResourceKind, control?: CallControl): AsyncGenerator<Listed> {
  switch (kind) {
    case 'pipeline':
      for await (const { details } of connection.service(PipelinesService).list({}, control)) {
        if (details?.pipelineId) yield { id: details.pipelineId.value, name: details.name };
      }
      return;
    case 'model':
      for await (const { models } of connection.service(ModelsService).listModels({}, control)) {
        for (const { modelId, name } of models) if (modelId) yield { id: modelId.value, name };
      }
      return;
    case 'job':
      for await (const { jobDetails } of connection.service(JobsService).list({}, control)) {
        if (jobDetails?.jobId) yield { id: jobDetails.jobId.value, name: jobDetails.jobName };
      }
      return;
    case 'payload': {
      const stored = await storedPayloads(connection, control);
      for await (const { jobDetails } of connection.service(JobsService).list({}, control)) {
        const id = jobDetails?.payloadId?.value;
        if (jobDetails && id !== undefined && stored?.has(id) !== false) yield { id, name: jobDetails.jobName };
      }
      for (const { id } of reusable(stored)) yield { id, name: reusablePayload };
    }
  }
}

/**
 * The canonical id that the user meant: a whole id as it is (without asking the platform), or the one id that starts
 * with the given text. Fails with `usage` where the text cannot be an id or fits several, with `not-found` where none fits.
 */
export async function resolveId(connection: Connection, kind: ResourceKind, text: string, control?: CallControl): Promise<string> {
  return (await resolveIds(connection, kind, [text], control))[0]!;
}

/** Like resolveId, for several ids at the price of one listing. */
export async function resolveIds(connection: Connection, kind: ResourceKind, texts: readonly string[], control?: CallControl): Promise<string[]> {
  const known = texts.map(parseId);
  const prefixes = texts.filter((_, index) => known[index] === undefined);
  for (const prefix of prefixes) checkPrefix(kind, prefix);
  if (prefixes.length === 0) return known as string[];

  const matches = new Map<string, Listed[]>(prefixes.map((prefix) => [canonicalPrefix(prefix), []]));
  for await (const listed of listIds(connection, kind, control)) {
    for (const [prefix, found] of matches) if (listed.id.startsWith(prefix)) found.push(listed);
  }
  return texts.map((text, index) => known[index] ?? onlyMatch(kind, text, matches.get(canonicalPrefix(text))!));
}

/** Fails where the text can be neither an id nor the left part of one. */
export function checkPrefix(kind: ResourceKind, text: string): void {
  if (isIdPrefix(text)) return;
  throw new ClaraError('usage', `\`${text}\` is not a ${kind} id`, {
    hint: `an id is 32 hexadecimal digits, or the first few of them; ${listHint(kind)}`,
  });
}

/** The left part of an id in its canonical form: lower case, no dashes. */
export function canonicalPrefix(text: string): string {
  return text.toLowerCase().replaceAll('-', '');
}

/** The one match of a prefix; fails where there is none, or more than one. */
export function onlyMatch(kind: ResourceKind | 'job or payload', text: string, matches: readonly Listed[]): string {
  const [first, ...others] = matches;
  if (first === undefined) {
    const hint = kind === 'job or payload' ? '`clara list jobs` and `clara list payloads` show them' : listHint(kind);
    throw new ClaraError('not-found', `no ${kind} has an id that starts with \`${text}\``, { hint });
  }
  if (others.length === 0) return first.id;
  const details = matches.slice(0, shownCandidates).map(({ id, name }) => `  ${id}  ${name}`);
  if (matches.length > shownCandidates) details.push(`  … and ${matches.length - shownCandidates} more`);
  throw new ClaraError('usage', `the ${kind} id \`${text}\` is ambiguous: ${matches.length} ids start with it`, {
    details,
    hint: 'give more digits of the id',
  });
}

function listHint(kind: ResourceKind): string {
  return `\`clara list ${kind}s\` shows them`;
}
