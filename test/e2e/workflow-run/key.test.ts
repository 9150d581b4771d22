import { randomUUID } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { testNamespace, type TestNamespace } from '../../helpers/cluster.ts';
import { missing } from '../../helpers/require.ts';
import { clara, root, tempDir } from '../../helpers/run.ts';
import { onTerminal } from '../../helpers/terminal.ts';
import { claraWf, scriptProject, succeeded } from '../../helpers/workflow.ts';

// A cluster on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

const skip = missing('cluster');

/** The password in the secret. */
function storedKey({ kubectl }: TestNamespace): string {
  const text = Buffer.from(kubectl('get', 'secret', 'nvcr.io', '-o', 'jsonpath={.data.\\.dockerconfigjson}'), 'base64').toString();
  const { username, password, auth } = (JSON.parse(text) as { auths: Record<string, { username: string; password: string; auth: string }> }).auths['nvcr.io']!;
  expect([username, Buffer.from(auth, 'base64').toString()]).toEqual(['$oauthtoken', `$oauthtoken:${password}`]);
  return password;
}

/** kubectl first on PATH as a program that writes down its arguments and its environment, and then does its work. */
function spyOnKubectl(): { readonly path: string; readonly seen: () => string } {
  const folder = tempDir();
  const log = join(folder, 'log');
  writeFileSync(log, '');
  writeFileSync(join(folder, 'kubectl'), `#!/bin/sh\n{ echo "$0" "$@"; env; cat /proc/$$/cmdline; } >> '${log}'\nPATH="\${PATH#*:}" exec kubectl "$@"\n`);
  chmodSync(join(folder, 'kubectl'), 0o755);
  return { path: `${folder}:${process.env.PATH!}`, seen: () => readFileSync(log, 'utf8') };
}

test.skipIf(skip)('the key goes into the secret, from the environment or standard input, and nowhere else', async () => {
  const namespace = testNamespace();
  const spy = spyOnKubectl();
  const place = ['-n', namespace.name, '--verbose'];
  const created = succeeded(await claraWf(['set_ngc_api_key', ...place], { env: { NGC_API_KEY: 'first-key-of-two', PATH: spy.path } }));
  expect(created.stdout).toBe('secret/nvcr.io created\n');
  expect(storedKey(namespace)).toBe('first-key-of-two');
  const replaced = succeeded(await claraWf(['setkey', ...place, '--key', '-'], { env: { NGC_API_KEY: 'first-key-of-two', PATH: spy.path }, input: 'second-key-of-two\n' }));
  expect(replaced.stdout).toBe('secret/nvcr.io replaced\n');
  expect(storedKey(namespace)).toBe('second-key-of-two');
  const piped = succeeded(await claraWf(['setkey', ...place], { env: { NGC_API_KEY: undefined, PATH: spy.path }, input: 'third-key' }));
  expect(piped.stdout).toBe('secret/nvcr.io replaced\n');
  expect(storedKey(namespace)).toBe('third-key');
  expect(spy.seen()).toContain('replace');
  for (const text of [spy.seen(), created.stderr, replaced.stderr, piped.stderr]) expect(text).not.toMatch(/key-of-two|third-key/);
});

test.skipIf(skip).each([
  ['an empty one', '', {}, /^error: the NGC key is empty$/m],
  ['one with a blank', 'a b', {}, /^error: the NGC key has a blank/m],
])('%s is refused, and the old key stays', async (_, input, env, says) => {
  const namespace = testNamespace();
  succeeded(await claraWf(['setkey', '-n', namespace.name], { env: { NGC_API_KEY: 'old' } }));
  const result = await claraWf(['setkey', '-n', namespace.name], { env: { NGC_API_KEY: undefined, ...env }, input });
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  expect(result.stderr).toMatch(says);
  expect(storedKey(namespace)).toBe('old');
});

test('a key among the arguments is refused', async () => {
  const result = await claraWf(['setkey', '--key', 'my-own-key']);
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  expect(result.stderr).not.toContain('my-own-key');
});

