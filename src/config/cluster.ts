import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type Environment } from './settings.ts';

/** Environment of docker, helm and kubectl, which may start programs of their own to log in: ours, without the key that is not theirs. */
export function toolEnvironment(env: Environment = process.env): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[0] !== 'NGC_API_KEY'));
}

/** The namespace of workflows: CLARA_NAMESPACE, or `default` as in the original. */
export function clusterNamespace(env: Environment = process.env): string {
  return env.CLARA_NAMESPACE || 'default';
}

/** Whether this user has a cluster: a kubeconfig that exists, where kubectl looks for one. */
export function clusterConfigured(env: Environment = process.env): boolean {
  const named = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  return (named.length > 0 ? named : [join(homedir(), '.kube', 'config')]).some((file) => existsSync(file));
}
