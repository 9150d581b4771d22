import { JobState } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Engine } from '../../engine/engine.ts';
import { type PayloadRecord } from '../../store/payloads.ts';
import { storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';

/**
 * Deletes a job that has stopped, with its payload, where that is still there. Logs go first: where that fails, or the
 * platform ends meanwhile, the job is still there to be deleted again.
 * @throws ClaraError where the payload belongs to no job, or to one that has not stopped
 */
export async function deleteJob(stores: Stores, payloadId: string, engine: Pick<Engine, 'forget'>): Promise<void> {
  const { db, jobs, payloads, pipelines, metadata } = stores;
  const job = jobs.ofPayload(payloadId);
  if (job === undefined) throw new ClaraError('not-found', `payload ${payloadId} belongs to no job`, { wireCode: WireCode.missingPayload });
  if (job.state !== JobState.JOB_STATE_STOPPED) throw notStopped(`job ${job.id} has not stopped`, job.id);
  try {
    await engine.forget(job);
  } catch (thrown) {
    throw storageFailure(thrown, `the logs of job ${job.id} could not be removed`, WireCode.payloadDelete);
  }
  const payload = payloads.get(payloadId);
  db.transaction(() => {
    jobs.delete(job.id);
    metadata.clear('job', job.id);
    pipelines.forgetUnused(job.pipelineId);
    if (payload !== undefined) forgetPayload(stores, payload);
  });
  if (payload !== undefined) await removeFiles(stores, payload);
}

function notStopped(what: string, jobId: string): ClaraError {
  return new ClaraError('failed', what, { wireCode: WireCode.payloadDelete, hint: `cancel the job first: clara cancel job ${jobId}` });
}

/** Deletes a payload, first for every client, then its files. @throws ClaraError where its job has not stopped */
export async function deletePayload(stores: Stores, payload: PayloadRecord): Promise<void> {
  const { db, jobs } = stores;
  const job = payload.jobId === undefined ? undefined : jobs.get(payload.jobId);
  if (job !== undefined && job.state !== JobState.JOB_STATE_STOPPED) {
    throw notStopped(`payload ${payload.id} belongs to job ${job.id}, which has not stopped`, job.id);
  }
  db.transaction(() => forgetPayload(stores, payload));
  await removeFiles(stores, payload);
}

/** Call inside a transaction. */
function forgetPayload({ payloads, metadata }: Stores, { id }: PayloadRecord): void {
  payloads.delete(id);
  metadata.clear('payload', id);
}

async function removeFiles({ payloadFiles, log }: Stores, { id }: PayloadRecord): Promise<void> {
  try {
    await payloadFiles.delete(id);
  } catch (thrown) {
    // The payload is gone for every client; what is left of its files goes at the next start.
    log.warn({ err: thrown, payload: id }, 'files of a deleted payload are left');
  }
}
