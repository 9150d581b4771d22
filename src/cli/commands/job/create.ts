import { type Connection } from '../../../api/client.ts';
import { JobPriority, JobsService } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Priority } from '../../declarations/parts.ts';
import { type Context } from '../../context.ts';
import { labelLines, printItem, type PrintOptions } from '../../views/print.ts';
import { resolveAll, resolveOne } from '../ids.ts';
import { planFiles, sendFiles } from '../send-files.ts';
import { sendStart } from './start.ts';
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
  const plan = options.files.length === 0 ? undefined : await planFiles(context, options.files);
  const connection = await context.connect();
  const { jobId, payloadId } = await sendCreate(context, connection, options);
  try {
    if (plan !== undefined) await sendFiles(context, connection, payloadId, plan);
    if (options.start) await sendStart(connection, jobId, options.set, context.signal);
  } catch (thrown) {
    throw leftBehind(thrown, jobId, payloadId, options.start);
  }
  const lines = () => labelLines([['JOB_ID', jobId], ['PAYLOAD_ID', payloadId]]);
  await printItem(context.io, { kind: 'job', id: () => jobId, data: () => ({ jobId, payloadId }) }, jobId, lines, options);
  if (options.wait !== undefined) await awaitSuccess(context, connection, jobId, options.wait);
}

async function sendCreate(context: Context, connection: Connection, options: Options): Promise<{ jobId: string; payloadId: string }> {
  const pipelineId = await resolveOne(context, connection, 'pipeline', options.pipeline);
  const inputs = await resolveAll(context, connection, 'payload', options.payloads);
  const { jobId, payloadId } = await connection.service(JobsService).create({
    pipelineId: { value: pipelineId },
    name: options.name,
    priority: JobPriority[options.priority ?? 'JOB_PRIORITY_NORMAL'],
    inputPayloads: inputs.map((value) => ({ value })),
    metadata: Object.fromEntries(options.metadata),
  }, { signal: context.signal });
  return { jobId: jobId?.value ?? '', payloadId: payloadId?.value ?? '' };
}

function needsStart(flag: string): ClaraError {
  return new ClaraError('usage', `${flag} is for a job that is started`, { hint: 'add --start, or give it to `clara start job`' });
}

/** A failure after the job was created: names what there is now and how to go on. */
function leftBehind(thrown: unknown, jobId: string, payloadId: string, start: boolean): unknown {
  if (!(thrown instanceof ClaraError)) return thrown;
  return new ClaraError(thrown.kind, thrown.message, {
    details: [...thrown.details, `the job ${jobId} exists and is not started; its payload is ${payloadId}`],
    hint: thrown.hint ?? `\`clara upload\` sends the files again${start ? `, \`clara start job -j ${jobId}\` starts it` : ''}; \`clara cancel jobs ${jobId}\` gives it up`,
    ...(thrown.wireCode === undefined ? {} : { wireCode: thrown.wireCode }),
    cause: thrown,
  });
}
