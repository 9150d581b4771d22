import { ClaraError } from '../../../core/errors.ts';
import { newId } from '../../../core/ids.ts';
import { jobNameProblem, quoted } from '../../../core/names.ts';
import { JobPriority, type JobsCreateRequest } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { PayloadType } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { checkAdding } from '../../store/metadata.ts';
import { type PipelineRecord } from '../../store/pipelines.ts';
import { found, requireId, storageFailure } from '../common.ts';
import { type Stores } from '../context.ts';
import { payloadOf } from '../payloads/rules.ts';

/**
 * Creates a job with its payload (Clara guide, Jobs Create RPC). The files of the input payloads are copied first; job and
 * payload exist for others only when everything is there.
 */
export async function createJob(stores: Stores, request: JobsCreateRequest): Promise<{ readonly jobId: string; readonly payloadId: string }> {
  const { db, jobs, payloads, payloadFiles, pipelines, metadata } = stores;
  const pipeline = pipelineOf(stores, request);
  const priority = priorityOf(request.priority);
  checkName(request.name);
  checkAdding({}, request.metadata);
  const inputs = inputPayloads(stores, request);
  const [jobId, payloadId, createdAt] = [newId(), newId(), Date.now()];
  try {
    await payloadFiles.create(payloadId, ['input', 'operators']);
    for (const input of inputs) await copyInput(stores, input, payloadId);
  } catch (thrown) {
    await payloadFiles.delete(payloadId);
    throw storageFailure(thrown, 'the payload of the job could not be created', WireCode.createPayloadFailed);
  }
  try {
    db.transaction(() => {
      // Copying takes time; the pipeline may have gone or changed meanwhile.
      const { revision } = pipelineOf(stores, { pipelineId: { value: pipeline.id } });
      payloads.create({ id: payloadId, type: PayloadType.PAYLOAD_TYPE_PIPELINE, jobId, createdAt });
      jobs.create({
        id: jobId, name: request.name, pipelineId: pipeline.id, pipelineRevision: revision, payloadId, priority, createdAt,
        operators: pipelines.graph(pipeline.id, revision).map(({ name }) => name),
      });
      metadata.add('job', jobId, request.metadata);
    });
  } catch (thrown) {
    await payloadFiles.delete(payloadId);
    throw storageFailure(thrown, 'the job could not be stored', WireCode.jobStore);
  }
  return { jobId, payloadId };
}

function pipelineOf({ pipelines }: Stores, { pipelineId }: Pick<JobsCreateRequest, 'pipelineId'>): PipelineRecord {
  const id = requireId(pipelineId, 'pipeline', WireCode.invalidPipelineId);
  return found(pipelines.get(id), 'pipeline', id, WireCode.missingPipeline);
}

function checkName(name: string): void {
  const problem = jobNameProblem(name);
  if (problem === undefined) return;
  throw new ClaraError('usage', name === '' ? 'the job has no name' : `the job name ${quoted(name)} ${problem}`, {
    wireCode: WireCode.invalidJobName,
    hint: 'a job name is 1 to 255 letters, digits, "-", "_", "." and single spaces between them',
  });
}

function priorityOf(priority: JobPriority): JobPriority {
  if (priority === JobPriority.JOB_PRIORITY_UNKNOWN) return JobPriority.JOB_PRIORITY_NORMAL;
  if (priority >= JobPriority.JOB_PRIORITY_LOWER && priority <= JobPriority.JOB_PRIORITY_IMMEDIATE) return priority;
  throw new ClaraError('usage', `there is no priority ${priority}: it is 1 (lower), 2 (normal), 3 (higher) or 4 (immediate)`, { wireCode: WireCode.jobStore });
}

/** The payloads to copy, in the order of the request; only reusable ones can be used again. */
function inputPayloads(stores: Stores, request: JobsCreateRequest): string[] {
  return request.inputPayloads.map((identifier) => {
    const payload = payloadOf(stores, identifier);
    if (payload.type === PayloadType.PAYLOAD_TYPE_REUSABLE) return payload.id;
    throw new ClaraError('usage', `payload ${payload.id} belongs to job ${payload.jobId ?? ''}; only reusable payloads can be the input of another job`, {
      wireCode: WireCode.createPayloadFailed,
    });
  });
}

async function copyInput({ payloadFiles }: Stores, from: string, to: string): Promise<void> {
  const result = await payloadFiles.copyToInput(from, to);
  if (result.kind === 'missing') throw new ClaraError('not-found', `there is no payload ${from}`, { wireCode: WireCode.missingPayload });
  if (result.kind === 'collision') {
    throw new ClaraError('usage', `two input payloads have a file ${quoted(result.name)}; the second is in payload ${from}`, { wireCode: WireCode.createPayloadFailed });
  }
}
