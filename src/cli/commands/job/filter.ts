import { type Connection } from '../../../api/client.ts';
import {
  JobsService, JobState, JobStatus, type JobsListRequest_JobFilter, type JobsListResponse_JobDetails as Listed,
} from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { toTimestamp } from '../../../core/time.ts';
import { type State, type Status } from '../../declarations/parts.ts';
import { type Context } from '../../../terminal/context.ts';
import { resolveAll } from '../ids.ts';

/** The filters of `list jobs` and `list payloads`; times in ms since 1970. */
export interface JobFilterOptions {
  readonly state: readonly State[];
  readonly status: readonly Status[];
  readonly pipeline: readonly string[];
  readonly createdAfter: number | undefined;
  readonly completedBefore: number | undefined;
  readonly name: string | undefined;
  readonly limit: number | undefined;
}

/** What of the filters the platform can do; names and the limit are ours. */
export async function wireFilter(context: Context, connection: Connection, options: JobFilterOptions): Promise<JobsListRequest_JobFilter> {
  const pipelines = options.pipeline.length === 0 ? [] : await resolveAll(context, connection, 'pipeline', options.pipeline);
  return {
    hasState: options.state.map((name) => JobState[name]),
    hasStatus: options.status.map((name) => JobStatus[name]),
    pipelineId: pipelines.map((value) => ({ value })),
    createdAfter: toTimestamp(options.createdAfter),
    completedBefore: toTimestamp(options.completedBefore),
  };
}

/** The jobs that pass all filters, in the platform's order, as they arrive. */
export async function* filteredJobs(
  connection: Connection, filter: JobsListRequest_JobFilter, options: JobFilterOptions, signal: AbortSignal,
): AsyncGenerator<Listed> {
  const named = await nameMatcher(options.name);
  let left = options.limit ?? Infinity;
  if (left <= 0) return;
  for await (const { jobDetails } of connection.service(JobsService).list({ filter }, { signal })) {
    // The first message may carry a header and nothing else.
    if (!jobDetails?.jobId || !named(jobDetails.jobName)) continue;
    yield jobDetails;
    left -= 1;
    if (left === 0) return;
  }
}

async function nameMatcher(pattern: string | undefined): Promise<(name: string) => boolean> {
  if (pattern === undefined) return () => true;
  const { Minimatch } = await import('minimatch');
  const matcher = new Minimatch(pattern, { dot: true, nobrace: true, noext: true, nonegate: true, nocomment: true, noglobstar: true });
  return (name) => matcher.match(name);
}
