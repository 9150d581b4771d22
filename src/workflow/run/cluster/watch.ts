import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError } from '../../../core/errors.ts';
import { formatDuration } from '../../../core/duration.ts';
import { type Query } from '../../../tools/kubectl/arguments.ts';
import { type Kubectl } from '../../../tools/kubectl/kubectl.ts';
import { observePods, type ClaimObject, type EventObject, type JobObject, type Observation, type PodObject, type Trouble } from '../../../tools/kubectl/pods.ts';

type Item = PodObject | JobObject | ClaimObject;

/** What is waited for. */
export interface Watched {
  readonly pods: Query;
  /** Job and claim by name; none for a deployment. */
  readonly others: Query | undefined;
  /** How the thing is called in errors: `the job`. */
  readonly what: string;
}

export interface WatchOptions {
  /** Milliseconds until it is given up. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly onObservation: (seen: Observation) => void;
}

/** Milliseconds that trouble which may pass (no node has room yet, a claim is not bound yet) is waited out. */
const patienceMs = 60_000;
const pollMs = 500;
/** Looks in a row that may fail before the cluster counts as gone. */
const mostFailures = 10;

/** Watches until a job has succeeded; fails with `job-failed` where it cannot any more, and `unreachable` at the deadline. */
export async function watchJob(kubectl: Kubectl, watched: Watched, options: WatchOptions): Promise<void> {
  const { timeoutMs, signal, onObservation } = options;
  const look = steadyLook(kubectl, watched, signal);
  const end = Date.now() + timeoutMs;
  let troubled: { readonly kind: Trouble['kind']; readonly since: number } | undefined;
  let seen = false;
  for (;;) {
    const items = await look();
    const job = items.find((item): item is JobObject => item.kind === 'Job');
    const observation = observePods(items.filter((item): item is PodObject => item.kind === 'Pod'));
    onObservation(observation);
    const trouble = theReason(observation.trouble, claimTrouble(items));
    if (trouble?.lasting === true) throw await failureOf(kubectl, watched, trouble);
    if (hasCondition(job, 'Complete')) return;
    const failed = condition(job, 'Failed');
    if (failed?.status === 'True') throw await failureOf(kubectl, watched, { kind: 'ended', lasting: true, pod: observation.pod, message: failed.message ?? failed.reason ?? 'it failed' });
    if (seen && job === undefined) throw new ClaraError('job-failed', `${watched.what} is gone: somebody else removed it`);
    seen ||= job !== undefined;
    troubled = trouble === undefined ? undefined : troubled?.kind === trouble.kind ? troubled : { kind: trouble.kind, since: Date.now() };
    if (trouble !== undefined && Date.now() - troubled!.since > patienceMs) throw await failureOf(kubectl, watched, trouble);
    if (Date.now() > end) throw await tooLate(kubectl, watched, timeoutMs, observation, trouble);
    await pause(signal);
  }
}

/** Watches the pods of a deployment for trouble, until the signal stops it: that they are ready is Helm's to say. Fails as `watchJob` does. */
export async function watchForTrouble(kubectl: Kubectl, watched: Watched, { timeoutMs, signal }: Omit<WatchOptions, 'onObservation'>): Promise<never> {
  const end = Date.now() + timeoutMs;
  const look = steadyLook(kubectl, watched, signal);
  for (let since: number | undefined; ;) {
    const observation = observePods((await look()).filter((item): item is PodObject => item.kind === 'Pod'));
    const { trouble } = observation;
    since = trouble === undefined ? undefined : since ?? Date.now();
    if (trouble !== undefined && (trouble.lasting || Date.now() - since! > patienceMs)) throw await failureOf(kubectl, watched, trouble);
    if (Date.now() > end) throw await tooLate(kubectl, watched, timeoutMs, observation, trouble);
    await pause(signal);
  }
}

async function pause(signal: AbortSignal): Promise<void> {
  try {
    await sleep(pollMs, undefined, { signal });
  } catch (thrown) {
    throw signal.reason instanceof ClaraError ? signal.reason : thrown;
  }
}

/** One look at everything; a cluster may be out of reach for a moment. */
function steadyLook(kubectl: Kubectl, { pods, others }: Watched, signal: AbortSignal): () => Promise<readonly Item[]> {
  let failures = 0;
  return async () => {
    try {
      const queries = others === undefined ? [pods] : [pods, { ...others, ignoreMissing: true }];
      const found = await Promise.all(queries.map((query) => kubectl.objects<Item>('cannot see how far it is', query, { signal })));
      failures = 0;
      return found.flat();
    } catch (thrown) {
      failures += 1;
      if (!(thrown instanceof ClaraError) || thrown.kind !== 'unreachable' || failures >= mostFailures) throw thrown;
      await pause(signal);
      return [];
    }
  };
}

function condition(job: JobObject | undefined, type: string) {
  return job?.status?.conditions?.find((one) => one.type === type);
}

const hasCondition = (job: JobObject | undefined, type: string) => condition(job, type)?.status === 'True';

/** A pod whose claim has no volume is told to be unschedulable; the claim says why. */
function theReason(ofPod: Trouble | undefined, ofClaim: Trouble | undefined): Trouble | undefined {
  return ofClaim !== undefined && (ofPod === undefined || ofPod.kind === 'unschedulable') ? ofClaim : ofPod;
}

function claimTrouble(items: readonly Item[]): Trouble | undefined {
  const claim = items.find((item): item is ClaimObject => item.kind === 'PersistentVolumeClaim');
  return claim === undefined || claim.status?.phase !== 'Pending' ? undefined : { kind: 'claim', lasting: false, message: `the claim ${claim.metadata.name} gets no volume` };
}

/** The trouble as an error, with what the cluster and the container have said last. */
async function failureOf(kubectl: Kubectl, watched: Watched, trouble: Trouble): Promise<ClaraError> {
  const said = trouble.kind === 'failed' || trouble.kind === 'start' ? await lastLines(kubectl, trouble) : [];
  const events = trouble.kind === 'failed' ? [] : await warnings(kubectl, trouble.kind === 'claim' ? undefined : trouble.pod);
  return new ClaraError('job-failed', troubleText(watched, trouble), { details: [...said, ...events], ...hintOf(trouble) });
}

/** What is wrong at the deadline. */
async function tooLate(kubectl: Kubectl, watched: Watched, timeoutMs: number, { containers, pod }: Observation, trouble: Trouble | undefined): Promise<ClaraError> {
  const open = [...containers].filter(([, { kind }]) => kind !== 'done').map(([name, { kind }]) => `${name} is ${kind}`);
  const state = trouble === undefined ? open.join(', ') || 'it has not begun' : troubleText(watched, trouble);
  const running = [...containers].filter(([, { kind }]) => kind === 'running').map(([name]) => name);
  const said = pod === undefined ? [] : (await Promise.all(running.map((container) => lastLines(kubectl, { pod, container })))).flat();
  return new ClaraError('unreachable', `${watched.what} is not done within ${formatDuration(timeoutMs)}: ${state}`, {
    details: [...said, ...await warnings(kubectl, pod)],
    hint: 'give it more time with --timeout',
  });
}

function troubleText({ what }: Watched, trouble: Trouble): string {
  switch (trouble.kind) {
    case 'failed': return `the stage ${trouble.container} failed (${trouble.reason})`;
    case 'image': return `the image ${trouble.image} of ${trouble.container ?? what} cannot be had (${trouble.message})`;
    case 'start': return `the container ${trouble.container} cannot be started (${trouble.message})`;
    case 'unschedulable': return `no node of the cluster can take ${what} (${trouble.message})`;
    case 'claim': return `the payload volume cannot be had: ${trouble.message}`;
    case 'ended': return `${what} failed (${trouble.message})`;
  }
}

function hintOf({ kind }: Trouble): { hint?: string } {
  switch (kind) {
    case 'image': return { hint: 'see that the name is right and that the cluster can get it; `build:` in the stage\'s values builds it here' };
    case 'unschedulable': return { hint: 'lower what the stages request, or free a node' };
    case 'claim': return { hint: 'another volume or storage class of that name may be in the way: `kubectl get pv`' };
    default: return {};
  }
}

/** What a container has printed last. Not having it is no reason to fail otherwise. */
async function lastLines(kubectl: Kubectl, { pod, container }: { readonly pod?: string | undefined; readonly container: string }): Promise<readonly string[]> {
  if (pod === undefined) return [];
  const { exitCode, stdout } = await kubectl.logs({ pod, container, follow: false, tail: 20 });
  const lines = exitCode === 0 ? stdout.trimEnd().split('\n').filter((line) => line !== '') : [];
  return lines.length === 0 ? [] : [`the last lines of ${container}:`, ...lines.map((line) => `  ${line}`)];
}

/** What the cluster has warned of: of a pod, or of claims. */
async function warnings(kubectl: Kubectl, pod: string | undefined): Promise<readonly string[]> {
  const fields = pod === undefined ? 'involvedObject.kind=PersistentVolumeClaim' : `involvedObject.name=${pod}`;
  const { exitCode, stdout } = await kubectl.get({ kinds: 'events', fields, output: 'json' });
  // Events are not everybody's to read.
  if (exitCode !== 0) return [];
  const events = (JSON.parse(stdout) as { readonly items: readonly EventObject[] }).items;
  const texts = events.filter(({ type, reason }) => (type === 'Warning' && reason !== 'MissingClusterDNS') || reason === 'FailedBinding')
    .toSorted((one, other) => (one.lastTimestamp ?? '').localeCompare(other.lastTimestamp ?? '')).map(({ reason, message }) => `  ${reason ?? ''}: ${(message ?? '').trim()}`);
  const last = [...new Set(texts)].slice(-4);
  return last.length === 0 ? [] : ['the cluster says:', ...last];
}
