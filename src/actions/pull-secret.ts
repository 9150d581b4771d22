import { clusterConfigured, clusterNamespace, toolEnvironment } from '../config/cluster.ts';
import { ClaraError } from '../core/errors.ts';
import { isNotFound, Kubectl } from '../tools/kubectl/kubectl.ts';
import { registrySecret } from '../tools/kubectl/objects.ts';
import { toolFailure } from '../tools/tool-failure.ts';

/** How it went; `absent`: this user has no cluster, or no kubectl. */
export type PullSecretResult = { readonly kind: 'stored'; readonly said: string; readonly namespace: string } | { readonly kind: 'absent' } | { readonly kind: 'failed'; readonly reason: string };

/** What Clara's charts pull images with (Clara guide, Installation). */
const name = 'ngc-clara';

/** Stores a key of NVIDIA's registry in the user's cluster, where there is one; whatever goes wrong there is a result. */
export async function storePullSecret(key: string, signal: AbortSignal, detail: (text: string) => void): Promise<PullSecretResult> {
  if (!clusterConfigured()) return { kind: 'absent' };
  const namespace = clusterNamespace();
  const kubectl = new Kubectl({ namespace, kubeconfig: undefined, context: undefined }, { environment: toolEnvironment(), signal, detail });
  try {
    await kubectl.versions();
    const found = await kubectl.get({ kinds: 'secret', names: [name], output: 'name' });
    if (found.exitCode !== 0 && !isNotFound(found)) throw toolFailure('kubectl', `cannot tell whether the secret ${name} is there`, found);
    const manifest = registrySecret(name, 'nvcr.io', key);
    const what = `cannot store the secret ${name}`;
    return { kind: 'stored', namespace, said: found.exitCode === 0 ? await kubectl.replace(what, manifest) : await kubectl.create(what, manifest) };
  } catch (thrown) {
    if (!(thrown instanceof ClaraError) || thrown.kind === 'interrupted') throw thrown;
    return thrown.kind === 'missing-program' ? { kind: 'absent' } : { kind: 'failed', reason: thrown.message };
  }
}
