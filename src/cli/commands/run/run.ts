import { access, constants, mkdir } from 'node:fs/promises';
import { type Connection } from '../../../api/client.ts';
import { JobOperatorStatus, JobPriority, JobsService, JobState, type JobsStatusResponse } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { PayloadsService } from '../../../api/generated/nvidia/clara/platform/payloads.ts';
import { planDownload } from '../../../actions/transfer/download-plan.ts';
import { followJob } from '../../../actions/follow-job.ts';
import { listPayload } from '../../../actions/transfer/payload-files.ts';
import { submitJob, type CreatedJob } from '../../../actions/submit-job.ts';
import { type UploadPlan } from '../../../actions/transfer/upload-plan.ts';
import { jobFailure, succeeded } from '../../../actions/wait-for-job.ts';
import { whyNotWritten } from '../../../actions/why-not-written.ts';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { shellLine } from '../../../core/text/shell-word.ts';
import { type Context } from '../../../terminal/context.ts';
import { type Priority } from '../../declarations/parts.ts';
import { formatJson, yamlFormatter } from '../../../terminal/output/format.ts';
import { Meter } from '../../../terminal/output/meter.ts';
import { shortName } from '../../views/enums.ts';
import { jobDetails, operatorTable, progressText } from '../../views/jobs.ts';
import { labelLines } from '../../../terminal/print.ts';
import { fetchFiles, type Fetched } from '../download.ts';
import { planFiles } from '../send-files.ts';
import { checkedDefinition, jobNameFor, registerPipeline } from './definition.ts';
import { withPlatform } from './platform.ts';

interface Options {
  readonly pipeline: readonly string[];
  readonly files: readonly string[];
  readonly out: string | undefined;
  readonly set: ReadonlyMap<string, string>;
  readonly name: string | undefined;
  readonly priority: Priority | undefined;
  readonly metadata: ReadonlyMap<string, string>;
  readonly format: 'json' | 'yaml' | undefined;
}

/** From a definition and its input to the outputs, in one go. What can be found wrong here is found before anything begins. */
export async function runPipeline(context: Context, options: Options): Promise<void> {
  const definition = await checkedDefinition(context, options.pipeline, options.set);
  const inputs = options.files.length === 0 ? undefined : await planFiles(context, options.files);
  if (options.out !== undefined) await makeFolder(options.out);
  await withPlatform(context, async (connection) => {
    const { pipelineId, reused } = await registerPipeline(connection, definition, context.signal);
    context.io.note(`pipeline ${pipelineId} ${reused ? 'has this definition already' : 'created'}`);
    await runJob(context, connection, pipelineId, options.name ?? jobNameFor(definition.name), inputs, options);
  });
}

async function runJob(
  context: Context, connection: Connection, pipelineId: string, name: string, inputs: UploadPlan | undefined, options: Options,
): Promise<void> {
  const { io } = context;
  let created: CreatedJob | undefined;
  let job: JobsStatusResponse;
  try {
    created = await submit(context, connection, pipelineId, name, inputs, options, (submitted) => { created = submitted; });
    job = await follow(context, connection, created.jobId);
  } catch (thrown) {
    throw created === undefined ? thrown : await givenUp(connection, created, thrown);
  }
  const { jobId, payloadId } = created;
  const fetched = succeeded(job) ? await fetchOutputs(context, connection, created, options.out) : undefined;
  await report(context, job, fetched, options);
  if (!succeeded(job)) throw await jobFailure(connection, job, context.signal);
  const left = fetched !== undefined || (options.out === undefined && await hasOutputs(context, connection, payloadId));
  if (!left) io.note(`the operators left no files in payload ${payloadId}`);
  else if (options.out === undefined) io.note(`the outputs are kept: ${shellLine(['clara', 'download', `${jobId}:/operators/`, 'out/'])}`);
}

async function submit(
  context: Context, connection: Connection, pipelineId: string, name: string, inputs: UploadPlan | undefined, options: Options,
  onCreated: (job: CreatedJob) => void,
): Promise<CreatedJob> {
  const { io, signal } = context;
  const { chunkBytes, parallelStreams: streams } = await context.settings();
  const meter = await Meter.start(io, inputs === undefined ? 'starting the job' : 'uploading');
  let printed = Promise.resolve();
  try {
    return await submitJob(connection, {
      pipelineId, name, priority: JobPriority[options.priority ?? 'JOB_PRIORITY_NORMAL'], metadata: Object.fromEntries(options.metadata),
      variables: options.set, start: true, ...(inputs && { inputs }),
    }, {
      streams, chunkBytes, signal,
      onCreated: (job) => {
        onCreated(job);
        // Told at once: who interrupts us must know what there is.
        if (options.format === undefined) printed = io.lines(labelLines([['JOB_ID', job.jobId], ['PAYLOAD_ID', job.payloadId]]));
      },
      onUpload: (progress) => meter.update(progress),
      onUploaded: () => io.note(`uploaded ${meter.summary()}`),
    });
  } finally {
    meter.stop();
    await printed;
  }
}

