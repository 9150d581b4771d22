import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError } from '../../../core/errors.ts';
import { type Query } from '../../../tools/kubectl/arguments.ts';
import { type Kubectl } from '../../../tools/kubectl/kubectl.ts';
import { type Tools } from '../tools.ts';

/** What a release leaves in the cluster for a while after Helm has forgotten it. */
export interface Remains {
  /** Label selector of its pods. */
  readonly pods: string;
  /** By name. */
  readonly others: readonly Query[];
}

/** Seconds that a pod has to end; their own grace period would hold everything up. */
const graceSeconds = 3;
/** Milliseconds until what is still there is called left behind. */
const patienceMs = 60_000;

/** Uninstalls a release and waits until its pods and volumes are gone. Returns Helm's own word, undefined where there was no such release. */
export async function removeRelease({ at }: Tools, { helm, kubectl }: Pick<Tools, 'helm' | 'kubectl'>, release: string, remains: Remains): Promise<string | undefined> {
  const said = await helm.uninstall(release, at);
  await kubectl.endPods(remains.pods, graceSeconds);
  for (const end = Date.now() + patienceMs; ;) {
    const left = await remaining(kubectl, remains);
    if (left.length === 0) return said;
    if (Date.now() > end) throw new ClaraError('failed', `still there after ${patienceMs / 1000} s: ${left.join(', ')}`);
    await sleep(250);
  }
}

/** `pod/name` of what is still there. */
export async function remaining(kubectl: Kubectl, { pods, others }: Remains): Promise<readonly string[]> {
  const queries: readonly Query[] = [{ kinds: 'pods', selector: pods }, ...others.map((query) => ({ ...query, ignoreMissing: true }))];
  const found = await Promise.all(queries.map((query) => kubectl.objects<{ kind: string; metadata: { name: string } }>('cannot see what is left', query)));
  return found.flat().map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`);
}
