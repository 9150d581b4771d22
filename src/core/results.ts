import { ClaraError } from './errors.ts';

/** The vocabulary of the Results Service (Clara guide, Results Service), shared by the service, its clients and operators. */

/** Port of the Results Service (Clara guide, Results Service, samples). */
export const resultsPort = 8088;

/** States of a task; the numbers are the original's. */
export const taskStates = { Pending: 1, InProgress: 2, Succeeded: 3, Failed: 4 } as const;
export type TaskState = keyof typeof taskStates;

/** What an exporter is to deliver: files of a payload, where to, and how far that has come. */
export interface ResultTask {
  /** GUID with dashes. */
  readonly taskId: string;
  readonly jobId: string;
  readonly pipelineId: string;
  readonly payloadId: string;
  /** JSON text for the exporter. */
  readonly parameters: string | null;
  readonly state: TaskState;
  /** How often an exporter has put it back for another attempt. */
  readonly retries: number;
  /** The exporter that it is for. */
  readonly agent: string;
  /** Names of files, as the payload's download takes them. */
  readonly uris: readonly string[];
}

/** A task with its times, ISO 8601. */
export interface DatedResultTask extends ResultTask {
  readonly created: string;
  /** When its state last changed. */
  readonly updated: string;
}

/** What is registered; the service makes a task of it. */
export interface Registration {
  readonly pipelineId: string;
  readonly jobId: string;
  readonly payloadId: string;
  readonly parameters?: string | null;
  readonly uris: readonly string[];
}

/** Names of exporters: at most 32 letters, digits and hyphens; a letter first, no hyphen last. As the source of a regular expression. */
export const agentPattern = '^[A-Za-z](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?$';

/** Throws where a text cannot be the name of an exporter. */
export function checkAgent(name: string): void {
  if (new RegExp(agentPattern).test(name)) return;
  throw new ClaraError('usage', `\`${name}\` cannot be the name of an exporter`, { hint: 'at most 32 letters, digits and hyphens; a letter first, no hyphen last' });
}

/** The state that a word (in any case) or a number stands for; undefined where it stands for none. */
export function parseTaskState(text: string): TaskState | undefined {
  const names = Object.keys(taskStates) as TaskState[];
  return names.find((name) => name.toLowerCase() === text.toLowerCase() || String(taskStates[name]) === text);
}

/**
 * Whether a text can be the parameters of a task: JSON, or a bare word, which a sample of the guide has in that place
 * (`mys3bucketname`).
 */
export function areParameters(text: string): boolean {
  if (/^[A-Za-z0-9][\w.-]*$/.test(text)) return true;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Identifiers of tasks. */
export const taskIdPattern = '^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$';

/** The header by which a registration that is sent again is known to be the same. */
export const registrationKeyHeader = 'idempotency-key';

/** The socket through which operators register, in a folder of its own. */
export const resultsSocket = 'results.sock';