/** Waits for the job's end; each operator that begins or ends is a line, on a terminal there is one that moves besides. */
async function follow({ io, signal }: Context, connection: Connection, jobId: string): Promise<JobsStatusResponse> {
  const progress = await io.progress('waiting for the job');
  try {
    return await followJob(connection, jobId, {
      signal,
      onJob: (job) => progress.update(progressText(job)),
      onOperator: (operator, job) => {
        io.note(`${operator.name}: ${shortName(JobOperatorStatus, operator.status).toLowerCase()}`);
        progress.update(progressText(job));
      },
    });
  } finally {
    progress.stop();
  }
}

/** Everything that the operators left, each in a folder of its own; undefined where that is nothing or not wanted. */
async function fetchOutputs(context: Context, connection: Connection, { jobId, payloadId }: CreatedJob, out: string | undefined): Promise<Fetched | undefined> {
  if (out === undefined) return undefined;
  const { files } = await listPayload(connection, payloadId, { signal: context.signal });
  if (!files.some(({ name }) => name.startsWith('/operators/'))) return undefined;
  try {
    return await fetchFiles(context, connection, payloadId, planDownload(files, '/operators'), { kind: 'folder', path: out });
  } catch (thrown) {
    throw addTo(thrown, [`job ${jobId} has completed; its outputs are kept`], shellLine(['clara', 'download', `${jobId}:/operators/`, out]));
  }
}

async function hasOutputs({ signal }: Context, connection: Connection, payloadId: string): Promise<boolean> {
  for await (const { file } of connection.service(PayloadsService).details({ payloadId: { value: payloadId } }, { signal })) {
    if (file?.name.startsWith('/operators/')) return true;
  }
  return false;
}

async function report({ io }: Context, job: JobsStatusResponse, fetched: Fetched | undefined, { format, out }: Options): Promise<void> {
  if (format === undefined) {
    const place = fetched === undefined ? [] : ['', `OUTPUT:${out!}`];
    await io.lines(['', ...operatorTable(job, Date.now(), io.style), ...place]);
    if (fetched !== undefined) io.note(`downloaded ${fetched.summary}`);
    return;
  }
  const data = { ...(jobDetails.data(job) as object), output: fetched === undefined ? null : { folder: out, files: fetched.files } };
  await (format === 'json' ? io.line(formatJson(data)) : io.write((await yamlFormatter())(data)));
}

/** How long the platform may take to cancel a job that we leave, in ms. */
const cancelMs = 5000;

/** A run that breaks off takes its job with it, as nobody waits for it any more; says what is left all the same. */
async function givenUp(connection: Connection, { jobId, payloadId }: CreatedJob, cause: unknown): Promise<unknown> {
  if (!(cause instanceof ClaraError)) return cause;
  // What an interrupted wait says, that the job goes on, is not so here.
  const thrown = cause.kind === 'interrupted' ? new ClaraError('interrupted', 'interrupted', { details: cause.details, cause }) : cause;
  const goesOn = [`job ${jobId} may go on; its payload is ${payloadId}`];
  if (thrown.kind === 'unreachable') return addTo(thrown, goesOn, `clara watch ${jobId}`);
  try {
    const { jobState } = await connection.service(JobsService).cancel({ jobId: { value: jobId }, reason: 'clara run broke off' }, { timeoutMs: cancelMs });
    const how = jobState === JobState.JOB_STATE_STOPPED ? 'was cancelled' : 'is being cancelled';
    return addTo(thrown, [`job ${jobId} ${how}; its payload ${payloadId} is left`], `clara delete payloads ${payloadId}`);
  } catch (failure) {
    return addTo(thrown, [...goesOn, `it could not be cancelled (${messageOf(failure)})`], `clara cancel jobs ${jobId}`);
  }
}

function addTo(thrown: unknown, details: readonly string[], command: string): unknown {
  if (!(thrown instanceof ClaraError)) return thrown;
  return new ClaraError(thrown.kind, thrown.message, {
    details: [...thrown.details, ...details],
    hint: thrown.hint === undefined || thrown.kind === 'unreachable' ? `\`${command}\`` : `${thrown.hint}; \`${command}\``,
    cause: thrown,
  });
}

async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (thrown) {
    throw new ClaraError('usage', `the outputs cannot be written to ${path} (${whyNotWritten(thrown)})`, { cause: thrown });
  }
}
