import { type Connection } from '../../api/client.ts';
import { JobsService } from '../../api/services.ts';
import { messageOf } from '../../core/errors.ts';
import { parseId } from '../../core/ids.ts';
import { fromTimestamp, isoTime } from '../../core/time.ts';
import { type StoredRequest } from '../store/inference.ts';
import { type AdapterStore } from '../store/store.ts';

/** Names as the original's JSON has them; the numbers are those of the protocol. */
const jobStates = ['Unknown', 'Pending', 'Running', 'Stopped'] as const;
const jobStatuses = ['Unknown', 'Healthy', 'Faulted', 'Canceled', 'Evicted', 'Terminated'] as const;
const jobPriorities = ['Unknown', 'Lower', 'Normal', 'Higher', 'Immediate'] as const;

/** The answer to `GET /api/inference/status/{id}` (dicom-adapter 13). Times are ISO 8601, null until they are reached. */
export interface StatusBody {
  readonly transactionId: string;
  readonly platform: {
    readonly jobId: string;
    readonly payloadId: string;
    readonly status: (typeof jobStatuses)[number];
    readonly state: (typeof jobStates)[number];
    readonly priority: (typeof jobPriorities)[number];
    readonly created: string | null;
    readonly started: string | null;
    readonly stopped: string | null;
  };
  readonly dicom: { readonly state: 'Queued' | 'InProcess' | 'Completed'; readonly status: 'Unknown' | 'Success' | 'Fail' };
  readonly message: string;
}

export interface StatusOptions {
  readonly store: AdapterStore;
  readonly connection: Connection;
  readonly isInProcess: (id: string) => boolean;
}

/** How the request of this transaction, job or payload stands; undefined where there is none. A platform that cannot be asked is named in the message. */
export async function requestStatus(id: string, { store, connection, isInProcess }: StatusOptions): Promise<StatusBody | undefined> {
  const stored = store.inference.find(id, parseId(id));
  if (stored === undefined) return undefined;
  const known = { jobId: stored.jobId!, payloadId: stored.payloadId! };
  const dicom = conditionOf(stored, isInProcess(stored.id));
  const submission = stored.state === 'submitted' ? store.submissions.get(stored.id) : undefined;
  const troubles = [...(stored.error?.split('\n') ?? []), ...(submission?.error === undefined ? [] : [`the job could not be submitted${submission.state === 'faulted' ? '' : ' yet'}: ${submission.error}`])];
  const own = troubles.map((line) => `DICOM adapter: ${line}`);
  const [platform, lines] = await connection.service(JobsService).status({ jobId: { value: known.jobId } }).then(
    ({ status, state, priority, created, started, stopped, messages }) => [{
      ...known, status: wordOf(jobStatuses, status), state: wordOf(jobStates, state), priority: wordOf(jobPriorities, priority),
      created: timeOf(created), started: timeOf(started), stopped: timeOf(stopped),
    } as const, messages] as const,
    (thrown: unknown) => [{ ...known, status: 'Unknown', state: 'Unknown', priority: 'Unknown', created: null, started: null, stopped: null } as const, [`the platform could not be asked: ${messageOf(thrown)}`]] as const,
  );
  return { transactionId: stored.transactionId, platform, dicom, message: [...lines, ...own].join('\n') };
}

/** The original's words: it is done with a request once the data are there and the job goes its way. */
function conditionOf({ state }: StoredRequest, inProcess: boolean): StatusBody['dicom'] {
  if (state === 'submitted') return { state: 'Completed', status: 'Success' };
  if (state === 'failing' || state === 'failed') return { state: 'Completed', status: 'Fail' };
  return { state: inProcess ? 'InProcess' : 'Queued', status: 'Unknown' };
}

/** A number that a newer platform sends is unknown. */
function wordOf<Word extends string>(words: readonly Word[], number: number): Word {
  return words[number] ?? words[0]!;
}

function timeOf(timestamp: { readonly value: number } | undefined): string | null {
  const ms = fromTimestamp(timestamp);
  return ms === undefined ? null : isoTime(ms);
}
