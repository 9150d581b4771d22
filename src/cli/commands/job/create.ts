import { type Connection } from '../../../api/client.ts';
import { JobPriority } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { submitJob, type CreatedJob, type JobPlan, type SubmittedJob } from '../../../actions/submit-job.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Priority } from '../../declarations/parts.ts';
import { type Context } from '../../../terminal/context.ts';
import { Meter } from '../../../terminal/output/meter.ts';
import { labelLines, printItem, type PrintOptions } from '../../../terminal/print.ts';
import { resolveAll, resolveOne } from '../ids.ts';
import { planFiles } from '../send-files.ts';
import { awaitSuccess } from './wait.ts';

interface Options extends PrintOptions {
  readonly name: string;
  readonly pipeline: string;
  readonly files: readonly string[];
  readonly priority: Priority | undefined;
  readonly start: boolean;
  readonly payloads: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly wait: number | undefined;
}

/** Creates a job, uploads its input, starts it: whatever can be found wrong before the first of these is. */
export async function createJob(context: Context, options: Options): Promise<void> {
  if (!options.start && options.set.size > 0) throw needsStart('--set');
  if (!options.start && options.wait !== undefined) throw needsStart('--wait');
  const inputs = options.files.length === 0 ? undefined : await planFiles(context, options.files);
  const connection = await context.connect();
  const { jobId, payloadId } = await submit(context, connection, {
    pipelineId: await resolveOne(context, connection, 'pipeline', options.pipeline),
    name: options.name,
    priority: JobPriority[options.priority ?? 'JOB_PRIORITY_NORMAL'],
    metadata: Object.fromEntries(options.metadata),
    inputPayloads: await resolveAll(context, connection, 'payload', options.payloads),
    variables: options.set,
    start: options.start,
    ...(inputs === undefined ? {} : { inputs }),
  });
  const lines = () => labelLines([['JOB_ID', jobId], ['PAYLOAD_ID', payloadId]]);
  await printItem(context.io, { kind: 'job', id: () => jobId, data: () => ({ jobId, payloadId }) }, jobId, lines, options);
  if (options.wait !== undefined) await awaitSuccess(context, connection, jobId, options.wait);
}

async function submit(context: Context, connection: Connection, plan: JobPlan): Promise<SubmittedJob> {
  const { chunkBytes, parallelStreams: streams } = await context.settings();
  const meter = await Meter.start(context.io, 'uploading');
  let created: CreatedJob | undefined;
  try {
    return await submitJob(connection, plan, {
      streams,
      chunkBytes,
      signal: context.signal,
      onCreated: (job) => { created = job; },
      onUpload: (state) => meter.update(state),
    });
  } catch (thrown) {
    throw created === undefined ? thrown : leftBehind(thrown, created, plan.start);
  } finally {
    meter.stop();
  }
}

function needsStart(flag: string): ClaraError {
  return new ClaraError('usage', `${flag} is for a job that is started`, { hint: 'add --start, or give it to `clara start job`' });
}

/** A failure after the job was created: names what there is now and how to go on. */
function leftBehind(thrown: unknown, { jobId, payloadId }: CreatedJob, start: boolean): unknown {
  if (!(thrown instanceof ClaraError)) return thrown;
  const goOn = `\`clara upload\` sends the files again${start ? `, \`clara start job -j ${jobId}\` starts it` : ''}`;
  return new ClaraError(thrown.kind, thrown.message, {
    details: [...thrown.details, `job ${jobId} exists and is not started; its payload is ${payloadId}`],
    hint: thrown.hint ?? `${goOn}; \`clara cancel jobs ${jobId}\` gives it up`,
    ...(thrown.wireCode === undefined ? {} : { wireCode: thrown.wireCode }),
    cause: thrown,
  });
}
