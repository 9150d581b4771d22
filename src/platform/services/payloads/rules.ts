import { ClaraError } from '../../../core/errors.ts';
import { quoted } from '../../../core/names.ts';
import { parsePayloadPath } from '../../../core/payload-path.ts';
import { JobState } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type PayloadRecord } from '../../store/payloads.ts';
import { found, requireId } from '../common.ts';
import { type Stores } from '../context.ts';

/** The payload that a request names. */
export function payloadOf({ payloads }: Pick<Stores, 'payloads'>, identifier: { value: string } | undefined): PayloadRecord {
  const id = requireId(identifier, 'payload', WireCode.invalidPayloadId);
  return found(payloads.get(id), 'payload', id, WireCode.missingPayload);
}

/** A file name of a request as a path below the payload's root, or the reason why it is none. */
export function componentsOf(name: string, wireCode: typeof WireCode.missingFile | typeof WireCode.payloadUpload): readonly string[] {
  const path = parsePayloadPath(name);
  if (path.kind === 'path') return path.components;
  throw new ClaraError('usage', `${quoted(name)} cannot be the name of a file in a payload: ${path.reason}`, { wireCode });
}

/** Throws where clients may not change a payload's files: from the start of its job on (Clara guide, Jobs Start RPC). */
export function requireWritable(
  { payloads, jobs }: Pick<Stores, 'payloads' | 'jobs'>, { id }: PayloadRecord,
  wireCode: typeof WireCode.payloadUpload | typeof WireCode.deleteContents,
): void {
  const payload = found(payloads.get(id), 'payload', id, WireCode.missingPayload);
  if (payload.jobId === undefined) return;
  const job = jobs.get(payload.jobId);
  if (job !== undefined && job.state === JobState.JOB_STATE_PENDING && job.queuedAt === undefined) return;
  throw new ClaraError('failed', `payload ${id} is read-only: job ${payload.jobId} ${job?.queuedAt === undefined ? 'has ended' : 'has been started'}`, {
    wireCode, hint: 'create another job for other files',
  });
}

/** The failure of a request for a file that a payload does not have. */
export function missingFile(name: string, payloadId: string): ClaraError {
  return new ClaraError('not-found', `there is no file ${quoted(name)} in payload ${payloadId}`, { wireCode: WireCode.missingFile });
}

/** Several files whose names differ only in case, none of them as asked for (Clara guide, Payloads Download RPC). */
export function ambiguousFile(name: string, candidates: readonly string[]): ClaraError {
  return new ClaraError('usage', `${quoted(name)} could be any of ${candidates.length} files that differ only in case`, {
    wireCode: WireCode.missingFile,
    details: candidates.map((candidate) => `  ${candidate}`),
    hint: 'write the name in the exact case',
  });
}
