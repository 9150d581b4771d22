/** Where a release is, or goes. */
export interface ClusterPlace {
  readonly namespace: string;
  /** A file instead of KUBECONFIG and ~/.kube/config. */
  readonly kubeconfig: string | undefined;
  /** Instead of the kubeconfig's current one. */
  readonly context: string | undefined;
}

/** A chart to be installed, or only rendered. */
export interface ChartRelease {
  readonly name: string;
  /** Its folder. */
  readonly chart: string;
  /** Values as texts, in order. */
  readonly values: readonly (readonly [path: string, value: string])[];
}

function place({ namespace, kubeconfig, context }: ClusterPlace): string[] {
  return ['--namespace', namespace, ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), ...(context === undefined ? [] : ['--kube-context', context])];
}

/** A value for `--set-string`: commas would begin another, and braces a list. */
export function setString([path, value]: readonly [string, string]): string {
  return `${path}=${value.replace(/[\\,]/g, '\\$&').replace(/^\{/, '\\{')}`;
}

const values = (release: ChartRelease) => release.values.flatMap((value) => ['--set-string', setString(value)]);

/** Waits until what is not a Job is ready. */
export function installArguments(release: ChartRelease, at: ClusterPlace, timeoutSeconds: number): string[] {
  return ['install', release.name, ...place(at), ...values(release), '--wait', '--timeout', `${timeoutSeconds}s`, release.chart];
}

/** Prints the manifest; needs no cluster. */
export function templateArguments(release: ChartRelease, namespace: string): string[] {
  return ['template', release.name, '--namespace', namespace, ...values(release), release.chart];
}

export function uninstallArguments(release: string, at: ClusterPlace): string[] {
  return ['uninstall', release, ...place(at)];
}

export function statusArguments(release: string, at: ClusterPlace): string[] {
  return ['status', release, ...place(at), '--output', 'json'];
}

/** Checks a chart without a cluster. */
export function lintArguments(release: ChartRelease): string[] {
  return ['lint', ...values(release), release.chart];
}

/** A chart in a registry, or behind a URL. */
export interface RemoteChart {
  /** `oci://registry/chart`, or the URL of a packed chart. */
  readonly reference: string;
  /** The newest where it is not given. */
  readonly version: string | undefined;
  /** The registry answers without TLS. */
  readonly plainHttp: boolean;
}

/** Gets a chart, unpacked into a folder. Who may is in the user's own configuration of helm (`helm registry login`). */
export function pullArguments({ reference, version, plainHttp }: RemoteChart, into: string): string[] {
  return ['pull', reference, ...(version === undefined ? [] : ['--version', version]), ...(plainHttp ? ['--plain-http'] : []), '--untar', '--untardir', into];
}
