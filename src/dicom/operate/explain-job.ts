import { ClaraError } from '../../core/errors.ts';
import { tagText } from '../part10/scanner.ts';
import { storageClassName } from '../uids/storage-classes.ts';
import { type GroupHistory } from '../store/history.ts';
import { type AdapterStore } from '../store/store.ts';
import { type Submission } from '../store/submissions.ts';
import { isoTime } from './status.ts';

/** Why there is a job, or why there is none although there should be one. Times are ISO 8601 in UTC. */
export interface JobExplanation {
  readonly submission: {
    readonly id: string;
    readonly jobId: string | undefined;
    readonly payloadId: string | undefined;
    readonly jobName: string;
    readonly state: Submission['state'];
    readonly tries: number;
    readonly error: string | undefined;
    readonly source: string;
    readonly priority: string;
    readonly updatedAt: string;
  };
  /** Transaction of the inference request that asked for it; undefined: it was triggered by what an AE title received. */
  readonly transactionId: string | undefined;
  /** What of the AE title has led to it. */
  readonly rule: { /** Empty for an inference request. */ readonly aeTitle: string; readonly pipeline: string; readonly pipelineId: string; /** `0020,000D`; undefined: the association. */ readonly groupBy: string | undefined; readonly timeoutSeconds: number };
  readonly group: {
    readonly id: number;
    /** Value of `groupBy`. */
    readonly key: string | undefined;
    readonly openedAt: string;
    readonly lastAt: string | undefined;
    readonly closedAt: string | undefined;
    readonly closedBy: string | undefined;
    readonly instances: number;
    readonly bytes: number;
  };
  readonly senders: readonly { readonly aeTitle: string; readonly host: string; readonly associations: readonly number[]; readonly instances: number }[];
  readonly classes: readonly { readonly sopClass: string; readonly name: string | undefined; readonly instances: number }[];
  readonly instances: readonly { readonly sopInstance: string; readonly sopClass: string; readonly payloadName: string; readonly bytes: number; readonly from: string; readonly receivedAt: string }[];
  /** Jobs of other pipelines on the same instances. */
  readonly siblings: readonly { readonly id: string; readonly pipeline: string; readonly jobId: string | undefined; readonly state: Submission['state'] }[];
}

/** How many candidates are told where several are meant. */
const mostCandidates = 10;

/** The submission that is meant by the first digits of an id of a job, a payload or a submission, or by a job's name. */
export function meantSubmission(store: AdapterStore, text: string): Submission {
  const found = store.submissions.meant(text, mostCandidates + 1);
  const exact = found.filter(({ id, jobId, payloadId }) => [id, jobId, payloadId].includes(text.toLowerCase().replaceAll('-', '')));
  const [first, ...others] = exact.length === 1 ? exact : found;
  if (first === undefined) throw new ClaraError('not-found', `the adapter has submitted no job \`${text}\``);
  if (others.length === 0) return first;
  throw new ClaraError('usage', `\`${text}\` is ambiguous`, { details: found.slice(0, mostCandidates).map(({ id, jobId, jobName }) => `  ${jobId ?? id}  ${jobName}`) });
}

export function explainJob(store: AdapterStore, text: string): JobExplanation {
  const submission = meantSubmission(store, text);
  const group = store.history.group(submission.groupId)!;
  const instances = store.history.instances(group.id);
  const classes = groupedBy(instances, ({ sopClass }) => sopClass);
  const senders = groupedBy(instances, ({ callingAe, callingHost }) => JSON.stringify([callingAe, callingHost]));
  return {
    submission: {
      id: submission.id, jobId: submission.jobId, payloadId: submission.payloadId, jobName: submission.jobName, state: submission.state, tries: submission.tries, error: submission.error,
      source: submission.source, priority: submission.priority, updatedAt: isoTime(submission.updatedAt),
    },
    transactionId: isRequested(group) ? group.groupKey : undefined,
    rule: ruleOf(submission, group),
    group: {
      id: group.id, key: group.rules.quietMs === 0 || isRequested(group) ? undefined : group.groupKey, openedAt: isoTime(group.openedAt), lastAt: optionalTime(group.lastAt), closedAt: optionalTime(group.closedAt),
      closedBy: group.closedBy, instances: group.instances, bytes: group.bytes,
    },
    senders: senders.map((own) => ({ aeTitle: own[0]!.callingAe, host: own[0]!.callingHost, associations: [...new Set(own.map(({ association }) => association).filter((number) => number > 0))], instances: own.length })),
    classes: classes.map((own) => ({ sopClass: own[0]!.sopClass, name: storageClassName(own[0]!.sopClass), instances: own.length })),
    instances: instances.map(({ sopInstance, sopClass, name, bytes, callingAe, receivedAt }) => ({ sopInstance, sopClass, payloadName: name, bytes, from: callingAe, receivedAt: isoTime(receivedAt) })),
    siblings: store.submissions.ofGroup(group.id).filter(({ id }) => id !== submission.id).map(({ id, pipelineName, jobId, state }) => ({ id, pipeline: pipelineName, jobId, state })),
  };
}

/** Groups of inference requests have no AE title; their key is the transaction. */
function isRequested({ aeTitle }: GroupHistory): boolean {
  return aeTitle === '';
}

function ruleOf({ pipelineName, pipelineId }: Submission, { aeTitle, rules }: GroupHistory): JobExplanation['rule'] {
  return { aeTitle, pipeline: pipelineName, pipelineId, groupBy: rules.quietMs === 0 ? undefined : tagText(rules.groupBy), timeoutSeconds: rules.quietMs / 1000 };
}

function optionalTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : isoTime(ms);
}

/** In the order of each group's first item. */
function groupedBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[][] {
  const found = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const own = found.get(key);
    if (own === undefined) found.set(key, [item]);
    else own.push(item);
  }
  return [...found.values()];
}
