import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test, vi } from 'vitest';
import { testNamespace } from '../../helpers/cluster.ts';
import { until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/run.ts';
import { buildTriton } from '../../helpers/triton.ts';
import { scriptProject, succeeded, testProject, valuesFile, type TestProject } from '../../helpers/workflow.ts';

// A cluster on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

const skip = missing('docker') || missing('node-base') || missing('cluster');
const trtisValues = 'charts/trtis/values.yaml';

beforeAll(() => { if (!skip) buildTriton(); });

/** The chart with a server that answers TRTIS's health route; image, GPUs, models and command are values. */
function useStandIn({ edit }: TestProject, image = 'clara-test/triton'): void {
  const models = tempDir();
  mkdirSync(join(models, 'liver/1'), { recursive: true });
  writeFileSync(join(models, 'liver/1/model.plan'), 'x');
  edit(trtisValues, 'repository: nvcr.io/nvidia/tensorrtserver\n  tag: 19.08-py3', `repository: ${image}\n  tag: stand-in`);
  edit(trtisValues, 'gpus: 1', 'gpus: 0');
  edit(trtisValues, 'hostPath: ""', `hostPath: "${models}"`);
  edit(trtisValues, 'command: ["trtserver", "--model-store=/models"]', 'command: ["node", "/serve.cjs", "tritonserver", "--model-repository=/models"]');
  edit(trtisValues, 'readinessPath: /api/health/ready', 'readinessPath: /v2/health/ready');
}

const lines = /^TRTIS Pod Name : (trtis-\S+)\nNVIDIA_CLARA_TRTISURI : (\d+\.\d+\.\d+\.\d+:8000)\n$/m;
const ask = 'wget -q -O /app/output/models http://$NVIDIA_CLARA_TRTISURI/models';

async function withStandIn(job: string): Promise<TestProject> {
  const project = await scriptProject({ one: ask }, job);
  project.edit(valuesFile, '    stageName: "one"\n', '    stageName: "one"\n    trtis: true\n');
  useStandIn(project);
  return project;
}

const models = (project: TestProject, job: string) => readFileSync(join(project.folder, 'test-data', job, 'one/output/models'), 'utf8');

test.skipIf(skip)('TRTIS is installed, found, used, left alone by a test, and removed', async () => {
  const namespace = testNamespace();
  const job = randomUUID();
  const project = await withStandIn(job);
  const place = ['--namespace', namespace.name];
  const installed = succeeded(await project.wf(['install_trtis', ...place]));
  expect(installed.stdout).toMatch(/^TRTIS is not deployed\. Installing TRTIS\.\.\.\nNAME: trtis\n/);
  expect(installed.stdout).toMatch(lines);
  const [, pod] = lines.exec(installed.stdout)!;
  expect(namespace.installed()).toEqual(expect.arrayContaining(['release/trtis', `pod/${pod}`, 'service/trtis', 'deployment.apps/trtis']));

  const again = succeeded(await project.wf(['install_trtis', ...place]));
  expect(again.stdout).toBe(lines.exec(installed.stdout)![0]);

  const { stdout } = succeeded(await project.wf(['test', 'w', job, ...place]));
  expect(stdout).toContain(`TRTIS Pod Name : ${pod}\n`);
  expect(stdout).not.toMatch(/Installing TRTIS|"trtis" uninstalled/);
  expect(models(project, job)).toContain('liver/1/model.plan');
  expect(namespace.installed()).toContain('release/trtis');

  expect(succeeded(await project.wf(['uninstall_trtis', ...place])).stdout).toBe('release "trtis" uninstalled\n');
  expect(namespace.installed()).toEqual([]);
  const none = succeeded(await project.wf(['uninstall_trtis', ...place]));
  expect(none).toMatchObject({ stdout: '', stderr: `TRTIS is not deployed in the namespace ${namespace.name}\n` });
});

test.skipIf(skip)('a test installs TRTIS where a stage uses it, and removes it again', async () => {
  const namespace = testNamespace();
  const job = randomUUID();
  const project = await withStandIn(job);
  const { stdout } = succeeded(await project.wf(['test', 'w', job, '-n', namespace.name]));
  expect(stdout).toMatch(/TRTIS is not deployed\. Installing TRTIS\.\.\.\n[^]*TRTIS Pod Name : [^]*NVIDIA_CLARA_TRTISURI : [^]*release "test-wf" uninstalled\nrelease "trtis" uninstalled\nls -al /);
  expect(models(project, job)).toContain('liver/1/model.plan');
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(skip)('an image of TRTIS that cannot be pulled; nothing is left', async () => {
  const namespace = testNamespace();
  const project = await testProject();
  useStandIn(project, 'registry.invalid/nobody/trtis');
  const result = await project.wf(['install_trtis', '-n', namespace.name]);
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 6 });
  expect(result.stderr).toMatch(/^error: the image registry\.invalid\/nobody\/trtis:stand-in of trtis cannot be had \(/m);
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(skip)('a cluster without the GPU that TRTIS wants says so at the deadline; nothing is left', async () => {
  const namespace = testNamespace();
  const project = await testProject();
  useStandIn(project);
  project.edit(trtisValues, 'gpus: 0', 'gpus: 1');
  const result = await project.wf(['install_trtis', '-n', namespace.name, '--timeout', '5']);
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 3 });
  expect(result.stderr).toMatch(/^error: TRTIS is not done within 5\.0s: no node of the cluster can take TRTIS \(.*nvidia\.com\/gpu/m);
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(skip)('Ctrl-C while TRTIS is installed removes it', async () => {
  const namespace = testNamespace();
  const project = await testProject();
  useStandIn(project);
  // It never becomes ready.
  project.edit(trtisValues, 'readinessPath: /v2/health/ready', 'readinessPath: /v2/health/ready\n# port: none');
  project.edit('charts/trtis/templates/deployment.yaml', 'port: http\n            periodSeconds', 'port: metrics\n            periodSeconds');
  const result = await project.wf(['install_trtis', '-n', namespace.name], {
    onSpawn: (child) => void until(() => namespace.installed().some((name) => name.startsWith('pod/')), 60).then(() => child.kill('SIGINT')),
  });
  expect(result.stderr).not.toContain('left behind');
  expect(result).toMatchObject({ exitCode: 130 });
  expect(namespace.installed()).toEqual([]);
});
