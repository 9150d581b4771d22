import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run, tempDir } from '../../helpers/run.ts';
import { newProject } from './project.ts';

const page = readFileSync(join(root, 'docs/clara-wf.md'), 'utf8');

test('the five minutes of docs/clara-wf.md do what they say', async () => {
  const bin = tempDir();
  symlinkSync(join(root, 'bin/clara-wf'), join(bin, 'clara-wf'));
  const lines = /<!-- test: begin -->\n```bash\n([^]*?)```/.exec(page)![1]!;
  const ended = await run('bash', ['-euo', 'pipefail', '-c', lines], { cwd: tempDir(), env: { PATH: `${bin}:${process.env.PATH}` } });
  expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\nai-vnet\nStage 'dicom-reader' is created at: [^]*\nWorkflow 'dicom-ai' is added to: .*\nct\nai\n[^]*\ndicom-ai\n$/) });
});

test('the blocks of values.yaml that the page shows are those that cs and cw write', async () => {
  const project = newProject('p');
  const [stage, workflow] = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text]) => text!.replace(/^stages:\n/, '').replaceAll(/ +# .*$/gm, ''));
  expect(await project.wf('cs', 'dicom-reader')).toMatchObject({ exitCode: 0 });
  expect(await project.wf('cw', 'dicom-ai', 'dicom-reader', 'ai-vnet')).toMatchObject({ exitCode: 0 });
  const values = readFileSync(project.values, 'utf8');
  expect(values).toContain(stage);
  expect(values).toContain(workflow);
});

test('a stage in a shell script, as the page shows it', async () => {
  const script = /```bash\n(#!\/bin\/sh[^]*?)```/.exec(page)![1]!;
  const app = tempDir();
  for (const folder of ['in', 'out', 'locks']) mkdirSync(join(app, folder));
  writeFileSync(join(app, 'in/a'), 'data');
  const env = { NVIDIA_CLARA_APPDIR: app, NVIDIA_CLARA_INPUTS: 'in/a', NVIDIA_CLARA_OUTPUTS: 'out/b', NVIDIA_CLARA_LOCKDIR: join(app, 'locks'), NVIDIA_CLARA_LOCKNAME: 's.lock', NVIDIA_CLARA_WAITNAME: 'before.lock', NVIDIA_CLARA_TIMEOUT: '1' };
  expect((await run('sh', ['-c', script], { env })).exitCode).toBe(1);
  writeFileSync(join(app, 'locks/before.lock'), '');
  expect((await run('sh', ['-c', script], { env })).exitCode).toBe(0);
  expect([readFileSync(join(app, 'out/b'), 'utf8'), readFileSync(join(app, 'locks/s.lock'), 'utf8')]).toEqual(['data', '']);
});
