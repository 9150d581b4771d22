import { JobState } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type PayloadRecord } from '../../store/payloads.ts';
import { type Stores } from '../context.ts';

/** Deletes a payload, first for every client, then its files. @throws ClaraError where its job has not stopped */
export async function deletePayload({ db, jobs, payloads, payloadFiles, metadata, log }: Stores, payload: PayloadRecord): Promise<void> {
  const job = payload.jobId === undefined ? undefined : jobs.get(payload.jobId);
  if (job !== undefined && job.state !== JobState.JOB_STATE_STOPPED) {
    throw new ClaraError('failed', `payload ${payload.id} belongs to job ${job.id}, which has not stopped`, {
      wireCode: WireCode.payloadDelete,
      hint: `cancel the job first: clara cancel job ${job.id}`,
    });
  }
  db.transaction(() => {
    payloads.delete(payload.id);
    metadata.clear('payload', payload.id);
  });
  try {
    await payloadFiles.delete(payload.id);
  } catch (thrown) {
    // The payload is gone for every client; what is left of its files goes at the next start.
    log.warn({ err: thrown, payload: payload.id }, 'files of a deleted payload are left');
  }
}
