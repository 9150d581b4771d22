import { ClaraError } from '../../../core/errors.ts';

/** One container of the workflow's Job, as docker runs it. */
export interface StageContainer {
  readonly name: string;
  readonly image: string;
  /** Instead of the image's own; undefined: that one. */
  readonly entrypoint: string | undefined;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mounts: readonly StageMount[];
  /** `uid` or `uid:gid`. */
  readonly user: string | undefined;
}

export interface StageMount {
  /** Below the folder of the payload; empty for all of it. */
  readonly subPath: string;
  /** Absolute, in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

interface Security {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[] | null;
  readonly args?: readonly string[] | null;
  readonly env?: readonly { readonly name: string; readonly value?: string | number | boolean | null; readonly valueFrom?: unknown }[] | null;
  readonly envFrom?: unknown;
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string; readonly readOnly?: boolean }[] | null;
  readonly securityContext?: Security;
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly unknown[] | null;
  readonly volumes?: readonly { readonly name: string; readonly persistentVolumeClaim?: unknown }[] | null;
  readonly securityContext?: Security;
}

/** The containers of the Job in a rendered chart. Throws where they need something that only a cluster has. */
export async function stageContainers(manifest: string): Promise<readonly StageContainer[]> {
  const { loadAll, CORE_SCHEMA } = await import('js-yaml');
  const objects = loadAll(manifest, undefined, { schema: CORE_SCHEMA }) as ({ kind?: string; spec?: { template?: { spec?: PodSpec } } } | null)[];
  const spec = objects.find((object) => object?.kind === 'Job')?.spec?.template?.spec;
  if (spec === undefined) throw new ClaraError('usage', 'the chart renders no Job, whose containers would be run');
  if ((spec.initContainers ?? []).length > 0) throw onlyOnCluster('initContainers');
  return spec.containers.map((container) => stageContainer(container, spec));
}

const onlyOnCluster = (what: string) => new ClaraError('usage', `--docker does not know ${what}, which the chart uses`, { hint: 'test it on a cluster, without --docker' });

function stageContainer(container: Container, spec: PodSpec): StageContainer {
  const { name, image, command, args, env, envFrom, volumeMounts } = container;
  if (envFrom !== undefined) throw onlyOnCluster('envFrom');
  const environment: Record<string, string> = {};
  for (const variable of env ?? []) {
    if (variable.valueFrom !== undefined) throw onlyOnCluster(`valueFrom (${variable.name})`);
    environment[variable.name] = expand(String(variable.value ?? ''), environment);
  }
  const words = (list: readonly string[] | null | undefined) => (list ?? []).map((word) => expand(String(word), environment));
  const [entrypoint, ...rest] = words(command);
  return {
    name, image, entrypoint, environment,
    command: [...rest, ...words(args)],
    mounts: (volumeMounts ?? []).map((mount) => {
      if (spec.volumes?.find((volume) => volume.name === mount.name)?.persistentVolumeClaim === undefined) throw onlyOnCluster(`the volume ${mount.name}`);
      // Nodes make a relative path absolute.
      return { subPath: mount.subPath ?? '', target: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`, readOnly: mount.readOnly === true };
    }),
    user: userOf({ ...spec.securityContext, ...container.securityContext }),
  };
}

function userOf({ runAsUser, runAsGroup }: Security): string | undefined {
  if (runAsUser === undefined) return undefined;
  return runAsGroup === undefined ? String(runAsUser) : `${runAsUser}:${runAsGroup}`;
}

/** `$(NAME)` of an earlier variable stands for its value, `$$(NAME)` for itself (Kubernetes API, Container, args). */
function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^)]*)\)/g, (all, name: string | undefined) => (name === undefined ? '$' : environment[name] ?? all));
}
