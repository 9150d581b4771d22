import { type ClusterPlace } from '../helm/arguments.ts';

export type { ClusterPlace };

function place({ namespace, kubeconfig, context }: ClusterPlace): string[] {
  return ['--namespace', namespace, ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), ...(context === undefined ? [] : ['--context', context])];
}

/** What is asked about, and in which form: `-o` of kubectl. */
export interface Query {
  /** `job,pod`, or `secret`. */
  readonly kinds: string;
  readonly names?: readonly string[];
  readonly selector?: string;
  readonly fields?: string;
  /** Absent names are no failure. */
  readonly ignoreMissing?: boolean;
  readonly output?: 'json' | 'name';
}

export function versionArguments(at: ClusterPlace): string[] {
  return ['version', '--output', 'json', '--request-timeout', '10s', ...place(at)];
}

export function getArguments(query: Query, at: ClusterPlace): string[] {
  const { kinds, names = [], selector, fields, ignoreMissing = false, output } = query;
  return [
    'get', kinds, ...names, ...place(at), ...(selector === undefined ? [] : ['--selector', selector]), ...(fields === undefined ? [] : ['--field-selector', fields]),
    ...(ignoreMissing ? ['--ignore-not-found'] : []), ...(output === undefined ? [] : ['--output', output]),
  ];
}

/** The objects come on standard input. Unchecked where nothing is stored: a check would fetch the server's whole schema. */
export function createArguments(at: ClusterPlace, options: { readonly answer?: boolean } = {}): string[] {
  return ['create', ...place(at), ...(options.answer === true ? ['--validate=false', '--output', 'json'] : []), '--filename', '-'];
}

export function replaceArguments(at: ClusterPlace): string[] {
  return ['replace', ...place(at), '--filename', '-'];
}

/** Deletes one object, with what belongs to it, and returns at once; one that is not there is fine. */
export function deleteArguments(object: string, at: ClusterPlace): string[] {
  return ['delete', object, ...place(at), '--wait=false', '--ignore-not-found'];
}

/** Ends pods soon, and returns at once. With a grace of 0 s the cluster forgets them at once, and its node ends them. */
export function endPodsArguments(selector: string, graceSeconds: number, at: ClusterPlace): string[] {
  return ['delete', 'pods', ...place(at), '--selector', selector, '--grace-period', String(graceSeconds), ...(graceSeconds === 0 ? ['--force'] : []), '--wait=false', '--ignore-not-found'];
}

export interface LogQuery {
  readonly pod: string;
  readonly container: string;
  /** Until the container has ended. */
  readonly follow: boolean;
  /** How many of the last lines. */
  readonly tail?: number;
}

export function logArguments({ pod, container, follow, tail }: LogQuery, at: ClusterPlace): string[] {
  return ['logs', pod, ...place(at), '--container', container, ...(follow ? ['--follow'] : []), ...(tail === undefined ? [] : ['--tail', String(tail)])];
}
