import { type Exporting } from '../export/start.ts';
import { type ExportStatus } from '../export/status.ts';
import { type Grouper } from '../inbox/grouper.ts';
import { type InferenceStatus } from '../inference/service.ts';
import { type Inference } from '../inference/start.ts';
import { type Protection } from '../listen.ts';
import { type Scp } from '../net/scp/server.ts';
import { type DiskGuard } from '../receive/disk-guard.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type SubmissionState } from '../store/submissions.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Submitter } from '../submit/submitter.ts';

/** What the adapter is doing, as `GET /api/status` says it. Times are ISO 8601 in UTC. */
export interface AdapterStatus {
  /** `waiting`: requests that wait for room; `silent`: connections that have not asked for anything yet. */
  readonly associations: { readonly open: number; readonly waiting: number; readonly silent: number; readonly maximum: number };
  readonly protection: Protection;
  /** Who may send: those that are registered, or everybody. */
  readonly senders: { readonly registered: number; readonly unknown: 'rejected' | 'accepted' };
  /** What is not a job yet. */
  readonly inbox: { readonly instances: number; readonly bytes: number };
  readonly groups: readonly WaitingGroup[];
  readonly submissions: {
    readonly counts: Readonly<Record<SubmissionState, number>>;
    /** Those that are not finished, and those that were given up; the first hundred. */
    readonly pending: readonly PendingSubmission[];
  };
  readonly exports: ExportStatus;
  readonly inference: InferenceStatus;
  readonly disk: { readonly totalBytes: number; readonly freeBytes: number; readonly reserveBytes: number; /** Whether there is room, so that studies are received. */ readonly receiving: boolean };
}

export interface WaitingGroup {
  readonly id: number;
  readonly aeTitle: string;
  readonly instances: number;
  readonly bytes: number;
  readonly openedAt: string;
  readonly lastAt: string | undefined;
  /** Instances of it that are arriving now: it stays open meanwhile. */
  readonly arriving: number;
  /** Where nothing more comes; undefined: with its association. */
  readonly closesInMs: number | undefined;
}

export interface PendingSubmission {
  readonly id: string;
  readonly jobName: string;
  readonly pipelineName: string;
  readonly pipelineId: string;
  readonly jobId: string | undefined;
  /** The last step that was done; `faulted`: it was given up. */
  readonly state: SubmissionState;
  readonly running: boolean;
  /** Failures of the step that is next. */
  readonly tries: number;
  readonly error: string | undefined;
  readonly nextAttemptInMs: number | undefined;
}

export interface StatusParts {
  readonly store: AdapterStore;
  readonly scp: Pick<Scp, 'counts'> & { readonly protection: Protection };
  readonly settings: Pick<AdapterSettings['scp'], 'maximumAssociations' | 'rejectUnknownSources'>;
  readonly grouper: Grouper;
  readonly submitter: Submitter;
  readonly disk: DiskGuard;
  readonly exporting: Exporting;
  readonly inference: Pick<Inference, 'status'>;
}

/** Most submissions that are told one by one. */
const mostPending = 100;

export function adapterStatus({ store, scp, settings, grouper, submitter, disk, exporting, inference }: StatusParts): AdapterStatus {
  const { associations: open, waiting, silent } = scp.counts();
  const waits = grouper.waiting();
  const attempts = submitter.attempts();
  return {
    associations: { open, waiting, silent, maximum: settings.maximumAssociations },
    protection: scp.protection,
    senders: { registered: store.entities.sources().length, unknown: settings.rejectUnknownSources ? 'rejected' : 'accepted' },
    inbox: store.inbox.totals(),
    groups: store.history.openGroups().map(({ id, aeTitle, instances, bytes, openedAt, lastAt }) => ({
      id, aeTitle, instances, bytes, openedAt: isoTime(openedAt), lastAt: lastAt === undefined ? undefined : isoTime(lastAt), arriving: waits.get(id)?.arriving ?? 0, closesInMs: waits.get(id)?.closesInMs,
    })),
    submissions: {
      counts: store.submissions.counts(),
      pending: store.submissions.attention(mostPending).map(({ id, jobName, pipelineName, pipelineId, jobId, state, tries, error }) => ({
        id, jobName, pipelineName, pipelineId, jobId, state, tries, error, running: attempts.running.has(id), nextAttemptInMs: state === 'faulted' ? undefined : attempts.dueInMs.get(id),
      })),
    },
    exports: exporting.status(),
    inference: inference.status(),
    disk: disk.describe(),
  };
}

/** ISO 8601 in UTC with milliseconds. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
