/** A registry's credentials as Kubernetes takes them. The name of NVIDIA's user is the same for every key. */
export function registrySecret(name: string, registry: string, key: string): string {
  const username = '$oauthtoken';
  const auth = Buffer.from(`${username}:${key}`).toString('base64');
  const config = JSON.stringify({ auths: { [registry]: { username, password: key, auth } } });
  return JSON.stringify({
    apiVersion: 'v1', kind: 'Secret', metadata: { name }, type: 'kubernetes.io/dockerconfigjson',
    data: { '.dockerconfigjson': Buffer.from(config).toString('base64') },
  });
}

/** Something that a user may or may not do. */
export interface Right {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  readonly resource: string;
  /** Not in a namespace. */
  readonly clusterWide?: boolean;
}

/** Asks the cluster which of these the user has; nothing is stored there. */
export function accessReviews(rights: readonly Right[], namespace: string): string {
  const items = rights.map(({ verb, group, resource, clusterWide }) => {
    // A part of a resource is named apart: `pods/log`.
    const [name, subresource] = resource.split('/');
    return {
      apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview',
      spec: { resourceAttributes: { verb, group, resource: name, ...(subresource === undefined ? {} : { subresource }), ...(clusterWide === true ? {} : { namespace }) } },
    };
  });
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
}

/** Those that the cluster does not grant, from its answers: one JSON document after the other, in the order of the questions. */
export function refusedRights(rights: readonly Right[], answers: string): Right[] {
  const allowed = documents(answers).map((answer) => (answer as { readonly status?: { readonly allowed?: boolean } }).status?.allowed === true);
  return rights.filter((_, index) => allowed[index] !== true);
}

/** As people say it: `create jobs`, `create persistentvolumes (cluster-wide)`. */
export const rightText = ({ verb, resource, clusterWide }: Right) => `${verb} ${resource}${clusterWide === true ? ' (cluster-wide)' : ''}`;

/** kubectl prints several objects one after the other, or as a List; each begins and ends in the first column. */
function documents(text: string): unknown[] {
  const parts = text.split(/^(?=\{)/m).filter((part) => part.trim() !== '').map((part) => JSON.parse(part) as { readonly kind?: string; readonly items?: readonly unknown[] });
  return parts.flatMap((part) => (part.kind === 'List' ? part.items ?? [] : [part]));
}
