/** The parts that we read of what Kubernetes says of pods, jobs and claims. */
export interface PodObject {
  readonly kind: 'Pod';
  readonly metadata: { readonly name: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] };
  readonly status: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: { readonly exitCode: number; readonly signal?: number; readonly reason?: string; readonly message?: string; readonly finishedAt?: string };
  };
}

export interface JobObject {
  readonly kind: 'Job';
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly Condition[] };
}

export interface ClaimObject {
  readonly kind: 'PersistentVolumeClaim';
  readonly metadata: { readonly name: string };
  readonly status?: { readonly phase?: string };
}

export interface EventObject {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
}

/** How far a container is. */
export type ContainerProgress =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running' }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly exitCode: number };

/** What keeps a pod from doing its work. `lasting` does not go away by waiting; the others may. */
export type Trouble = { readonly lasting: boolean; readonly pod?: string | undefined; readonly container?: string | undefined } & (
  | { readonly kind: 'failed'; readonly container: string; readonly exitCode: number; readonly reason: string }
  | { readonly kind: 'image'; readonly image: string; readonly message: string }
  | { readonly kind: 'start'; readonly container: string; readonly message: string }
  | { readonly kind: 'unschedulable'; readonly message: string }
  | { readonly kind: 'claim'; readonly message: string }
  | { readonly kind: 'ended'; readonly message: string }
);

export interface Observation {
  /** By the name of the container; the latest pod's. */
  readonly containers: ReadonlyMap<string, ContainerProgress>;
  readonly pod: string | undefined;
  readonly trouble: Trouble | undefined;
}

/** Reasons for waiting that Kubernetes gives for an image it does not get, tries again, and does not get again. */
const imageReasons = new Set(['ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError', 'RegistryUnavailable']);
/** Of a container that it cannot begin. */
const startReasons = new Set(['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'CrashLoopBackOff', 'StartError', 'PostStartHookError']);

/** What the pods of one job or deployment say; the one that is not going away counts. */
export function observePods(pods: readonly PodObject[]): Observation {
  const pod = pods.findLast(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (pod === undefined) return { containers: new Map(), pod: undefined, trouble: undefined };
  const containers = new Map<string, ContainerProgress>(pod.spec.containers.map(({ name }) => [name, { kind: 'waiting' }]));
  for (const status of pod.status.containerStatuses ?? []) containers.set(status.name, progressOf(status));
  return { containers, pod: pod.metadata.name, trouble: troubleOf(pod) };
}

function progressOf({ state }: ContainerStatus): ContainerProgress {
  if (state?.terminated !== undefined) return state.terminated.exitCode === 0 ? { kind: 'done' } : { kind: 'failed', exitCode: state.terminated.exitCode };
  return { kind: state?.running === undefined ? 'waiting' : 'running' };
}

function troubleOf(pod: PodObject): Trouble | undefined {
  const { status, spec, metadata: { name } } = pod;
  // The first that failed is the cause; others may have been ended because of it.
  const byEnd = (status.containerStatuses ?? []).toSorted((one, other) => (one.state?.terminated?.finishedAt ?? '').localeCompare(other.state?.terminated?.finishedAt ?? ''));
  for (const container of byEnd) {
    const found = containerTrouble(name, container, spec.containers.find((of) => of.name === container.name)?.image ?? '');
    if (found !== undefined) return found;
  }
  if (status.phase === 'Failed') return { kind: 'ended', lasting: true, pod: name, message: [status.reason, status.message].filter(Boolean).join(': ') || 'its pod failed' };
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False') return { kind: 'unschedulable', lasting: false, pod: name, message: scheduled.message ?? scheduled.reason ?? 'for an unknown reason' };
  return undefined;
}

function containerTrouble(pod: string, { name: container, state }: ContainerStatus, image: string): Trouble | undefined {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined && terminated.exitCode !== 0) {
    return { kind: 'failed', lasting: true, pod, container, exitCode: terminated.exitCode, reason: endOf(terminated) };
  }
  const reason = waiting?.reason ?? '';
  const message = waiting?.message ?? reason;
  if (imageReasons.has(reason) || reason === 'ErrImagePull') return { kind: 'image', lasting: imageReasons.has(reason), pod, container, image, message };
  if (startReasons.has(reason)) return { kind: 'start', lasting: true, pod, container, message: message === reason ? reason : `${reason}: ${message}` };
  return undefined;
}

/** Exit codes above 128 are signals, as shells count them. */
function endOf({ exitCode, signal, reason, message }: { readonly exitCode: number; readonly signal?: number; readonly reason?: string; readonly message?: string }): string {
  if (reason === 'OOMKilled') return 'it was killed: out of memory';
  if (reason !== undefined && reason !== 'Error') return `exit code ${exitCode}: ${[reason, message].filter(Boolean).join(': ')}`;
  return endText(exitCode, signal);
}

/** How a program ended, in words. */
export function endText(exitCode: number, signal?: number): string {
  const number = signal ?? (exitCode > 128 && exitCode < 160 ? exitCode - 128 : undefined);
  if (number === 9) return 'it was killed';
  return number === undefined ? `exit code ${exitCode}` : `it was ended by signal ${number}`;
}
