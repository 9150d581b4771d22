import { type JobRecord } from '../store/job-records.ts';

export interface NamedValue {
  readonly name: string;
  readonly value: string;
}

/** Runs jobs. Every method has written its change of state before it returns. */
export interface Engine {
  /**
   * Queues a pending job; variables fill the definition's parameters first, then its pipeline variables.
   * Throws ClaraError with wire code invalidJobVariable or jobStart (not pending; can never fit; definition does not load;
   * a program or an image is missing), and the job stays as it was.
   */
  start(jobId: string, variables: readonly NamedValue[]): Promise<JobRecord>;
  /** Cancels a pending or running job and returns it as it is then; throws with wire code jobCancel where it has ended. */
  cancel(jobId: string, reason: string): Promise<JobRecord>;
  /**
   * The log of one operator, in batches of lines without line ends, each batch well below 4 MiB. With `follow` it waits for
   * more until the operator has ended. Throws ClaraError for an operator that the job does not have.
   */
  readLogs(jobId: string, operator: string, options: { readonly follow: boolean; readonly signal: AbortSignal }): AsyncIterable<readonly string[]>;
  /** Lets go of a job that has ended and is to be deleted: its logs, and what is remembered of its definition. */
  forget(job: Pick<JobRecord, 'id' | 'pipelineId'>): Promise<void>;
  /** Picks up what an earlier server left: re-attaches to live operators, continues jobs, evicts what cannot be resumed. */
  recover(): Promise<void>;
  /**
   * Ends this engine. `detach` leaves operators running for the next server to re-attach to; `stop` stops them, and
   * their jobs go on from there at the next start.
   */
  close(how: 'detach' | 'stop'): Promise<void>;
}
