import { stat } from 'node:fs/promises';
import { type Connection } from '../../api/client.ts';
import { JobState } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../../api/services.ts';
import { startJob, type CreatedJob } from '../../actions/submit-job.ts';
import { defaultTuning } from '../../actions/transfer/progress.ts';
import { PassingBuffers } from '../../system/disk/passing-buffers.ts';
import { upload } from '../../actions/transfer/upload.ts';
import { type UploadPlan } from '../../actions/transfer/upload-plan.ts';
import { type InstanceFiles } from '../receive/instance-files.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Submission } from '../store/submissions.ts';
import { createJob } from './create-job.ts';
import { tagMetadata } from './job-metadata.ts';

export interface StepOptions {
  readonly store: AdapterStore;
  readonly files: InstanceFiles;
  readonly connection: Connection;
  readonly settings: AdapterSettings['services'];
  readonly signal: AbortSignal;
}

/** Does the next step of a submission and writes down that it is done; one that was done before, unknown to us, is not done again. */
export async function nextStep(submission: Submission, options: StepOptions): Promise<void> {
  const { submissions } = options.store;
  switch (submission.state) {
    case 'queued': {
      const { jobId, payloadId } = await createdJob(submission, options);
      return submissions.created(submission.id, jobId, payloadId, Date.now());
    }
    case 'created':
      if (!submission.described) await describe(submission, options);
      await upload(options.connection, submission.payloadId!, await planOf(submission, options), {
        ...defaultTuning, streams: Math.min(options.settings.parallelUploads, 64), resume: true, signal: options.signal, onProgress: sweeping(),
      });
      return submissions.moved(submission.id, 'uploaded', Date.now());
    case 'uploaded':
      await start(submission, options);
      return submissions.completed(submission.id, Date.now());
    case 'completed':
    case 'faulted':
  }
}

function createdJob(submission: Submission, options: StepOptions): Promise<CreatedJob> {
  const { store, connection, signal } = options;
  return createJob(submission, { connection, signal, metadata: () => fileMetadata(submission, options), onAsking: () => store.submissions.creating(submission.id, Date.now()) });
}

/** What only the files tell (dicom-adapter 9.2). */
async function fileMetadata({ groupId }: Submission, { store, files, settings }: StepOptions): Promise<Record<string, string>> {
  const instances = store.inbox.instances(groupId);
  const paths = instances.filter(({ name }) => name.startsWith('dcm/')).map(({ file }) => files.pathOf(file));
  return { ...(settings.uploadMetadata ? await tagMetadata(paths, settings.metadataTags) : {}), Instances: String(instances.length) };
}

/** Adds the metadata of the files to a job that was created before they were there. Adding twice is an error to the platform. */
async function describe(submission: Submission, options: StepOptions): Promise<void> {
  const { connection, signal, store } = options;
  const jobId = { value: submission.jobId! };
  const jobs = connection.service(JobsService);
  const { metadata } = await jobs.status({ jobId }, { signal });
  if (metadata.Instances === undefined) await jobs.addMetadata({ jobId, metadata: await fileMetadata(submission, options) }, { signal });
  store.submissions.described(submission.id, Date.now());
}

/** Frees what has been sent, as the transfer goes on. */
function sweeping(): (progress: { readonly bytes: number }) => void {
  const passing = new PassingBuffers();
  let before = 0;
  return ({ bytes }) => {
    passing.passed(Math.max(0, bytes - before));
    before = bytes;
  };
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
