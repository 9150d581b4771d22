import { fromTimestamp, isoTime, toTimestamp } from '../../../core/time.ts';
import { type Loose } from '../../../api/contract.ts';
import { followLogs } from '../../../api/extensions.ts';
import { type ServiceHandlers } from '../../../api/server.ts';
import { type JobsService } from '../../../api/services.ts';
import { type JobsListRequest_JobFilter, type JobsReadLogsResponse } from '../../../api/generated/nvidia/clara/platform/jobs.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type Engine } from '../../engine/engine.ts';
import { type JobFilter, type JobRecord, type OperatorRecord } from '../../store/job-records.ts';
import { found, ok, requireId, stopping } from '../common.ts';
import { type Stores } from '../context.ts';
import { jobDag } from '../dag.ts';
import { createJob } from './creation.ts';
import { jobLog, jobLogName } from './log.ts';

/**
 * The Jobs service (Clara guide, Jobs API; platform-api 3.3).
 * @param closing fires when the server ends: no log is followed any longer
 */
export function jobsService(stores: Stores, engine: Engine, closing: AbortSignal): ServiceHandlers<typeof JobsService> {
  const { jobs, metadata, pipelines } = stores;

  function jobOf(identifier: { value: string } | undefined): JobRecord {
    const id = requireId(identifier, 'job', WireCode.invalidJobId);
    return found(jobs.get(id), 'job', id, WireCode.missingJob);
  }

  return {
    async create(request) {
      const { jobId, payloadId } = await createJob(stores, request);
      return { header: ok, jobId: { value: jobId }, payloadId: { value: payloadId } };
    },

    async start(request) {
      const { id } = jobOf(request.jobId);
      const { state, status, priority } = await engine.start(id, request.Variables);
      return { header: ok, state, status, priority };
    },

    async cancel(request) {
      const { id } = jobOf(request.jobId);
      const { state, status } = await engine.cancel(id, request.reason);
      return { header: ok, jobId: { value: id }, jobState: state, jobStatus: status };
    },

    status(request) {
      const job = jobOf(request.jobId);
      return {
        header: ok,
        ...commonFields(job),
        name: job.name,
        messages: [...job.messages],
        operatorDetails: jobs.operators(job.id).map(operatorDetails),
        metadata: { ...metadata.get('job', job.id) },
        dag: jobDag(pipelines.graph(job.pipelineId, job.pipelineRevision)),
      };
    },

    async *list(request) {
      for (const job of jobs.list(filterOf(request.filter))) {
        yield { header: ok, jobDetails: { ...commonFields(job), jobName: job.name, metadata: { ...metadata.get('job', job.id) } } };
      }
    },

    async *readLogs(request, context) {
      const job = jobOf(request.jobId);
      const signal = AbortSignal.any([context.signal, closing]);
      const follow = context.metadata(followLogs.key) === followLogs.value;
      const names = jobs.operators(job.id).map(({ name }) => name.toLowerCase());
      const batches = request.operatorName === jobLogName && !names.includes(jobLogName)
        ? jobLog(jobs, job.id, { follow, signal })
        : engine.readLogs(job.id, request.operatorName, { follow, signal });
      const first = { header: ok, jobId: { value: job.id }, operatorName: request.operatorName };
      let message: Loose<JobsReadLogsResponse> = first;
      for await (const logs of batches) {
        yield { ...message, logs: [...logs] };
        message = { header: ok };
      }
      if (closing.aborted) throw stopping();
      // An empty log is one message, so that the caller sees which log it was.
      if (message === first) yield first;
    },

    addMetadata(request) {
      const { id } = jobOf(request.jobId);
      return { header: ok, jobId: { value: id }, metadata: { ...metadata.add('job', id, request.metadata) } };
    },

    removeMetadata(request) {
      const { id } = jobOf(request.jobId);
      return { header: ok, jobId: { value: id }, metadata: { ...metadata.remove('job', id, request.keys) } };
    },
  };
}

/** What Status and List have in common. */
function commonFields(job: JobRecord) {
  return {
    jobId: { value: job.id },
    pipelineId: { value: job.pipelineId },
    payloadId: { value: job.payloadId },
    state: job.state,
    status: job.status,
    priority: job.priority,
    // The text dates are deprecated, but clients of releases 0.5 and 0.6 read nothing else.
    timestampCreated: textDate(job.createdAt),
    timestampStarted: textDate(job.startedAt),
    timestampStopped: textDate(job.stoppedAt),
    created: toTimestamp(job.createdAt),
    started: toTimestamp(job.startedAt),
    stopped: toTimestamp(job.stoppedAt),
  };
}

function operatorDetails({ name, status, createdAt, startedAt, stoppedAt }: OperatorRecord) {
  return { name, status, created: toTimestamp(createdAt), started: toTimestamp(startedAt), stopped: toTimestamp(stoppedAt) };
}

/** `2021-03-08 18:06:31Z`, or nothing. */
function textDate(ms: number | undefined): string {
  return ms === undefined ? '' : isoTime(ms).replace('T', ' ');
}

function filterOf(filter: JobsListRequest_JobFilter | undefined): JobFilter {
  const completedBefore = fromTimestamp(filter?.completedBefore);
  const createdAfter = fromTimestamp(filter?.createdAfter);
  return {
    states: filter?.hasState ?? [],
    statuses: filter?.hasStatus ?? [],
    pipelineIds: (filter?.pipelineId ?? []).map((id) => requireId(id, 'pipeline', WireCode.invalidPipelineId)),
    ...(completedBefore === undefined ? {} : { completedBefore }),
    ...(createdAfter === undefined ? {} : { createdAfter }),
  };
}
