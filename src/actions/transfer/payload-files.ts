import { type CallControl, type Connection } from '../../api/client.ts';
import { PayloadType } from '../../api/generated/nvidia/clara/platform/payloads.ts';
import { JobsService, PayloadsService } from '../../api/services.ts';
import { ClaraError } from '../../core/errors.ts';
import { parseId } from '../../core/ids.ts';
import { canonicalPrefix, checkPrefix, onlyMatch, reusablePayload, type Listed } from '../resolve-id.ts';
import { reusable, storedPayloads } from '../stored-payloads.ts';

/** A file of a payload as the platform lists it: the name starts with a slash, the size is in bytes. */
export interface RemoteFile {
  readonly name: string;
  readonly size: number;
}

export interface PayloadListing {
  /** Whether it is the payload of a job: then uploads go below its `/input`. */
  readonly ofJob: boolean;
  readonly files: readonly RemoteFile[];
}

/** All files of a payload. */
export async function listPayload(connection: Connection, payloadId: string, control: CallControl = {}): Promise<PayloadListing> {
  const files: RemoteFile[] = [];
  let ofJob = false;
  for await (const { file, type, jobId } of connection.service(PayloadsService).details({ payloadId: { value: payloadId } }, control)) {
    // Only the first message is sure to tell the type; an empty payload may have a message without a file (platform-api 4.3).
    ofJob ||= type === PayloadType.PAYLOAD_TYPE_PIPELINE || (jobId?.value ?? '') !== '';
    if (file && file.name !== '') files.push({ name: file.name, size: file.size });
  }
  return { ofJob, files };
}

const listHint = '`clara list jobs` and `clara list payloads` show them';

/** A payload that a user named, with its job where that is known. */
export interface PayloadAddress {
  readonly payloadId: string;
  readonly jobId?: string;
}

/** The payload that is meant by the id, or an unambiguous prefix of the id, of a job or of a payload. */
export async function resolvePayload(connection: Connection, text: string, control: CallControl = {}): Promise<PayloadAddress> {
  const jobs = connection.service(JobsService);
  const id = parseId(text);
  if (id !== undefined) {
    try {
      const { payloadId } = await jobs.status({ jobId: { value: id } }, control);
      if (payloadId) return { payloadId: payloadId.value, jobId: id };
    } catch (thrown) {
      if (!isNotFound(thrown)) throw thrown;
    }
    return payloadWithJob(connection, id, control);
  }
  checkPrefix('job', text);
  const prefix = canonicalPrefix(text);
  // By payload: a job and its payload that both begin like this mean the same.
  const found = new Map<string, Listed & { readonly jobId?: string }>();
  for await (const { jobDetails } of jobs.list({}, control)) {
    const jobId = jobDetails?.jobId?.value ?? '';
    const payloadId = jobDetails?.payloadId?.value ?? '';
    if (jobDetails && (jobId.startsWith(prefix) || payloadId.startsWith(prefix))) {
      const isJob = jobId.startsWith(prefix);
      found.set(payloadId, { id: isJob ? jobId : payloadId, name: isJob ? jobDetails.jobName : `payload of job ${jobDetails.jobName}`, jobId });
    }
  }
  for (const { id: payloadId } of reusable(await storedPayloads(connection, control))) {
    if (payloadId.startsWith(prefix)) found.set(payloadId, { id: payloadId, name: reusablePayload });
  }
  const match = onlyMatch('job or payload', text, [...found.values()]);
  const [payloadId, { jobId }] = [...found].find(([, listed]) => listed.id === match)!;
  return { payloadId, ...(jobId === undefined ? {} : { jobId }) };
}

async function payloadWithJob(connection: Connection, payloadId: string, control: CallControl): Promise<PayloadAddress> {
  try {
    // The first message tells it, and there may be very many.
    for await (const { jobId } of connection.service(PayloadsService).details({ payloadId: { value: payloadId } }, control)) {
      return (jobId?.value ?? '') === '' ? { payloadId } : { payloadId, jobId: jobId!.value };
    }
    return { payloadId };
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    throw new ClaraError('not-found', `no job and no payload has the id ${payloadId}`, { hint: listHint, cause: thrown });
  }
}

function isNotFound(thrown: unknown): boolean {
  return thrown instanceof ClaraError && thrown.kind === 'not-found';
}
