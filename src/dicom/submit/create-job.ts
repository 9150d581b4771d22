import { type Connection } from '../../api/client.ts';
import { JobPriority } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../../api/services.ts';
import { submitJob, type CreatedJob } from '../../actions/submit-job.ts';
import { defaultTuning } from '../../actions/transfer/progress.ts';
import { type Submission } from '../store/submissions.ts';
import { submissionKey } from './job-metadata.ts';

/** What a job is made of; `creating` says that the platform may have been asked for it before. */
export type JobToCreate = Pick<Submission, 'id' | 'pipelineId' | 'jobName' | 'source' | 'priority' | 'creating'>;

export interface CreateOptions {
  readonly connection: Connection;
  readonly signal: AbortSignal;
  /** Beside its source and the id of its submission. */
  readonly metadata: () => Promise<Readonly<Record<string, string>>>;
  /** The platform is going to be asked: write it down. */
  readonly onAsking: () => void;
}

const priorityOf = {
  lower: JobPriority.JOB_PRIORITY_LOWER, normal: JobPriority.JOB_PRIORITY_NORMAL, higher: JobPriority.JOB_PRIORITY_HIGHER, immediate: JobPriority.JOB_PRIORITY_IMMEDIATE,
} as const;

/** Creates the job of a submission, once: one that was created before without our learning of it is found again. */
export async function createJob(job: JobToCreate, { connection, signal, metadata, onAsking }: CreateOptions): Promise<CreatedJob> {
  if (job.creating) {
    const earlier = await findJob(connection, job, signal);
    if (earlier !== undefined) return earlier;
  }
  const more = await metadata();
  onAsking();
  return submitJob(connection, {
    pipelineId: job.pipelineId, name: job.jobName, priority: priorityOf[job.priority], start: false, metadata: { ...more, Source: job.source, [submissionKey]: job.id },
  }, { ...defaultTuning, signal });
}

/** The job that an earlier attempt created without our learning of it. */
export async function findJob(connection: Connection, { id, pipelineId }: Pick<JobToCreate, 'id' | 'pipelineId'>, signal: AbortSignal): Promise<CreatedJob | undefined> {
  const filter = { pipelineId: [{ value: pipelineId }], hasState: [], hasStatus: [], completedBefore: undefined, createdAfter: undefined };
  for await (const { jobDetails } of connection.service(JobsService).list({ filter }, { signal })) {
    if (jobDetails?.metadata[submissionKey] === id && jobDetails.jobId && jobDetails.payloadId) return { jobId: jobDetails.jobId.value, payloadId: jobDetails.payloadId.value };
  }
  return undefined;
}
