import { clusterNamespace, toolEnvironment } from '../../config/cluster.ts';
import { dockerTool } from '../../tools/docker-images.ts';
import { type ClusterPlace } from '../../tools/helm/arguments.ts';
import { Helm } from '../../tools/helm/helm.ts';
import { Kubectl } from '../../tools/kubectl/kubectl.ts';
import { Tool } from '../../tools/tool.ts';
import { type Context } from '../../terminal/context.ts';
import { type Io } from '../../terminal/output/io.ts';

/** Flags that say which cluster, and where in it. */
export interface ClusterOptions {
  readonly namespace: string | undefined;
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
}

/** What runs on a cluster works with. */
export interface Tools {
  readonly io: Io;
  readonly signal: AbortSignal;
  readonly at: ClusterPlace;
  readonly helm: Helm;
  readonly kubectl: Kubectl;
  readonly docker: Tool;
  /** The same programs for cleaning up, which Ctrl-C does not stop. */
  readonly unstoppable: { readonly helm: Helm; readonly kubectl: Kubectl; readonly docker: Tool };
}

export function placeOf({ namespace, kubeconfig, context }: ClusterOptions): ClusterPlace {
  return { namespace: namespace ?? clusterNamespace(), kubeconfig, context };
}

export function openTools({ io, signal }: Pick<Context, 'io' | 'signal'>, options: ClusterOptions): Tools {
  const at = placeOf(options);
  const common = { environment: toolEnvironment(), detail: (text: string) => io.detail(text) };
  const stoppable = { ...common, signal };
  return {
    io, signal, at,
    helm: new Helm(stoppable),
    kubectl: new Kubectl(at, stoppable),
    docker: new Tool(dockerTool, stoppable),
    unstoppable: { helm: new Helm(common), kubectl: new Kubectl(at, common), docker: new Tool(dockerTool, common) },
  };
}

/** The flags that a command to copy needs to reach the same place: of helm, or of kubectl. */
export function placeFlags({ namespace, kubeconfig, context }: ClusterPlace, contextFlag: '--kube-context' | '--context'): readonly string[] {
  return ['--namespace', namespace, ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), ...(context === undefined ? [] : [contextFlag, context])];
}
