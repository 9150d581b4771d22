import { type Connection } from '../../../api/client.ts';
import { JobsService } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { followJob } from '../../../actions/follow-job.ts';
import { followLog, lastLines, readLog } from '../../../actions/job-logs.ts';
import { ClaraError } from '../../../core/errors.ts';
import { isIdPrefix } from '../../../core/ids.ts';
import { type Context } from '../../../terminal/context.ts';
import { escapeLines } from '../../../terminal/output/escape.ts';
import { resolveOne } from '../ids.ts';

interface Options {
  readonly follow: boolean;
  readonly tail: number | undefined;
}

/** Prints what operators have written: one by its name, or all of a job, each line with its operator before it. */
export async function printLogs(context: Context, options: Options, [target, named]: readonly string[]): Promise<void> {
  if (options.follow && options.tail !== undefined) throw new ClaraError('usage', '--tail is for a log that is not followed');
  const [jobText, operator] = splitTarget(target!, named);
  if (!isIdPrefix(jobText)) throw noJob(jobText);
  const connection = await context.connect();
  const jobId = await resolveOne(context, connection, 'job', jobText);
  if (operator !== undefined) return printOne(context, connection, jobId, operator, '', options);
  if (options.follow) {
    await followJob(connection, jobId, { signal: context.signal, onLog: (name, lines) => print(context, lines, `${name}: `) });
    return;
  }
  const { operatorDetails } = await connection.service(JobsService).status({ jobId: { value: jobId } }, { signal: context.signal });
  for (const { name } of operatorDetails) await printOne(context, connection, jobId, name, `${name}: `, options);
}

async function printOne(context: Context, connection: Connection, jobId: string, operator: string, prefix: string, { follow, tail }: Options): Promise<void> {
  if (tail !== undefined) return print(context, await lastLines(connection, jobId, operator, tail, context.signal), prefix);
  const log = follow ? followLog(connection, jobId, operator, context.signal) : readLog(connection, jobId, operator, context.signal);
  for await (const lines of log) await print(context, lines, prefix);
}

/** A log goes into a file or a pipe as it is; a terminal must not be driven by it. */
function print({ io }: Context, lines: readonly string[], prefix: string): Promise<void> {
  return io.lines(lines.map((line) => prefix + (io.terminal.stdout.isTTY ? escapeLines(line) : line)));
}

/** `JOB/OPERATOR`, `job/JOB/OPERATOR`, or the two as two words. */
function splitTarget(target: string, named: string | undefined): readonly [job: string, operator: string | undefined] {
  const bare = target.replace(/^jobs?\//, '');
  const slash = bare.indexOf('/');
  if (slash === -1) return [bare, named];
  if (named !== undefined) throw new ClaraError('usage', `two operators: \`${bare.slice(slash + 1)}\` and \`${named}\``);
  return [bare.slice(0, slash), bare.slice(slash + 1) || undefined];
}

/** Containers of Clara's own services, whose logs this command printed before 0.7.1, and what has their logs now. */
const formerContainers: readonly (readonly [names: RegExp, hint: string])[] = [
  [/platform|api-?server|workflow-?controller|pod-?manager/, 'the platform\'s log is shown by `clara platform logs`'],
  [/results/, 'the Results Service is part of the platform: `clara platform logs`'],
  [/dicom/, 'the DICOM adapter\'s log is shown by `clara dicom logs`'],
  [/^clara-?ui|^ui$|console|clara-ux|render|monitor|grafana|fluentd|elasticsearch|mongodb/, 'this service is not part of Clara any more'],
];

function noJob(text: string): ClaraError {
  const former = formerContainers.find(([names]) => names.test(text.toLowerCase()));
  if (former === undefined) return new ClaraError('usage', `\`${text}\` is not a job id`, { hint: 'write JOB_ID/OPERATOR; `clara list jobs` shows the ids' });
  return new ClaraError('usage', `\`${text}\` is a container of Clara's services, whose logs are not shown here any more (deprecated in 0.7.1)`, {
    hint: `${former[1]}; operators' logs by \`clara logs JOB_ID/OPERATOR\``,
  });
}
