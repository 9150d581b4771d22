import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { clara, ctHead, run, tempDir } from '../../helpers/run.ts';
import { instance, send, settingsFor } from '../../helpers/adapter.ts';
import { missing } from '../../helpers/require.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';

interface Endpoints {
  readonly dicom: string;
  readonly pid: number;
}

/** A home with a running platform; what runs in it is stopped with the test. */
async function place() {
  const home = tempDir();
  const env: Record<string, string> = { CLARA_HOME: home };
  const ask = async (args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await clara(args, { env });
    expect([exitCode, stderr]).toEqual([0, expect.anything()]);
    return stdout;
  };
  onTestFinished(async () => {
    await clara(['dicom', 'stop'], { env });
    await clara(['platform', 'stop', '-y'], { env });
  });
  env.CLARA_HOST = (JSON.parse(await ask(['platform', 'start', '--port', '0', '-o', 'json'])) as { endpoint: string }).endpoint;
  writeFileSync(join(home, 'pipeline.yaml'), shellOperators({ count: 'find /input -type f | wc -l > /output/count' }));
  const pipeline = /[0-9a-f]{32}/.exec(await ask(['create', 'pipeline', '-p', join(home, 'pipeline.yaml')]))![0];
  const start = async (): Promise<Endpoints & { readonly port: string }> => {
    const ready = JSON.parse(await ask(['dicom', 'start', '--listen', '127.0.0.1', '--port', '0', '--rest-port', '0', '-o', 'json'])) as Endpoints;
    return { ...ready, port: ready.dicom.split(':')[1]! };
  };
  const jobs = async () => JSON.parse(await ask(['list', 'jobs', '-o', 'json'])) as { jobName: string; state: string; status: string; metadata: Record<string, string> }[];
  const settled = async (count: number) => {
    for (const end = Date.now() + 60_000; ;) {
      const found = await jobs();
      if (found.length >= count && found.every(({ state }) => state === 'JOB_STATE_STOPPED')) return found;
      if (Date.now() > end) throw new Error(`not ${count} jobs that have ended: ${JSON.stringify(found)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  return { home, env, ask, pipeline, start, settled };
}

test.skipIf(missing('dcmtk') || missing('ct-head'))('a study that storescu sends becomes one job, named after the AE title and the pipeline, which succeeds', async () => {
  const { ask, pipeline, start, settled, env } = await place();
  const { port } = await start();
  await ask(['dicom', 'create', 'aetitle', '-a', 'my-ae-title', `pipeline-ct=${pipeline}`]);
  await ask(['dicom', 'create', 'src', '-a', 'DCM4CHEE', '-i', '127.0.0.1']);
  await ask(['dicom', 'create', 'dest', '-n', 'MYPACS', '-a', 'MYPACS', '-i', '127.0.0.1', '-p', '1004']);
  expect(await ask(['dicom', 'list', 'dest'])).toContain('MYPACS');
  expect((await run('echoscu', ['-aet', 'DCM4CHEE', '-aec', 'my-ae-title', '127.0.0.1', port])).exitCode).toBe(0);
  expect(await run('echoscu', ['-aet', 'DCM4CHEE', '-aec', 'wrong', '127.0.0.1', port])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Called AE Title Not Recognized') as string });
  expect(await run('echoscu', ['-aet', 'wrong', '-aec', 'my-ae-title', '127.0.0.1', port])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Calling AE Title Not Recognized') as string });
  const sent = await run('storescu', ['-v', '+sd', '+r', '-xb', '-aet', 'DCM4CHEE', '-aec', 'my-ae-title', '127.0.0.1', port, ctHead], { env: { TCP_NODELAY: '1' } });
  expect([sent.exitCode, (sent.stdout + sent.stderr).match(/Received Store Response \(Success\)/g)?.length]).toEqual([0, 28]);
  const jobs = await settled(1);
  expect(jobs).toMatchObject([{ jobName: expect.stringMatching(/^my-ae-title-ct-\d{14}$/) as string, status: 'JOB_STATUS_HEALTHY', metadata: { Source: 'my-ae-title (AE Title Job Processor)', Instances: '28' } }]);
  expect(await ask(['dicom', 'status'])).toContain('0 to submit, 1 submitted, 0 given up');
  expect(await ask(['dicom', 'stop'])).toContain('is stopped');
  expect((await clara(['dicom', 'status'], { env })).exitCode).toBe(3);
});

test('kill -9 at any moment: each study becomes exactly one job, with everything that was acknowledged', async () => {
  const { home, pipeline, start, settled } = await place();
  const folder = join(home, 'charts', 'dicom-adapter', 'files');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'dicom-server-config.yaml'), settingsFor({ ct: pipeline }, { timeout: 2, more: 'services: { platform: { upload-metadata: true, metadata-dicom-source: ["0020,000D"] } }' }));
  const acknowledged = new Map<string, number>();
  let running = await start();
  const studies = 5;
  for (let study = 0; study < studies; study += 1) {
    const killed = new Promise<void>((resolve) => setTimeout(() => { process.kill(running.pid, 'SIGKILL'); resolve(); }, 30 + 60 * study));
    for (let number = 0; number < 4000; number += 1) {
      const [status] = await send(Number(running.port), [instance(`1.${study}.${number}`, { study: `9.${study}` })]).catch(() => [undefined]);
      if (status === undefined) break;
      expect(status).toBe(0);
      acknowledged.set(`9.${study}`, (acknowledged.get(`9.${study}`) ?? 0) + 1);
    }
    await killed;
    running = await start();
  }
  expect(acknowledged.size).toBeGreaterThan(0);
  const jobs = await settled(acknowledged.size);
  const byStudy = jobs.map(({ metadata }) => [metadata['0020000D']!, Number(metadata.Instances)] as const);
  expect(new Set(byStudy.map(([study]) => study)).size, 'one job a study').toBe(jobs.length);
  for (const [study, count] of acknowledged) {
    const taken = new Map(byStudy).get(study)! - count;
    // One that was in the inbox when the answer was cut off may be in, too.
    expect(taken, `study ${study}: ${count} acknowledged, ${taken} more in its job`).toBeOneOf([0, 1]);
  }
  expect(jobs.every(({ status }) => status === 'JOB_STATUS_HEALTHY')).toBe(true);
}, 180_000);
