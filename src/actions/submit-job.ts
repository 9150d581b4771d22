import { type Connection } from '../api/client.ts';
import { type JobPriority, type JobState, type JobStatus } from '../api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService } from '../api/services.ts';
import { ClaraError } from '../core/errors.ts';
import { type TransferProgress, type TransferTuning } from './transfer/progress.ts';
import { type UploadPlan } from './transfer/upload-plan.ts';
import { upload } from './transfer/upload.ts';

/** A job to be. Ids are whole ones. */
export interface JobPlan {
  readonly pipelineId: string;
  readonly name: string;
  readonly priority: JobPriority;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Reusable payloads that the platform copies into the job's input. */
  readonly inputPayloads?: readonly string[];
  /** Files for the job's input; see planUpload. */
  readonly inputs?: UploadPlan;
  /** Values of the pipeline's parameters and variables, applied when the job is started. */
  readonly variables?: ReadonlyMap<string, string>;
  readonly start: boolean;
}

export interface SubmitEvents {
  /** The job exists from here on, whatever happens to what follows. */
  readonly onCreated?: (job: CreatedJob) => void;
  readonly onUpload?: (progress: TransferProgress) => void;
  /** All files are stored. */
  readonly onUploaded?: () => void;
}

export interface CreatedJob {
  readonly jobId: string;
  readonly payloadId: string;
}

/** The state that the platform told at the start; a job that may run at once can still be pending then. */
export interface StartedJob {
  readonly state: JobState;
  readonly status: JobStatus;
  readonly priority: JobPriority;
}

export interface SubmittedJob extends CreatedJob {
  readonly started?: StartedJob;
}

/** How long an interrupted caller still waits for the answer to a call that may have changed something, in ms. */
const answerMs = 2000;

/**
 * Creates a job, uploads its input and starts it, as far as planned. A failure leaves behind what was done before it: who
 * wants to clean up or continue learns the ids from `onCreated`. That holds for an interruption while the job is being
 * created or started, too: the platform may have done it already, so its answer is waited for.
 */
export async function submitJob(
  connection: Connection, plan: JobPlan, options: TransferTuning & SubmitEvents & { readonly signal?: AbortSignal },
): Promise<SubmittedJob> {
  const { jobId, payloadId } = await belated(options.signal, (control) => connection.service(JobsService).create({
    pipelineId: { value: plan.pipelineId },
    name: plan.name,
    priority: plan.priority,
    inputPayloads: (plan.inputPayloads ?? []).map((value) => ({ value })),
    metadata: { ...plan.metadata },
  }, control));
  if (!jobId || !payloadId) throw new ClaraError('failed', 'the platform created a job without telling its id');
  const job = { jobId: jobId.value, payloadId: payloadId.value };
  options.onCreated?.(job);
  options.signal?.throwIfAborted();
  if (plan.inputs !== undefined) {
    await upload(connection, job.payloadId, plan.inputs, { ...options, ...(options.onUpload && { onProgress: options.onUpload }) });
    options.onUploaded?.();
  }
  if (!plan.start) return job;
  return { ...job, started: await belated(options.signal, ({ signal }) => startJob(connection, job.jobId, plan.variables, signal)) };
}

/** Starts a job that is waiting for it, with values for its pipeline's parameters and variables. */
export async function startJob(
  connection: Connection, jobId: string, variables: ReadonlyMap<string, string> = new Map(), signal?: AbortSignal,
): Promise<StartedJob> {
  const { state, status, priority } = await connection.service(JobsService).start({
    jobId: { value: jobId },
    Variables: [...variables].map(([name, value]) => ({ name, value })),
  }, signal === undefined ? {} : { signal });
  return { state, status, priority };
}

/** Makes a call that is given up only a while after the signal. */
async function belated<T>(signal: AbortSignal | undefined, call: (control: { readonly signal?: AbortSignal }) => Promise<T>): Promise<T> {
  if (signal === undefined) return call({});
  signal.throwIfAborted();
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const wait = () => { timer = setTimeout(() => giveUp.abort(signal.reason), answerMs); };
  signal.addEventListener('abort', wait, { once: true });
  try {
    return await call({ signal: giveUp.signal });
  } finally {
    signal.removeEventListener('abort', wait);
    clearTimeout(timer);
  }
}
