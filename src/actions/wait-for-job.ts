import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection } from '../api/client.ts';
import { JobOperatorStatus, JobsService, JobState, JobStatus, type JobsStatusResponse } from '../api/generated/nvidia/clara/platform/jobs.ts';
import { formatDuration } from '../core/duration.ts';
import { ClaraError, messageOf } from '../core/errors.ts';
import { lastLines } from './job-logs.ts';

export interface WaitOptions {
  /** Milliseconds until the waiting is given up; Infinity waits for ever. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called with the first status and with every one that differs from the last. */
  readonly onChange?: (job: JobsStatusResponse) => void | Promise<void>;
}

/** The API has no call that waits: the status is asked for, often while a job is young and later once a second, in ms. */
const shortestPauseMs = 50;
const youngPauseMs = 250;
const youngMs = 20_000;
const longestPauseMs = 1000;

/** How long a platform may be away, in ms, for instance while it is restarted, before the waiting fails. */
const patienceMs = 30_000;

/**
 * Waits until a job has stopped, however it ended, and returns its last status. Fails with `unreachable` when the time
 * is over or the platform stays away, with `interrupted` on an abort; the job itself goes on in all three cases.
 */
export async function waitForJob(connection: Connection, jobId: string, options: WaitOptions = {}): Promise<JobsStatusResponse> {
  const { timeoutMs = Infinity, signal, onChange } = options;
  const jobs = connection.service(JobsService);
  const begun = Date.now();
  const end = begun + timeoutMs;
  let lastAnswer: number | undefined;
  let seen = '';
  for (let pause = shortestPauseMs; ; pause = Math.min(Date.now() - begun < youngMs ? youngPauseMs : longestPauseMs, pause * 1.5)) {
    try {
      const job = await jobs.status({ jobId: { value: jobId } }, signal === undefined ? {} : { signal });
      lastAnswer = Date.now();
      const now = fingerprint(job);
      if (now !== seen) await onChange?.(job);
      seen = now;
      if (job.state === JobState.JOB_STATE_STOPPED) return job;
    } catch (thrown) {
      if (signal?.aborted) throw stillRunning(jobId, thrown);
      const away = thrown instanceof ClaraError && thrown.kind === 'unreachable';
      if (!away || lastAnswer === undefined || Date.now() - lastAnswer > patienceMs) throw thrown;
    }
    const left = end - Date.now();
    if (left <= 0) throw outOfTime(jobId, timeoutMs);
    await sleep(Math.min(pause, left), undefined, signal === undefined ? {} : { signal }).catch((thrown) => { throw stillRunning(jobId, thrown); });
  }
}

/** What a change is: everything that a status says but for its header. */
function fingerprint({ header: _, ...job }: JobsStatusResponse): string {
  return JSON.stringify(job);
}

function stillRunning(jobId: string, cause: unknown): ClaraError {
  return new ClaraError('interrupted', `interrupted; job ${jobId} goes on`, { cause, hint: `\`clara cancel jobs ${jobId}\` stops it` });
}

function outOfTime(jobId: string, timeoutMs: number): ClaraError {
  return new ClaraError('unreachable', `job ${jobId} had not stopped after ${formatDuration(timeoutMs)}; it goes on`, {
    hint: `\`clara describe job -j ${jobId}\` shows how far it is`,
  });
}

/** Whether a stopped job did what it was meant to do. */
export function succeeded({ state, status }: Pick<JobsStatusResponse, 'state' | 'status'>): boolean {
  return state === JobState.JOB_STATE_STOPPED && status === JobStatus.JOB_STATUS_HEALTHY;
}

/** Lines of a failed operator's log that an error shows. */
const shownLogLines = 20;

/** Why a stopped job did not succeed: its messages, the operators that failed and the end of their logs. */
export async function jobFailure(connection: Connection, job: JobsStatusResponse, signal?: AbortSignal): Promise<ClaraError> {
  const jobId = job.jobId?.value ?? '';
  const failed = job.operatorDetails.filter(({ status }) => status === JobOperatorStatus.JOB_OPERATOR_STATUS_FAULTED).map(({ name }) => name);
  // Our platform quotes the end of a log in its messages, as `operator: line`; here comes more of it.
  const details = job.messages.filter((message) => !failed.some((name) => message.startsWith(`${name}: `)));
  for (const name of failed) {
    const lines = await logEnd(connection, jobId, name, signal);
    details.push(lines.length === 0 ? `operator ${name} left no log` : `last lines of operator ${name}:`, ...lines.map((line) => `  ${line}`));
  }
  const how = Object.entries(JobStatus).find(([, value]) => value === job.status)?.[0] ?? String(job.status);
  return new ClaraError('job-failed', `job ${jobId} ended with ${how}${failed.length === 0 ? '' : ` (operator ${failed.join(', ')} failed)`}`, {
    details,
    hint: failed.length === 0 ? `\`clara describe job -j ${jobId}\` says more` : `\`clara logs ${jobId}/${failed[0]!}\` shows the whole log`,
  });
}

async function logEnd(connection: Connection, jobId: string, operator: string, signal?: AbortSignal): Promise<readonly string[]> {
  try {
    return await lastLines(connection, jobId, operator, shownLogLines, signal);
  } catch (thrown) {
    // The job's failure is the news; a log that cannot be read must not hide it.
    return [`(the log cannot be read: ${messageOf(thrown)})`];
  }
}
