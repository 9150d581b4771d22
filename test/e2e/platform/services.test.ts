import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderOf } from '../../helpers/files.ts';
import { startServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/run.ts';
import { against, idIn, ok } from '../cli/helpers.ts';

/** Two operators of one template that ask one service, and one that puts their answers together; everything but the root is imported. */
const files = {
  'main.yaml': `api-version: 0.4.0
name: shout
parameters:
  greeting: hello
  mark: "?"
operators:
- name: first
  import:
    path: parts/ask.yaml
    args: {word: "\${{ greeting }}"}
- name: second
  import:
    path: parts/ask.yaml
    args: {word: world}
- name: join
  container:
    image: busybox
    tag: local
    command: [sh, -c, 'echo "$(cat /first/said) $(cat /second/said)\${{ mark }}" > /output/text; ls /sys/class/net > /output/networks']
  input:
  - {from: first, path: /first}
  - {from: second, path: /second}
  output:
  - path: /output
`,
  'parts/ask.yaml': `api-version: 0.4.0
name: ask
parameters:
  word: nothing
container:
  image: busybox
  tag: local
  command: [sh, -c, 'wget -qO /output/said "http://$SHOUTER/\${{ word }}"']
services:
- import:
    path: services/shouter.yaml
output:
- path: /output
`,
  'parts/services/shouter.yaml': `api-version: 0.4.0
name: shouter
container:
  image: node-base
  tag: local
  command: [node, -e, "console.log('up'); require('http').createServer((q, r) => r.end(q.url.slice(1).toUpperCase())).listen(Number('$(PORT)'))"]
connections:
  http:
  - name: SHOUTER
    port: 8080
`,
};

test.skipIf(missing('docker') || missing('node-base'))('a definition of three files with parameters and a shared service runs on docker, from its creation to its results', async () => {
  const server = await startServer({ args: ['--backend', 'docker', '--timeout-grace', '1'] });
  const cwd = folderOf(files);
  const clara = against(server.target);
  const created = await clara(['create', 'pipelines', '-p', 'main.yaml'], { cwd });
  expect(created.exitCode).toBe(0);
  const job = idIn((await clara(['create', 'job', '-n', 'shouting', '-p', idIn(created.stdout)])).stdout);
  expect((await clara(['start', 'job', '-j', job, '--set', 'greeting=good-morning', '--set', 'mark=!', '--wait'])).exitCode).toBe(0);
  const out = join(tempDir(), 'out');
  expect((await clara(['download', `${job}:/operators/join/*`, out])).exitCode).toBe(0);
  expect(readFileSync(join(out, 'text'), 'utf8')).toBe('GOOD-MORNING WORLD!\n');
  // The one that uses no service has no network.
  expect(readFileSync(join(out, 'networks'), 'utf8')).toBe('lo\n');
  await ok(clara(['logs', `${job}/first`]));
  const left = () => [['ps', '--all', '--quiet'], ['network', 'ls', '--quiet']].flatMap((args) => execFileSync('docker', [...args, '--filter', `label=clara.home=${server.home}`], { encoding: 'utf8' }).split('\n').filter((line) => line !== ''));
  await expect.poll(left, { timeout: 20_000 }).toEqual([]);
});