test.skipIf(skip)('on a terminal it is asked for without showing it', async () => {
  const namespace = testNamespace();
  const terminal = onTerminal(process.execPath, [join(root, 'bin/clara-wf'), 'setkey', '-n', namespace.name], { NGC_API_KEY: undefined });
  await terminal.shows('Get NGC API key from https://ngc.nvidia.com/configuration/api-key');
  await terminal.shows('Then, enter the NGC API key:');
  terminal.type('typed-key\r');
  expect(await terminal.exitCode).toBe(0);
  expect(terminal.raw()).not.toContain('typed-key');
  expect(storedKey(namespace)).toBe('typed-key');
});

test.skipIf(skip || missing('docker'))('a test makes the secret where an image is in that registry, unless told not to', async () => {
  const namespace = testNamespace();
  const job = randomUUID();
  const { wf } = await scriptProject({ one: 'true' }, job, 'nvcr.io/nobody/nothing:1');
  // Whether the image can be had is another test's question.
  const flags = ['-n', namespace.name, '--timeout', '2'];
  const without = await wf(['test', 'w', job, ...flags, '--no-secret'], { env: { NGC_API_KEY: 'a-key' } });
  expect(without.stdout).not.toContain('secret/');
  const unasked = await wf(['test', 'w', job, ...flags], { env: { NGC_API_KEY: undefined } });
  expect(unasked).toMatchObject({ exitCode: 2, stdout: '' });
  expect(unasked.stderr).toMatch(/^Error from server \(NotFound\): secrets "nvcr\.io" not found\nGet NGC API key from https:\/\/ngc\.nvidia\.com\/configuration\/api-key\nerror: .*cannot be asked/m);
  const made = await wf(['test', 'w', job, ...flags], { env: { NGC_API_KEY: 'a-key' } });
  expect(made.stdout).toMatch(/^secret\/nvcr\.io created\n/);
  // Not done in time, or the cluster has found out already that there is no such image.
  expect(made.exitCode).toBeOneOf([3, 6]);
  expect(storedKey(namespace)).toBe('a-key');
  const there = await wf(['test', 'w', job, ...flags], { env: { NGC_API_KEY: undefined } });
  expect(there).toMatchObject({ exitCode: expect.toBeOneOf([3, 6]) as number, stderr: expect.not.stringContaining('Get NGC API key') as string });
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(skip)('clara config stores its key in the cluster, too, and does not fail where that cannot be reached', async () => {
  const namespace = testNamespace();
  const config = (env: Readonly<Record<string, string>>) => clara(['config', '--key', '-', '-y'], { env: { CLARA_HOME: tempDir(), CLARA_NAMESPACE: namespace.name, ...env }, input: 'config-key' });
  const created = await config({});
  expect(created).toMatchObject({ exitCode: 0, stdout: '✔ Yes\nConfiguration "ngc-clara"successfully created\n', stderr: `secret/ngc-clara created in the namespace ${namespace.name} of the cluster\n` });
  expect(succeeded(await config({})).stderr).toContain('secret/ngc-clara replaced');
  expect(namespace.kubectl('get', 'secret', 'ngc-clara', '-o', 'jsonpath={.type}')).toBe('kubernetes.io/dockerconfigjson');
  const unreachable = join(tempDir(), 'config');
  writeFileSync(unreachable, '{"apiVersion":"v1","kind":"Config","clusters":[{"name":"c","cluster":{"server":"https://127.0.0.1:9"}}],"users":[{"name":"u","user":{"token":"t"}}],"contexts":[{"name":"x","context":{"cluster":"c","user":"u"}}],"current-context":"x"}', { mode: 0o600 });
  const warned = await config({ KUBECONFIG: unreachable });
  expect(warned).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^warning: the key is stored here, but not in the cluster \(no cluster answers .*\)\n$/) as string });
  expect(await config({ KUBECONFIG: '/dev/null/none' })).toMatchObject({ exitCode: 0, stderr: '' });
});
