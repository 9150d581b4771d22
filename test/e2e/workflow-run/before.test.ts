import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { testNamespace } from '../../helpers/cluster.ts';
import { missing } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/run.ts';
import { scriptProject, succeeded, testProject, valuesFile } from '../../helpers/workflow.ts';

const job = randomUUID();
const project = () => scriptProject({ one: 'true' }, job);
const noTools = missing('helm') || missing('cluster');

/** A folder for PATH with some of this machine's programs, and others that are given as scripts. */
function programs(names: readonly string[], scripts: Readonly<Record<string, string>> = {}): string {
  const folder = tempDir();
  const find = (name: string) => process.env.PATH!.split(delimiter).map((path) => join(path, name)).find((path) => { try { return execFileSync('test', ['-x', path]), true; } catch { return false; } });
  for (const name of names) symlinkSync(find(name)!, join(folder, name));
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return folder;
}

test.skipIf(noTools)('no cluster answers', async () => {
  const { wf } = await project();
  const config = join(tempDir(), 'config');
  const cluster = { name: 'c', cluster: { server: 'https://127.0.0.1:9' } };
  writeFileSync(config, JSON.stringify({ apiVersion: 'v1', kind: 'Config', clusters: [cluster], users: [{ name: 'u', user: { token: 't' } }], contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }], 'current-context': 'x' }), { mode: 0o600 });
  const byFlag = await wf(['test', 'w', job, '--kubeconfig', config]);
  expect(byFlag).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringMatching(/^error: no cluster answers \(.*127\.0\.0\.1:9.*refused.*\)\nhint: start the cluster, .*--docker/m) as string });
  const byVariable = await wf(['install_trtis'], { env: { KUBECONFIG: config } });
  expect(byVariable).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('error: no cluster answers') as string });
  const noContext = await wf(['test', 'w', job, '--kubeconfig', config, '--context', 'nope']);
  expect(noContext).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: no cluster answers \(.*nope/m) as string });
});

test.skipIf(noTools).each([
  ['helm', ['kubectl', 'ls'], {}, /^error: helm is needed, and is not on PATH\nhint: install helm 3/m],
  ['kubectl', ['helm', 'ls'], {}, /^error: kubectl is needed, and is not on PATH\nhint: install kubectl/m],
  ['helm 2', ['kubectl', 'ls'], { helm: 'echo "Client: v2.16.1+gbbdfe5e"; echo "Error: could not find tiller" >&2; exit 1' }, /^error: helm v2\.16\.1\+gbbdfe5e is too old: Helm 2 installs charts through a server/m],
  ['an old kubectl', ['helm', 'ls'], { kubectl: 'echo \'{"clientVersion":{"gitVersion":"v1.11.0"}}\'; exit 1' }, /^error: kubectl v1\.11\.0 is too old/m],
])('without %s: exit code 5, and how to get it', async (_, present, scripts, says) => {
  const { wf } = await project();
  const result = await wf(['test', 'w', job], { env: { PATH: programs(present, scripts) } });
  expect(result).toMatchObject({ exitCode: 5, stdout: '' });
  expect(result.stderr).toMatch(says);
});

test.skipIf(missing('helm'))('without docker: exit code 5', async () => {
  const { wf } = await project();
  const result = await wf(['test', 'w', job, '--docker'], { env: { PATH: programs(['helm', 'ls']) } });
  expect(result).toMatchObject({ exitCode: 5, stderr: expect.stringContaining('error: docker is needed') as string });
});

