import { type JobsListResponse_JobDetails as Job } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { JobState } from '../../api/generated/nvidia/clara/platform/jobs.ts';
import { PayloadType, type PayloadFileDetails } from '../../api/generated/nvidia/clara/platform/payloads.ts';
import { table } from '../../terminal/output/table.ts';
import { protocolName, shortName } from './enums.ts';
import { metadataLines, type Metadata } from './metadata.ts';
import { type ItemView, type ListView } from '../../terminal/print.ts';
import { timeText } from './times.ts';

/** A payload in a list, with the job that it belongs to; without one it is reusable. */
export interface ListedPayload {
  readonly id: string;
  readonly job: Job | undefined;
  readonly metadata: Metadata;
}

/** `list payloads`: payloads with their jobs. */
export const payloadList: ListView<ListedPayload> = {
  kind: 'payload',
  id: ({ id }) => id,
  data: ({ id, job, metadata }) => ({
    payloadId: id, type: protocolName(PayloadType, job === undefined ? PayloadType.PAYLOAD_TYPE_REUSABLE : PayloadType.PAYLOAD_TYPE_PIPELINE),
    jobId: job?.jobId?.value ?? '', jobName: job?.jobName ?? '', state: job === undefined ? null : protocolName(JobState, job.state), metadata,
  }),
  columns: [
    { title: 'PAYLOAD_ID', value: ({ id }) => id, width: 32 },
    { title: 'JOB_ID', value: ({ job }) => job?.jobId?.value ?? '-', width: 32 },
    { title: 'JOB_STATE', value: ({ job }) => (job === undefined ? '-' : shortName(JobState, job.state)), width: 9 },
    { title: 'JOB_CREATED', value: ({ job }) => timeText(job?.created), width: 20, wide: true },
    { title: 'JOB_NAME', value: ({ job }) => job?.jobName ?? '-' },
  ],
};

/** A payload with its files, put together from all messages of Payloads.Details. */
export interface PayloadDetails {
  readonly payloadId: string;
  readonly type: PayloadType;
  /** Empty for a reusable payload. */
  readonly jobId: string;
  readonly metadata: Metadata;
  readonly files: readonly PayloadFileDetails[];
}

/** By name: the platform tells them in the order of its disk. */
function sorted(files: readonly PayloadFileDetails[]): PayloadFileDetails[] {
  return [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const payloadDetails: ItemView<PayloadDetails> = {
  kind: 'payload',
  id: ({ payloadId }) => payloadId,
  data: ({ payloadId, type, jobId, metadata, files }) => ({
    payloadId, type: protocolName(PayloadType, type), jobId, metadata, files: sorted(files).map(({ name, size, mode }) => ({ name, size, mode })),
  }),
};

/** Who it is, then a table of its files with their sizes in bytes. */
export function describePayloadLines({ payloadId, type, jobId, metadata, files }: PayloadDetails): string[] {
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const rows = sorted(files).map(({ name, size }) => [String(size), name]);
  return [
    `PAYLOAD_ID: ${payloadId}`,
    `TYPE: ${protocolName(PayloadType, type)}`,
    `JOB_ID: ${jobId === '' ? '-' : jobId}`,
    `FILES: ${files.length}`,
    `BYTES: ${total}`,
    ...metadataLines(metadata),
    ...(rows.length === 0 ? [] : ['', ...table(['SIZE', 'NAME'], rows)]),
  ];
}
