import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { run } from '../../helpers/run.ts';
import { scriptProject, succeeded, valuesFile, type Scripts, type TestProject } from '../../helpers/workflow.ts';

interface Fault {
  readonly scripts: Scripts;
  readonly image?: string;
  /** Breaks the project. */
  readonly change?: (project: TestProject) => void;
  readonly flags?: readonly string[];
  readonly exitCode: number;
  /** Of stderr. */
  readonly says: readonly RegExp[];
}

const dockerOnly = missing('docker') || missing('helm');
const running = (project: TestProject, job: string) => existsSync(join(project.folder, 'test-data', job, 'one/output/begun'));
const containers = async (job: string) => succeeded(await run('docker', ['ps', '--all', '--quiet', '--filter', `label=clara.workflow.job=${job}`])).stdout;

test.skipIf(dockerOnly).each<[string, Fault]>([
  ['a stage that fails', { scripts: { one: 'echo so far; exit 3', two: 'sleep 600' }, exitCode: 6, says: [/^error: the stage one failed \(exit code 3\)$/m, /^the last lines of one:\n {2}so far$/m] }],
  ['a stage that is killed', { scripts: { one: 'exit 137' }, exitCode: 6, says: [/^error: the stage one failed \(it was killed\)$/m] }],
  ['an image that cannot be pulled', { scripts: { one: 'true' }, image: 'registry.invalid/nobody/nothing:1', exitCode: 3, says: [/^error: the image registry\.invalid\/nobody\/nothing:1 cannot be had \(.+\)$/m] }],
  ['a command that does not exist', { scripts: { one: 'true' }, change: (project) => project.edit(valuesFile, '"sh"', '"no-such-program"'), exitCode: 6, says: [/^error: the container one cannot be started \(.*no-such-program/m] }],
  ['a stage that does not end', { scripts: { one: 'sleep 3600' }, flags: ['--timeout', '3'], exitCode: 3, says: [/^error: the stages are not done within 3\.0s: one is running$/m] }],
])('%s; no container is left', async (_, { scripts, image, change, flags = [], exitCode, says }) => {
  const job = randomUUID();
  const project = await scriptProject(scripts, job, image);
  change?.(project);
  const result = await project.wf(['test', 'w', job, '--docker', ...flags]);
  expect(result).toMatchObject({ exitCode });
  for (const text of says) expect(result.stderr).toMatch(text);
  expect(await containers(job)).toBe('');
});

test.skipIf(dockerOnly)('Ctrl-C removes the containers', async () => {
  const job = randomUUID();
  const project = await scriptProject({ one: 'touch /app/output/begun; sleep 3600' }, job);
  const result = await project.wf(['test', 'w', job, '--docker'], { onSpawn: (child) => void until(() => running(project, job), 60).then(() => child.kill('SIGINT')) });
  expect(result).toMatchObject({ exitCode: 130 });
  expect(await containers(job)).toBe('');
});

test.skipIf(dockerOnly)('stages run at the same time, and locks of an earlier run are gone', async () => {
  const job = randomUUID();
  const wait = (file: string) => `until [ -e /app/locks/${file} ]; do sleep 0.05; done`;
  // Each waits for the other: one after the other would never end.
  const project = await scriptProject({ one: `touch /app/locks/hello; ${wait('two.lock')}; cp /app/input/a /app/output/a`, two: `${wait('hello')}; date > /app/locks/two.lock; ls /payloads > /app/output/all` }, job);
  project.write(`test-data/${job}/locks/one.lock`, 'old');
  succeeded(await project.wf(['test', 'w', job, '--docker', '--timeout', '60']));
  expect(existsSync(join(project.folder, 'test-data', job, 'locks/one.lock'))).toBe(false);
  expect(readFileSync(join(project.folder, 'test-data', job, 'two/output/all'), 'utf8')).toBe('locks\none\ntwo\n');
  expect(await containers(job)).toBe('');
});
