import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';

/** A namespace of the test cluster that belongs to one test; with all that is in it it goes when the test ends. */
export interface TestNamespace {
  readonly name: string;
  /** What kubectl prints. */
  kubectl(...args: string[]): string;
  /** Names of everything that a workflow or TRTIS installs, of releases, and of volumes that belong to them; empty after a clean run. */
  installed(): string[];
}

export function testNamespace(): TestNamespace {
  const name = `clara-test-${randomUUID().slice(0, 8)}`;
  const kubectl = (...args: string[]) => execFileSync('kubectl', ['--namespace', name, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = (text: string) => text.split('\n').filter((line) => line !== '');
  const volumes = () => (JSON.parse(kubectl('get', 'pv', '-o', 'json')) as { items: { metadata: { name: string; annotations?: Record<string, string> } }[] }).items
    .filter(({ metadata }) => metadata.annotations?.['meta.helm.sh/release-namespace'] === name).map(({ metadata }) => `persistentvolume/${metadata.name}`);
  kubectl('create', 'namespace', name);
  onTestFinished(() => {
    for (const volume of volumes()) spawnSync('kubectl', ['delete', volume, '--wait=false']);
    spawnSync('kubectl', ['--namespace', name, 'delete', 'pods', '--all', '--grace-period=0', '--force']);
    spawnSync('kubectl', ['delete', 'namespace', name, '--wait=false']);
  });
  return {
    name, kubectl,
    installed: () => [
      ...lines(execFileSync('helm', ['list', '--all', '--short', '--namespace', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).map((release) => `release/${release}`),
      ...lines(kubectl('get', 'pods,jobs,deployments,services,persistentvolumeclaims', '-o', 'name')),
      ...volumes(),
    ],
  };
}
