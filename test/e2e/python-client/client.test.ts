import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ModelsService } from '../../../src/api/services.ts';
import { startServer } from '../../helpers/platform.ts';
import { pythonWithClient } from '../../helpers/python-client.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, root, run, tempDir } from '../../helpers/run.ts';

const here = import.meta.dirname;

async function python<Result>(script: string, target: string, args: readonly string[]): Promise<Result> {
  const { exitCode, stdout, stderr } = await run(pythonWithClient()!, [join(here, script), ...target.split(':'), ...args]);
  if (exitCode !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Result;
}

const greeting = `
api-version: 0.4.0
name: python
parameters:
  GREETING: nothing
operators:
- name: greet
  container:
    image: host
    tag: latest
    command: ["/bin/sh", "-c", "echo $\{{ GREETING }}; sleep 300"]
  input:
  - path: /input
  output:
  - path: /output
`;

describe.skipIf(missing('nvidia-client'))('NVIDIA\'s Python client, unchanged', () => {
  test.skipIf(missing('ct-head'))('runs its documented end-to-end sequence on a CT study', async () => {
    const server = await startServer();
    const out = tempDir();
    const before = Date.now();
    const result = await python<Record<string, unknown>>('sequence.py', server.target, [join(root, 'templates/pipelines/ct-threshold.yaml'), ctHead, out]);
    expect(result).toMatchObject({
      listed: [[true, 1, 1, 'spleenjob']],
      state: 3, status: 1, messages: [],
      operators: { 'dicom-reader': 3, 'threshold-segmentation': 3, 'volume-preview': 3 },
      inputs: readdirSync(ctHead).sort().map((name) => `/input/${name}`),
    });
    const { started, outputs, logs, dates } = result as { started: number[]; outputs: string[]; logs: string[]; dates: string[] };
    expect([1, 2]).toContain(started[0]);
    expect(started.slice(1)).toEqual([1, 2]);
    for (const date of dates) expect(Date.parse(date)).toBeGreaterThanOrEqual(before - 1000);
    expect(outputs.some((name) => name.endsWith('.png'))).toBe(true);
    for (const name of outputs) expect(existsSync(join(out, name)), name).toBe(true);
    expect(logs.length).toBeGreaterThan(0);
  });

  test('every method that works, works, and every failure says why', async () => {
    const folder = tempDir();
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'nvidia-smi'), `#!/bin/sh\nexec cat ${join(folder, 'smi.xml')}\n`);
    chmodSync(join(bin, 'nvidia-smi'), 0o755);
    const server = await startServer({ env: { PATH: `${bin}:${process.env.PATH}` } });
    writeFileSync(join(folder, 'pipeline.yaml'), greeting);
    const { details } = await server.connection.service(ModelsService).uploadModel([{ details: { modelId: undefined, name: 'liver', type: 1, metadata: {} }, data: Buffer.from('zip') }]);
    writeFileSync(join(folder, 'model'), details!.modelId!.value);

    const working = python<Record<string, unknown>>('methods.py', server.target, [join(folder, 'pipeline.yaml'), folder]);
    // Once the operator runs, a made-up GPU is used by it.
    const running = expect.poll(() => existsSync(join(folder, 'running')), { timeout: 30_000 }).toBe(true);
    await Promise.race([running, working]);
    await running;
    const jobId = readFileSync(join(folder, 'running'), 'utf8');
    const pid = await expectPid(jobId);
    writeFileSync(join(folder, 'smi.xml'), readFileSync(join(root, 'test/fixtures/nvidia-smi/one-gpu.xml'), 'utf8').replace('@PID@', pid));
    writeFileSync(join(folder, 'gpus'), '');
    const result = await working;

    const gpu = [0x3b, 0.3, 6843, 1270, 0.12, true, [['greet', jobId]]];
    const [major, minor, patch] = server.ready.version.split('.').map(Number);
    expect(result).toEqual({
      version: [major, minor, patch, ''],
      utilization: [[gpu]], watched: [[gpu], [gpu]],
      forced_id: 'abcdef0123456789abcdef0123456789',
      forced_twice: expect.stringContaining('there is a pipeline abcdef0123456789abcdef0123456789 already'),
      pipelines: [[true, 'python', { Site: 'north' }], [true, 'python', {}]],
      pipeline_details: ['python', true, { Site: 'north' }, [['python', './pipeline.yaml', true]]],
      updated: 'renamed',
      pipeline_metadata: [{ Site: 'north', a: '1' }, { Site: 'north' }],
      bad_definition: expect.stringMatching(/the pipeline definition has .*\n.*pipeline\.yaml:\d+:\d+/s),
      no_definition: expect.stringContaining('no definition file'),
      removed: expect.stringContaining('there is no pipeline abcdef0123456789abcdef0123456789'),
      bad_id: expect.stringContaining('"nonsense" is no pipeline identifier'),
      payload_type: 2,
      uploaded: ['./test/new_blob.dcm', 200_000, 0],
      empty_upload: expect.stringContaining('the upload stream was empty'),
      payload_details: [true, 2, { Study: '1' }, [['/other', 5], ['/test/new_blob.dcm', 200_000]]],
      downloaded: ['/test/NEW_BLOB.dcm', 200_000, true],
      missing_file: expect.stringContaining('there is no file "nothing"'),
      payload_metadata: [{ Study: '1', b: '2' }, { b: '2' }],
      metadata_twice: expect.stringContaining('exists already'),
      input: ['/input/other'],
      job_metadata: [{ Source: 'AET', Instances: '3' }, { Source: 'AET' }],
      payload_of_job_metadata: expect.stringContaining('only reusable payloads have metadata'),
      unknown_variable: expect.stringContaining('NOPE'),
      started: [3, 1],
      started_twice: expect.stringContaining(jobId),
      cancelled: [true, 3, 3],
      cancelled_twice: expect.stringContaining(jobId),
      status: ['test job', 3, 3, 3, { Source: 'AET' }, true],
      logs: expect.arrayContaining(['hello']),
      manager_logs: expect.stringMatching(/job canceled$/),
      list: [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0],
      listed_job: ['test job', true, { Source: 'AET' }, true],
      unknown_job: expect.stringContaining(`there is no job ${'0'.repeat(32)}`),
      bad_job_name: expect.stringContaining('a job name is'),
      deleted: expect.stringContaining('there is no payload'),
      catalog: [32, 32, expect.stringContaining('there is no catalog')],
      model_metadata: [{ k: 'v' }, {}],
    });
    expect(await new Promise((resolve) => (server.child.exitCode === null ? server.child.once('close', resolve) : resolve(server.child.exitCode)))).toBe(0);
  });
});

/** The number of the process that runs as an operator of this job. */
async function expectPid(jobId: string): Promise<string> {
  let found: string | undefined;
  await expect.poll(() => {
    found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && environment(pid).includes(`NVIDIA_CLARA_JOBID=${jobId}`));
    return found;
  }, { timeout: 10_000 }).toBeDefined();
  return found!;
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return '';
  }
}
