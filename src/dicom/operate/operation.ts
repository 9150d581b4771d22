import { explainFile, type ExplainFileParts, type ExplainFileRequest, type FileExplanation } from './explain-file.ts';
import { explainJob, meantSubmission, type JobExplanation } from './explain-job.ts';
import { adapterStatus, type AdapterStatus, type StatusParts } from './status.ts';

/** What the person who runs an adapter asks it, beside its configuration. */
export interface Operation {
  status(): AdapterStatus;
  explainFile(request: ExplainFileRequest): FileExplanation;
  /** By the first digits of an id of a job, a payload or a submission, or a job's name. Throws `not-found` and `usage`. */
  explainJob(text: string): JobExplanation;
  /** Begins anew with submissions that were given up: with the one that is meant, or all of them. */
  retry(text: string | undefined): readonly Retried[];
}

export interface Retried {
  readonly id: string;
  readonly jobName: string;
  /** False where it had not been given up. */
  readonly retried: boolean;
}

export function operationOf(parts: StatusParts & ExplainFileParts): Operation {
  const { store, submitter } = parts;
  return {
    status: () => adapterStatus(parts),
    explainFile: (request) => explainFile(request, parts),
    explainJob: (text) => explainJob(store, text),
    retry: (text) => (text === undefined ? store.submissions.faulted() : [meantSubmission(store, text)]).map(({ id, jobName }) => ({ id, jobName, retried: submitter.retry(id) })),
  };
}
