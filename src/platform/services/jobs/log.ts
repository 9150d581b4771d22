import { setTimeout as sleep } from 'node:timers/promises';
import { isoTime } from '../../../core/time.ts';
import { JobOperatorStatus, JobState, JobStatus } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { type JobRecord, type JobStore, type OperatorRecord } from '../../store/job-records.ts';

/** The operator name under which the log of the job itself is read (Clara guide, Jobs ReadLogs RPC, 0.8.1). */
export const jobLogName = 'clara-pod-manager';

const pollMs = 500;

/**
 * The log of a job itself: what became of it and of its operators, and when. It is told from the records, so it is there
 * for every job, and always right. With `follow` it goes on until the job has ended.
 */
export async function* jobLog(jobs: JobStore, jobId: string, { follow, signal }: { readonly follow: boolean; readonly signal: AbortSignal }): AsyncGenerator<readonly string[]> {
  let told = 0;
  for (;;) {
    const job = jobs.get(jobId);
    if (job === undefined) return;
    const lines = jobHistory(job, jobs.operators(jobId));
    if (lines.length > told) yield lines.slice(told);
    told = lines.length;
    if (!follow || job.state === JobState.JOB_STATE_STOPPED) return;
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** What has happened so far, oldest first; later calls only add lines at the end. */
export function jobHistory(job: JobRecord, operators: readonly OperatorRecord[]): string[] {
  const events: { readonly at: number; readonly text: string }[] = [{ at: job.createdAt, text: `job ${job.name} created` }];
  const add = (at: number | undefined, text: string) => { if (at !== undefined) events.push({ at, text }); };
  add(job.queuedAt, 'job queued');
  add(job.startedAt, 'job started');
  for (const { name, status, startedAt, stoppedAt, exitCode } of operators) {
    add(startedAt, `operator ${name} started`);
    const how = status === JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED ? 'completed' : 'failed';
    add(stoppedAt, `operator ${name} ${how}${exitCode === undefined ? '' : ` with exit code ${exitCode}`}`);
  }
  // Stable: what happened in one millisecond stays in the order of cause and effect.
  events.sort((one, other) => one.at - other.at);
  const lines = events.map(({ at, text }) => `${isoTime(at)} ${text}`);
  if (job.stoppedAt === undefined) return lines;
  const end = isoTime(job.stoppedAt);
  const told = new Set(events.map(({ text }) => text));
  return [...lines, ...job.messages.filter((message) => !told.has(message)).map((message) => `${end} ${message}`), `${end} job ${ends[job.status] ?? 'stopped'}`];
}

const ends: Readonly<Partial<Record<JobStatus, string>>> = {
  [JobStatus.JOB_STATUS_HEALTHY]: 'completed',
  [JobStatus.JOB_STATUS_FAULTED]: 'failed',
  [JobStatus.JOB_STATUS_CANCELED]: 'canceled',
  [JobStatus.JOB_STATUS_EVICTED]: 'evicted',
  [JobStatus.JOB_STATUS_TERMINATED]: 'terminated',
};