test.skipIf(noTools)('a namespace that does not exist', async () => {
  const { wf } = await project();
  const result = await wf(['test', 'w', job, '-n', 'clara-no-such-namespace']);
  expect(result).toMatchObject({ exitCode: 4, stdout: '' });
  expect(result.stderr).toMatch(/^error: the cluster has no namespace clara-no-such-namespace\nhint: make it with `kubectl create namespace/m);
});

test.skipIf(noTools)('a user without rights is told which are missing, all at once', async () => {
  const namespace = testNamespace();
  const { wf } = await project();
  namespace.kubectl('create', 'serviceaccount', 'weak');
  const own = JSON.parse(namespace.kubectl('config', 'view', '--raw', '-o', 'json')) as { clusters: { name: string }[] };
  const secret = `apiVersion: v1\nkind: Secret\nmetadata: { name: weak-token, annotations: { kubernetes.io/service-account.name: weak } }\ntype: kubernetes.io/service-account-token\n`;
  const file = join(tempDir(), 'secret.yaml');
  writeFileSync(file, secret);
  namespace.kubectl('create', '-f', file);
  let token = '';
  for (const end = Date.now() + 30_000; token === '' && Date.now() < end;) token = namespace.kubectl('get', 'secret', 'weak-token', '-o', 'jsonpath={.data.token}');
  const config = join(tempDir(), 'config');
  const user = { name: 'weak', user: { token: Buffer.from(token, 'base64').toString() } };
  const contexts = [{ name: 'weak', context: { cluster: own.clusters[0]!.name, user: 'weak' } }];
  writeFileSync(config, JSON.stringify({ ...own, users: [user], contexts, 'current-context': 'weak' }), { mode: 0o600 });
  const result = await wf(['test', 'w', job, '-n', namespace.name, '--kubeconfig', config]);
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(/^error: this user may not do all that is needed in the namespace clara-test-/m);
  for (const right of ['create secrets', 'list pods', 'get pods/log', 'create jobs', 'create persistentvolumes (cluster-wide)']) expect(result.stderr).toContain(`  may not ${right}\n`);
  expect(result.stderr).not.toContain('deployments');
  const key = await wf(['setkey', '-n', namespace.name, '--kubeconfig', config], { env: { NGC_API_KEY: 'a-key' } });
  expect(key).toMatchObject({ exitCode: 1, stdout: '' });
  const noUser = join(tempDir(), 'config');
  writeFileSync(noUser, JSON.stringify({ ...own, users: [{ name: 'weak', user: { token: 'nonsense' } }], contexts, 'current-context': 'weak' }), { mode: 0o600 });
  const unknown = await wf(['test', 'w', job, '-n', namespace.name, '--kubeconfig', noUser]);
  expect(unknown).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error: no cluster answers|^error: .*(Unauthorized|logged in)/m) as string });
  expect(namespace.installed()).toEqual([]);
});

test.each([
  [['nothing'], 4, /^error: there is no workflow "nothing" \(there are .*ai-only.*\bw\b.*\)$/m],
  [['w', '1'], 2, /^error: the job id "1" is no UUID$/m],
  [['w', '33333333-3333-3333-3333-333333333333'], 4, /^error: there is no test data for the job 33333333-.*does not exist\nthere is data of .*\nhint: put the data/m],
  [['w', job, '--docker', '--namespace', 'x'], 2, /^error: --namespace is about a cluster, and --docker uses none$/m],
  [['w', job, '--timeout', 'soon'], 2, /^error: --timeout: `soon` is not a duration$/m],
  [['w', job, '--trtis-uri', 'http://x'], 2, /^error: --trtis-uri: `http:\/\/x` is not HOST:PORT$/m],
  [['w', job, '--no-trtis', '--trtis-uri', 'x:8000'], 2, /exclude each other/],
])('test %j is refused before any tool is asked', async (args, exitCode, says) => {
  const { wf } = await project();
  const empty = tempDir();
  const result = await wf(['test', ...args], { env: { PATH: empty } });
  expect(result).toMatchObject({ exitCode, stdout: '' });
  expect(result.stderr).toMatch(says);
});

test('a workflow that cannot run is refused with line and column', async () => {
  const { wf, edit } = await project();
  edit(valuesFile, '  w:\n', '  w:\n    waitLock: [""]\n');
  edit(valuesFile, '    stages:\n      - one\n', '    stages:\n      - one\n      - ghost\n');
  const result = await wf(['test', 'w', job], { env: { PATH: tempDir() } });
  expect(result).toMatchObject({ exitCode: 2 });
  expect(result.stderr).toMatch(/^charts\/clara-workflow\/values\.yaml:\d+:\d+: error: .*ghost/m);
});

test.skipIf(missing('helm'))('a dry run needs no cluster, makes nothing, and prints commands and manifest', async () => {
  const { wf, folder } = await project();
  mkdirSync(join(folder, 'empty'));
  const before = readdirSync(folder, { recursive: true }).toSorted();
  const env = { KUBECONFIG: '/dev/null', PATH: programs(['helm']) };
  const { stdout } = succeeded(await wf(['test', 'w', job, '--dry-run', '-n', 'lab'], { env }));
  expect(stdout).toContain(`helm install test-wf --namespace lab --set-string runSimple=TRUE --set-string workflow.id=w --set-string workflow.payloads.hostPath=${folder}/test-data --set-string job.id=${job}`);
  expect(stdout).toContain('helm uninstall test-wf --namespace lab');
  expect(stdout).toMatch(/^kind: Job$/m);
  expect(stdout).not.toContain('trtis ');
  const docker = succeeded(await wf(['test', 'w', job, '--dry-run', '--docker'], { env })).stdout;
  expect(docker).toMatch(new RegExp(`^docker run --name clara-wf-${job}-one .* --entrypoint sh -- busybox:local -c true$`, 'm'));
  expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(before);
});

test.skipIf(missing('helm'))('a chart that helm cannot render', async () => {
  const { wf, edit } = await testProject();
  edit('charts/clara-workflow/templates/deployment.yaml', 'kind: Job', 'kind: {{ nonsense }}');
  const result = await wf(['test', '--docker']);
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(/^error: cannot render the chart .*clara-workflow \(.*nonsense.*\)$/m);
});
