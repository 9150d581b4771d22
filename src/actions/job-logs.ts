import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection } from '../api/client.ts';
import { followLogs } from '../api/extensions.ts';
import { JobOperatorStatus, JobState, type JobsStatusResponse } from '../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../api/services.ts';
import { ClaraError } from '../core/errors.ts';
import { foldName } from '../core/names.ts';

/** What an operator has written so far, in batches of lines. */
export async function* readLog(connection: Connection, jobId: string, operator: string, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
  const request = { jobId: { value: jobId }, operatorName: operator };
  for await (const { logs } of connection.service(JobsService).readLogs(request, signal === undefined ? {} : { signal })) yield logs;
}

/** The last lines of an operator's log. The whole log passes through, none of it stays. */
export async function lastLines(connection: Connection, jobId: string, operator: string, count: number, signal?: AbortSignal): Promise<readonly string[]> {
  let last: string[] = [];
  for await (const lines of readLog(connection, jobId, operator, signal)) {
    last = [...last, ...lines.slice(-count)].slice(-count);
  }
  return last;
}

const retryMs = 1000;
const silenceMs = 30_000;

/**
 * An operator's log until the operator has ended. Our platform keeps the call open (request metadata `clara-follow`); one
 * that does not know it answers with what there is, and is asked again for what came since. A connection that is lost is
 * taken up again, too.
 */
export async function* followLog(connection: Connection, jobId: string, operator: string, signal?: AbortSignal): AsyncGenerator<readonly string[]> {
  const request = { jobId: { value: jobId }, operatorName: operator };
  const short = signal === undefined ? {} : { signal };
  const long = { ...short, timeoutMs: 0, metadata: { [followLogs.key]: followLogs.value } };
  const jobs = connection.service(JobsService);
  let seen = 0;
  let lastAnswer: number | undefined;
  let snapshots = false;
  for (;;) {
    let over = false;
    try {
      over = snapshots && hasStopped(await jobs.status({ jobId: { value: jobId } }, short), operator);
      let skip = seen;
      for await (const { logs } of jobs.readLogs(request, long)) {
        lastAnswer = Date.now();
        const news = logs.slice(skip);
        skip -= logs.length - news.length;
        seen += news.length;
        if (news.length > 0) yield news;
      }
      lastAnswer = Date.now();
      over ||= !snapshots && hasStopped(await jobs.status({ jobId: { value: jobId } }, short), operator);
      snapshots = true;
    } catch (thrown) {
      const patient = thrown instanceof ClaraError && thrown.kind === 'unreachable' && lastAnswer !== undefined && Date.now() - lastAnswer < silenceMs;
      if (!patient) throw thrown;
    }
    if (over) return;
    await sleep(retryMs, undefined, short).catch((thrown: unknown) => { throw new ClaraError('interrupted', 'interrupted', { cause: thrown }); });
  }
}

/** Whether an operator of a job writes no more. */
function hasStopped(status: JobsStatusResponse, operator: string): boolean {
  if (status.state === JobState.JOB_STATE_STOPPED) return true;
  const found = status.operatorDetails.find(({ name }) => foldName(name) === foldName(operator));
  return found !== undefined && hasEnded(found.status);
}

/** Whether an operator of this status has run to its end, well or badly. */
export function hasEnded(status: JobOperatorStatus): boolean {
  return status === JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED || status === JobOperatorStatus.JOB_OPERATOR_STATUS_FAULTED;
}
