import {
  JobOperatorStatus, JobPriority, JobState, JobStatus,
  type JobsListResponse_JobDetails as Listed, type JobsStatusResponse,
} from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { formatDuration } from '../../core/duration.ts';
import { fromTimestamp } from '../../core/time.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { plainStyle, type Style } from '../../terminal/output/style.ts';
import { table } from '../../terminal/output/table.ts';
import { protocolName, shortName } from './enums.ts';
import { metadataLines } from './metadata.ts';
import { type ItemView, type ListView } from '../../terminal/print.ts';
import { momentText, timeData, timeText } from './times.ts';
import { painted } from '../../terminal/output/tones.ts';
import { jobTone, operatorTone } from './tones.ts';

const idWidth = 32;
const timeWidth = '2026-03-08T18:06:31Z'.length;

/** `list jobs`: fixed widths, so that the first row need not wait for the last; the name, which may be long, at the end. */
export const jobList: ListView<Listed> = {
  kind: 'job',
  id: ({ jobId }) => jobId?.value ?? '',
  data: (job) => ({
    jobId: job.jobId?.value ?? '',
    payloadId: job.payloadId?.value ?? '',
    pipelineId: job.pipelineId?.value ?? '',
    jobName: job.jobName,
    state: protocolName(JobState, job.state),
    status: protocolName(JobStatus, job.status),
    priority: protocolName(JobPriority, job.priority),
    created: timeData(job.created),
    started: timeData(job.started),
    stopped: timeData(job.stopped),
    metadata: job.metadata,
  }),
  columns: [
    { title: 'JOB_ID', value: ({ jobId }) => jobId?.value ?? '', width: idWidth },
    { title: 'STATE', value: ({ state }) => shortName(JobState, state), width: 7, tone: jobTone },
    { title: 'STATUS', value: ({ status }) => shortName(JobStatus, status), width: 10, tone: jobTone },
    { title: 'PRIORITY', value: ({ priority }) => shortName(JobPriority, priority), width: 9 },
    { title: 'CREATED', value: ({ created }) => timeText(created), width: timeWidth },
    { title: 'STARTED', value: ({ started }) => timeText(started), width: timeWidth, wide: true },
    { title: 'STOPPED', value: ({ stopped }) => timeText(stopped), width: timeWidth, wide: true },
    { title: 'PIPELINE_ID', value: ({ pipelineId }) => pipelineId?.value ?? '', width: idWidth, wide: true },
    { title: 'PAYLOAD_ID', value: ({ payloadId }) => payloadId?.value ?? '', width: idWidth, wide: true },
    { title: 'NAME', value: ({ jobName }) => jobName },
  ],
};

/** `describe job` as data: JobsStatusResponse without its header and its deprecated fields. */
export const jobDetails: ItemView<JobsStatusResponse> = {
  kind: 'job',
  id: ({ jobId }) => jobId?.value ?? '',
  data: (job) => ({
    jobId: job.jobId?.value ?? '',
    pipelineId: job.pipelineId?.value ?? '',
    payloadId: job.payloadId?.value ?? '',
    state: protocolName(JobState, job.state),
    status: protocolName(JobStatus, job.status),
    name: job.name,
    messages: job.messages,
    priority: protocolName(JobPriority, job.priority),
    created: timeData(job.created),
    started: timeData(job.started),
    stopped: timeData(job.stopped),
    operatorDetails: job.operatorDetails.map((operator) => ({
      name: operator.name,
      status: protocolName(JobOperatorStatus, operator.status),
      created: timeData(operator.created),
      started: timeData(operator.started),
      stopped: timeData(operator.stopped),
    })),
    metadata: job.metadata,
    dag: job.dag,
  }),
};

/**
 * `describe job`. Scripts for the original program read by line number, counted from 0: `_HEALTHY` on line 5, `STOPPED`
 * on line 6, a digit 1 on line 9 once the job has finished and none before. What is new comes below.
 */
export function describeJobLines(job: JobsStatusResponse, now: number, style: Style = plainStyle): string[] {
  const tone = jobTone(job);
  return [
    `NAME: ${escapeControls(job.name)}`,
    `JOB_ID: ${job.jobId?.value ?? ''}`,
    `PIPELINE_ID: ${job.pipelineId?.value ?? ''}`,
    `PAYLOAD_ID: ${job.payloadId?.value ?? ''}`,
    `PRIORITY: ${protocolName(JobPriority, job.priority)}`,
    `STATUS: ${painted(style, tone, protocolName(JobStatus, job.status))}`,
    `STATE: ${painted(style, tone, protocolName(JobState, job.state))}`,
    `CREATED: ${momentText(job.created)}`,
    `STARTED: ${momentText(job.started)}`,
    `STOPPED: ${momentText(job.stopped)}`,
    ...metadataLines(job.metadata),
    ...job.messages.map((message) => `MESSAGE: ${escapeControls(message)}`),
    ...(job.operatorDetails.length === 0 ? [] : ['', ...operatorTable(job, now, style)]),
  ];
}

/** One row per operator, in the order of the definition. */
export function operatorTable(job: JobsStatusResponse, now: number, style: Style = plainStyle): string[] {
  return table(['OPERATOR', 'STATUS', 'STARTED', 'STOPPED', 'DURATION'], job.operatorDetails.map((operator) => [
    operator.name, shortName(JobOperatorStatus, operator.status), timeText(operator.started), timeText(operator.stopped),
    durationText(operator.started, operator.stopped, job.state === JobState.JOB_STATE_STOPPED ? undefined : now),
  ]), (text, column, row) => (column === 1 ? painted(style, operatorTone(job.operatorDetails[row]!.status), text) : text));
}

type WireTime = Listed['created'];

/** How long it took, or has been taking; whole seconds, because times on the wire are. */
function durationText(started: WireTime, stopped: WireTime, now: number | undefined): string {
  const from = fromTimestamp(started);
  const to = fromTimestamp(stopped) ?? now;
  if (from === undefined || to === undefined) return '-';
  const ms = Math.max(0, to - from);
  return ms < 60_000 ? `${Math.floor(ms / 1000)}s` : formatDuration(ms);
}


/** One line about a job on its way: `running · 1 of 3 operators done · threshold-segmentation`. */
export function progressText(job: JobsStatusResponse): string {
  const is = (wanted: number) => job.operatorDetails.filter(({ status }) => status === wanted).map(({ name }) => name);
  const done = is(JobOperatorStatus.JOB_OPERATOR_STATUS_COMPLETED).length;
  const running = is(JobOperatorStatus.JOB_OPERATOR_STATUS_RUNNING);
  return [
    shortName(JobState, job.state).toLowerCase(),
    ...(job.operatorDetails.length === 0 ? [] : [`${done} of ${job.operatorDetails.length} operators done`]),
    ...(running.length === 0 ? [] : [running.join(', ')]),
  ].join(' · ');
}
