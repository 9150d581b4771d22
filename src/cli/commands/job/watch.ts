import { type Connection } from '../../../api/client.ts';
import { JobOperatorStatus, JobState, type JobsStatusResponse } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { followJob } from '../../../actions/follow-job.ts';
import { jobFailure, succeeded, waitForJob } from '../../../actions/wait-for-job.ts';
import { type Context } from '../../../terminal/context.ts';
import { escapeControls } from '../../../terminal/output/escape.ts';
import { LiveLines } from '../../../terminal/output/live-lines.ts';
import { shortName } from '../../views/enums.ts';
import { jobDetails, operatorTable, progressText } from '../../views/jobs.ts';
import { printEvent, type PrintOptions } from '../../../terminal/print.ts';
import { resolveOne } from '../ids.ts';

/** Shows a job and its operators until the job has stopped; fails with exit code 6 where it did not succeed. */
export async function watchJob(context: Context, options: PrintOptions, [text]: readonly string[]): Promise<void> {
  const connection = await context.connect();
  const jobId = await resolveOne(context, connection, 'job', text!);
  const how = options.output !== undefined ? asData : LiveLines.possible(context.io) ? live : asLines;
  const last = await how(context, connection, jobId, options);
  if (!succeeded(last)) throw await jobFailure(connection, last, context.signal);
}

type Way = (context: Context, connection: Connection, jobId: string, options: PrintOptions) => Promise<JobsStatusResponse>;

const asData: Way = ({ io, signal }, connection, jobId, options) =>
  waitForJob(connection, jobId, { signal, onChange: (job) => printEvent(io, jobDetails, job, () => [], options) });

/** A line for everything that happens, and the table at the end. */
const asLines: Way = async ({ io, signal }, connection, jobId) => {
  // Lines are printed in order, and one after the other.
  let printed = Promise.resolve();
  const say = (line: string) => { printed = printed.then(() => io.line(line)); };
  const last = await followJob(connection, jobId, {
    signal,
    onJob: ({ state }) => say(`job: ${shortName(JobState, state).toLowerCase()}`),
    onOperator: ({ name, status }) => say(`${escapeControls(name)}: ${shortName(JobOperatorStatus, status).toLowerCase()}`),
  });
  await printed;
  await io.lines(['', ...operatorTable(last, Date.now(), io.style)]);
  return last;
};

/** How often durations move on, in ms. */
const redrawMs = 500;

/** The table, drawn again whenever something happens and while time passes. */
const live: Way = async ({ io, signal }, connection, jobId) => {
  const block = new LiveLines(io);
  let latest: JobsStatusResponse | undefined;
  const draw = () => (latest === undefined ? Promise.resolve()
    : block.show([`${escapeControls(latest.name)} (${jobId}): ${progressText(latest)}`, '', ...operatorTable(latest, Date.now())]));
  const timer = setInterval(() => void draw(), redrawMs);
  try {
    return await waitForJob(connection, jobId, { signal, onChange: (job) => { latest = job; return draw(); } });
  } finally {
    clearInterval(timer);
  }
};
