import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { testNamespace } from '../../helpers/cluster.ts';
import { contentOf } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, root, run, tempDir } from '../../helpers/run.ts';
import { succeeded, testProject, valuesFile, type TestProject } from '../../helpers/workflow.ts';
import { ctHeadFacts } from '../operators/helpers.ts';

// A cluster on a busy machine takes its time.
vi.setConfig({ testTimeout: 300_000 });

const job = '11111111-1111-1111-1111-111111111111';
const uid = '1.2.826.0.1.3680043.9.4245.3115138630835728997848661150714813892';

/** The stage dicom-reader of the guide: made, then edited, with its test data. */
async function withReader(): Promise<TestProject> {
  const project = await testProject();
  expect(succeeded(await project.wf(['ls'])).stdout).toBe('ai-vnet\n');
  succeeded(await project.wf(['cs', 'dicom-reader']));
  expect(succeeded(await project.wf(['ls'])).stdout).toBe('ai-vnet\ndicom-reader\n');
  project.edit(valuesFile, '      repository: dicom-reader\n      tag: latest\n',
    '      repository: dicom-reader\n      tag: latest\n    build:\n      context: "${clara}/dist"\n      dockerfile: "${clara}/templates/operators/Dockerfile"\n'
    + '      args:\n        OPERATOR: "dicom-reader"\n        BASE: "node-base:local"\n');
  project.edit(valuesFile, 'outputs: "output/output.mhd"', 'outputs: "output"');
  cpSync(ctHead, join(project.folder, `test-data/${job}/dicom-reader/input/patient-id/study-uid`), { recursive: true });
  return project;
}

/** What the operator makes of the same study as a program on this machine, as in a job of the platform. */
async function mainJob(): Promise<Record<string, string>> {
  const folder = tempDir();
  succeeded(await run(process.execPath, [join(root, 'dist/operators/dicom-reader.js'), '--input', ctHead, '--output', folder]));
  return contentOf(folder);
}

const skip = missing('docker') || missing('node-base') || missing('ct-head');

test.skipIf(skip || missing('cluster'))('the guide: ls, cs, edit, cw, test on a cluster, and the volume is the main job\'s', async () => {
  const namespace = testNamespace();
  const project = await withReader();
  const { exitCode, stdout, stderr } = await project.wf(['test', 'dicom-reader-only', job, '--namespace', namespace.name]);
  expect([exitCode, stderr]).toEqual([0, expect.stringContaining('stage dicom-reader: done')]);
  const output = join(project.folder, 'test-data', job, 'dicom-reader/output');
  expect(stdout).toContain(`Job 'Test Job' (${job}) executed!\nrelease "test-wf" uninstalled\nls -al ${output}\n`);
  expect(stdout).toContain(`${uid}.raw\n`);
  const content = contentOf(output);
  expect(content[`${uid}.raw`]).toBe(ctHeadFacts.sha256);
  expect(content).toEqual(await mainJob());
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(skip)('the same without a cluster', async () => {
  const project = await withReader();
  const { stdout } = succeeded(await project.wf(['test', 'dicom-reader-only', job, '--docker', '--replace']));
  const output = join(project.folder, 'test-data', job, 'dicom-reader/output');
  expect(stdout).toMatch(/^ls -al /);
  expect(contentOf(output)).toEqual(await mainJob());
});

/** Two operators of ours, the second waiting for the first. */
async function withTwo(): Promise<TestProject> {
  const project = await withReader();
  succeeded(await project.wf(['cw', 'dicom-ai', 'dicom-reader', 'ai-vnet']));
  project.edit(valuesFile, 'inputs: "input/recon.mhd"', 'inputs: "input"');
  return project;
}

test.skipIf(skip || missing('cluster'))('two operators that hand over by a lock make the same on a cluster and with docker', async () => {
  const namespace = testNamespace();
  const [onCluster, onDocker] = [await withTwo(), await withTwo()];
  const second = '22222222-2222-2222-2222-222222222222';
  for (const { folder } of [onCluster, onDocker]) cpSync(join(folder, 'test-data', job), join(folder, 'test-data', second), { recursive: true });
  const clustered = succeeded(await onCluster.wf(['test', 'dicom-ai', second, '-n', namespace.name, '--follow']));
  for (const line of ['[dicom-reader] 1 volume from 1 series', '[ai-vnet] ', 'stage ai-vnet: done']) expect(clustered.stderr).toContain(line);
  succeeded(await onDocker.wf(['test', 'dicom-ai', second, '--docker']));
  const outputOf = ({ folder }: TestProject) => join(folder, 'test-data', second, 'ai-vnet/output');
  expect(readdirSync(outputOf(onCluster))).toContain('recon.seg.raw');
  expect(contentOf(outputOf(onDocker))).toEqual(contentOf(outputOf(onCluster)));
  expect(readFileSync(join(onCluster.folder, 'test-data', second, 'locks/ai-vnet.lock'), 'utf8')).not.toBe('');
  expect(namespace.installed()).toEqual([]);
});

test.skipIf(missing('docker') || missing('node-base') || missing('cluster'))('a bare test runs ai-only over what init has made, and lists the two files', async () => {
  const namespace = testNamespace();
  const project = await testProject('Mein Projekt, Schädel');
  const { stdout } = succeeded(await project.wf(['test'], { env: { CLARA_NAMESPACE: namespace.name } }));
  expect(stdout).toMatch(/recon\.seg\.mhd\n.*recon\.seg\.raw\n$/);
  expect(namespace.installed()).toEqual([]);
});
