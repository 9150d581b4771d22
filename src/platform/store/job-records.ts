import { type JobOperatorStatus, type JobPriority, type JobState, type JobStatus } from '../../api/generated/nvidia/clara/platform/jobs.ts';

/** A job as stored. Times are milliseconds since 1970, undefined until reached. */
export interface JobRecord {
  readonly id: string;
  readonly name: string;
  readonly pipelineId: string;
  /** The revision of the definition that the job was created from; later updates do not touch it. */
  readonly pipelineRevision: number;
  readonly payloadId: string;
  readonly state: JobState;
  readonly status: JobStatus;
  readonly priority: JobPriority;
  readonly createdAt: number;
  /** When Start was accepted; undefined while the job waits for it. Not on the wire. */
  readonly queuedAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly stoppedAt: number | undefined;
  /** What the job has to say: why it failed, was cancelled, was evicted; oldest first. */
  readonly messages: readonly string[];
}

/** One operator of a job. */
export interface OperatorRecord {
  readonly jobId: string;
  readonly name: string;
  readonly status: JobOperatorStatus;
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly stoppedAt: number | undefined;
  readonly exitCode: number | undefined;
}

export interface NewJob {
  readonly id: string;
  readonly name: string;
  readonly pipelineId: string;
  readonly pipelineRevision: number;
  readonly payloadId: string;
  readonly priority: JobPriority;
  readonly createdAt: number;
  /** In the order of the definition; each starts as PENDING. */
  readonly operators: readonly string[];
}

/** Criteria combine with AND; an empty list or an absent time restricts nothing (Clara guide, JobFilter). Times in ms since 1970. */
export interface JobFilter {
  readonly completedBefore?: number;
  readonly createdAfter?: number;
  readonly states: readonly JobState[];
  readonly statuses: readonly JobStatus[];
  readonly pipelineIds: readonly string[];
}

/** What services need of the job tables; the engine adds its own moves. */
export interface JobStore {
  /** Call inside a transaction together with what else belongs to the new job. */
  create(job: NewJob): void;
  get(id: string): JobRecord | undefined;
  /** The owner of a payload, which may itself be deleted already. */
  ofPayload(payloadId: string): JobRecord | undefined;
  /** Forgets a job and its operators. */
  delete(id: string): void;
  /** Newest first; reads page by page, so memory does not grow with the number of jobs. */
  list(filter: JobFilter): Iterable<JobRecord>;
  /** In the order of the definition. */
  operators(jobId: string): readonly OperatorRecord[];
  /** Jobs of a pipeline that are not STOPPED. */
  unfinished(pipelineId: string): number;
}
