import { ClaraError } from '../../../core/errors.ts';
import { isForbidden, isNotFound } from '../../../tools/kubectl/kubectl.ts';
import { rightText, type Right } from '../../../tools/kubectl/objects.ts';
import { toolFailure } from '../../../tools/tool-failure.ts';
import { type Tools } from '../tools.ts';

/** Helm keeps what it knows of a release in secrets. */
const helmRights: readonly Right[] = ['get', 'list', 'create', 'update', 'delete'].map((verb) => ({ verb, group: '', resource: 'secrets' }));
const podRights: readonly Right[] = [
  { verb: 'list', group: '', resource: 'pods' }, { verb: 'delete', group: '', resource: 'pods' }, { verb: 'get', group: '', resource: 'pods/log' },
];

function all(verbs: readonly string[], group: string, resource: string, clusterWide = false): Right[] {
  return verbs.map((verb) => ({ verb, group, resource, clusterWide }));
}

const own = ['get', 'create', 'delete'];

/** What a user must be allowed to do to run a workflow. */
export const workflowRights: readonly Right[] = [
  ...helmRights, ...podRights, ...all(own, 'batch', 'jobs'), ...all(own, '', 'persistentvolumeclaims'), ...all(own, '', 'persistentvolumes', true),
];
/** …and to install the inference server. */
export const trtisRights: readonly Right[] = [
  ...helmRights, ...podRights, ...all([...own, 'list'], 'apps', 'deployments'), ...all(own, '', 'services'), ...all(['list'], 'apps', 'replicasets'),
];
/** …and to store the registry's key. */
export const secretRights: readonly Right[] = all(['get', 'create', 'update'], '', 'secrets');

/** Makes sure, before anything is done, that tools, cluster, namespace and rights are there; fails saying which is not. */
export async function checkCluster({ helm, kubectl, at }: Tools, rights: readonly Right[], needs: { readonly helm: boolean }): Promise<void> {
  if (needs.helm) await helm.version();
  await kubectl.versions();
  const found = await kubectl.get({ kinds: 'namespace', names: [at.namespace], output: 'name' });
  if (isNotFound(found)) {
    throw new ClaraError('not-found', `the cluster has no namespace ${at.namespace}`, { hint: `make it with \`kubectl create namespace ${at.namespace}\`, or name another one with --namespace or CLARA_NAMESPACE` });
  }
  // Who may not look at namespaces may still work in one.
  if (found.exitCode !== 0 && !isForbidden(found)) throw toolFailure('kubectl', `cannot find the namespace ${at.namespace}`, found);
  const refused = [...new Set((await kubectl.refused(rights)).map(rightText))];
  if (refused.length === 0) return;
  throw new ClaraError('failed', `this user may not do all that is needed in the namespace ${at.namespace}`, {
    details: refused.map((text) => `  may not ${text}`),
    hint: 'ask who runs the cluster for these rights, or use another user or context',
  });
}
