import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError } from '../../../core/errors.ts';
import { type Query } from '../../../tools/kubectl/arguments.ts';
import { type Kubectl } from '../../../tools/kubectl/kubectl.ts';
import { type Tools } from '../tools.ts';

/** What a release leaves in the cluster for a while after Helm has forgotten it. */
export interface Remains {
  /** `kind/name` of what would make its pods again. */
  readonly owner: string;
  /** Label selector of its pods. */
  readonly pods: string;
  /** By name. */
  readonly others: readonly Query[];
}

/** Seconds that a pod has to end; their own grace period would hold everything up. */
const graceSeconds = 3;
/** Milliseconds that a node gets to end them; older ones may be two minutes late for a pod that has just begun. */
const forceMs = 12_000;
/** Milliseconds until what is still there is called left behind. */
const patienceMs = 60_000;

/**
 * Uninstalls a release and waits until its pods and volumes are gone. Returns Helm's own word, undefined where there was no such release.
 * Pods go first: a node that meets a claim which is being deleted, while it begins a pod, waits two minutes before it ends that pod.
 */
export async function removeRelease({ at }: Tools, { helm, kubectl }: Pick<Tools, 'helm' | 'kubectl'>, release: string, remains: Remains): Promise<string | undefined> {
  await kubectl.remove(remains.owner);
  await kubectl.endPods(remains.pods, graceSeconds);
  if (!await goneWithin(forceMs, kubectl, { ...remains, others: [] })) await kubectl.endPods(remains.pods, 0);
  const said = await helm.uninstall(release, at);
  if (await goneWithin(patienceMs, kubectl, remains)) return said;
  throw new ClaraError('failed', `still there after ${patienceMs / 1000} s: ${(await remaining(kubectl, remains)).join(', ')}`);
}

/** Waits until nothing is left; tells whether that came true in so many milliseconds. */
async function goneWithin(ms: number, kubectl: Kubectl, remains: Remains): Promise<boolean> {
  for (const end = Date.now() + ms; ;) {
    if ((await remaining(kubectl, remains)).length === 0) return true;
    if (Date.now() > end) return false;
    await sleep(500);
  }
}

/** `pod/name` of what is still there. */
export async function remaining(kubectl: Kubectl, { pods, others }: Omit<Remains, 'owner'>): Promise<readonly string[]> {
  const queries: readonly Query[] = [{ kinds: 'pods', selector: pods }, ...others.map((query) => ({ ...query, ignoreMissing: true }))];
  const found = await Promise.all(queries.map((query) => kubectl.objects<{ kind: string; metadata: { name: string } }>('cannot see what is left', query)));
  return found.flat().map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
}
