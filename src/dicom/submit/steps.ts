import { stat } from 'node:fs/promises';
import { type Connection } from '../../api/client.ts';
import { JobPriority, JobState } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../../api/services.ts';
import { startJob, submitJob, type CreatedJob } from '../../actions/submit-job.ts';
import { defaultTuning } from '../../actions/transfer/progress.ts';
import { upload } from '../../actions/transfer/upload.ts';
import { type UploadPlan } from '../../actions/transfer/upload-plan.ts';
import { type InstanceFiles } from '../receive/instance-files.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Submission } from '../store/submissions.ts';
import { submissionKey, tagMetadata } from './job-metadata.ts';

export interface StepOptions {
  readonly store: AdapterStore;
  readonly files: InstanceFiles;
  readonly connection: Connection;
  readonly settings: AdapterSettings['services'];
  readonly signal: AbortSignal;
}

const priorityOf = {
  lower: JobPriority.JOB_PRIORITY_LOWER, normal: JobPriority.JOB_PRIORITY_NORMAL, higher: JobPriority.JOB_PRIORITY_HIGHER, immediate: JobPriority.JOB_PRIORITY_IMMEDIATE,
} as const;

/** Does the next step of a submission and writes down that it is done; one that was done before, unknown to us, is not done again. */
export async function nextStep(submission: Submission, options: StepOptions): Promise<void> {
  const { submissions } = options.store;
  switch (submission.state) {
    case 'queued': {
      const { jobId, payloadId } = await createdJob(submission, options);
      return submissions.created(submission.id, jobId, payloadId, Date.now());
    }
    case 'created':
      await upload(options.connection, submission.payloadId!, await planOf(submission, options), { ...defaultTuning, streams: Math.min(options.settings.parallelUploads, 64), resume: true, signal: options.signal });
      return submissions.moved(submission.id, 'uploaded', Date.now());
    case 'uploaded':
      await start(submission, options);
      return submissions.moved(submission.id, 'completed', Date.now());
    case 'completed':
    case 'faulted':
  }
}

async function createdJob(submission: Submission, options: StepOptions): Promise<CreatedJob> {
  const { store, files, connection, settings, signal } = options;
  if (submission.creating) {
    const earlier = await findJob(connection, submission, signal);
    if (earlier !== undefined) return earlier;
  }
  const instances = store.inbox.instances(submission.groupId);
  const tags = settings.uploadMetadata ? await tagMetadata(instances.map(({ file }) => files.pathOf(file)), settings.metadataTags) : {};
  store.submissions.creating(submission.id, Date.now());
  return submitJob(connection, {
    pipelineId: submission.pipelineId, name: submission.jobName, priority: priorityOf[submission.priority], start: false,
    metadata: { ...tags, Source: submission.source, Instances: String(instances.length), [submissionKey]: submission.id },
  }, { ...defaultTuning, signal });
}

/** The job that an earlier attempt created without our learning of it. */
async function findJob(connection: Connection, { id, pipelineId }: Submission, signal: AbortSignal): Promise<CreatedJob | undefined> {
  const filter = { pipelineId: [{ value: pipelineId }], hasState: [], hasStatus: [], completedBefore: undefined, createdAfter: undefined };
  for await (const { jobDetails } of connection.service(JobsService).list({ filter }, { signal })) {
    if (jobDetails?.metadata[submissionKey] === id && jobDetails.jobId && jobDetails.payloadId) return { jobId: jobDetails.jobId.value, payloadId: jobDetails.payloadId.value };
  }
  return undefined;
}

async function planOf({ groupId }: Submission, { store, files }: StepOptions): Promise<UploadPlan> {
  const instances = store.inbox.instances(groupId);
  const planned = await Promise.all(instances.map(async ({ name, file }) => {
    const source = files.pathOf(file);
    const { size, mtimeMs } = await stat(source);
    return { source, name, size, mtimeMs };
  }));
  return { files: planned.sort((a, b) => (a.name < b.name ? -1 : 1)), bytes: planned.reduce((sum, { size }) => sum + size, 0), notes: [] };
}

/** Starting twice is an error to the platform; to us it says that an earlier attempt, or somebody else, has done it. */
async function start({ jobId }: Submission, { connection, signal }: StepOptions): Promise<void> {
  try {
    await startJob(connection, jobId!, new Map(), signal);
  } catch (thrown) {
    const { state } = await connection.service(JobsService).status({ jobId: { value: jobId! } }, { signal });
    const wasStarted = state !== JobState.JOB_STATE_PENDING || (thrown instanceof Error && /was started before/.test(thrown.message));
    if (!wasStarted) throw thrown;
  }
}
