import { expect, test } from 'vitest';
import { instance, send, settingsFor } from '../../helpers/adapter.ts';
import { dicomPlace, type ListedJob } from '../../helpers/dicom-place.ts';
import { clara, ctHead, run } from '../../helpers/run.ts';
import { missing } from '../../helpers/require.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';

/** A pipeline that counts its files. */
const counting = shellOperators({ count: 'find /input -type f | wc -l > /output/count' });

test.skipIf(missing('dcmtk') || missing('ct-head'))('a study that storescu sends becomes one job, named after the AE title and the pipeline, which succeeds', async () => {
  const { ask, createPipeline, startAdapter, ended, env } = await dicomPlace();
  const { port } = await startAdapter();
  const pipeline = await createPipeline(counting);
  await ask(['dicom', 'create', 'aetitle', '-a', 'my-ae-title', `pipeline-ct=${pipeline}`]);
  await ask(['dicom', 'create', 'src', '-a', 'DCM4CHEE', '-i', '127.0.0.1']);
  await ask(['dicom', 'create', 'dest', '-n', 'MYPACS', '-a', 'MYPACS', '-i', '127.0.0.1', '-p', '1004']);
  expect(await ask(['dicom', 'list', 'dest'])).toContain('MYPACS');
  expect((await run('echoscu', ['-aet', 'DCM4CHEE', '-aec', 'my-ae-title', '127.0.0.1', port])).exitCode).toBe(0);
  expect(await run('echoscu', ['-aet', 'DCM4CHEE', '-aec', 'wrong', '127.0.0.1', port])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Called AE Title Not Recognized') as string });
  expect(await run('echoscu', ['-aet', 'wrong', '-aec', 'my-ae-title', '127.0.0.1', port])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('Calling AE Title Not Recognized') as string });
  const sent = await run('storescu', ['-v', '+sd', '+r', '-xb', '-aet', 'DCM4CHEE', '-aec', 'my-ae-title', '127.0.0.1', port, ctHead], { env: { TCP_NODELAY: '1' } });
  expect([sent.exitCode, (sent.stdout + sent.stderr).match(/Received Store Response \(Success\)/g)?.length]).toEqual([0, 28]);
  const jobs = await ended(1);
  expect(jobs).toMatchObject([{ jobName: expect.stringMatching(/^my-ae-title-ct-\d{14}$/) as string, status: 'JOB_STATUS_HEALTHY', metadata: { Source: 'my-ae-title (AE Title Job Processor)', Instances: '28' } }]);
  expect(await ask(['dicom', 'status'])).toContain('0 to submit, 1 submitted, 0 given up');
  expect(await ask(['dicom', 'stop'])).toContain('is stopped');
  expect((await clara(['dicom', 'status'], { env })).exitCode).toBe(3);
});

/** Each study's instances in its job, by the metadata of the jobs. */
const counts = (jobs: readonly ListedJob[]) => jobs.map(({ metadata }) => [metadata['0020000D']!, Number(metadata.Instances)] as const);
const withStudy = 'services: { platform: { upload-metadata: true, metadata-dicom-source: ["0020,000D"] } }';

test('kill -9 at any moment: each of ten studies becomes exactly one job a pipeline, with everything that was acknowledged', async () => {
  const { createPipeline, layDown, startAdapter, jobs, ended } = await dicomPlace();
  const pipeline = await createPipeline(counting);
  layDown(settingsFor({ ct: pipeline, mr: pipeline }, { timeout: 1, more: withStudy }));
  const acknowledged = new Map<string, number>();
  let running = await startAdapter();
  let kills = 0;
  /** After so many ms; what runs then is started again. */
  const killAfter = async (ms: number) => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    process.kill(running.pid, 'SIGKILL');
    kills += 1;
  };
  const studies = 10;
  for (let study = 0; study < studies; study += 1) {
    const killing = killAfter(20 + Math.random() * 400);
    for (let number = 0; number < 4000; number += 1) {
      const [status] = await send(Number(running.port), [instance(`1.${study}.${number}`, { study: `9.${study}` })]).catch(() => [undefined]);
      if (status === undefined) break;
      expect(status).toBe(0);
      acknowledged.set(`9.${study}`, (acknowledged.get(`9.${study}`) ?? 0) + 1);
    }
    await killing;
    running = await startAdapter();
  }
  expect(acknowledged.size).toBeGreaterThan(0);
  // And while groups close, jobs are created, filled and started.
  while ((await jobs()).length < 2 * acknowledged.size && kills < 60) {
    await killAfter(Math.random() * 1500);
    running = await startAdapter();
  }
  const byStudy = counts(await ended(2 * acknowledged.size));
  for (const [study, count] of acknowledged) {
    const taken = byStudy.flatMap(([of, instances]) => (of === study ? [instances] : []));
    // One that was in the inbox when the answer was cut off may be in, too.
    expect(taken, `study ${study}, ${count} acknowledged`).toEqual([expect.toBeOneOf([count, count + 1]), taken[0]]);
  }
  expect((await jobs()).every(({ status }) => status === 'JOB_STATUS_HEALTHY')).toBe(true);
}, 240_000);

test('a platform that is away for a minute: what was received waits, and becomes one job', async () => {
  const { ask, env, createPipeline, layDown, startAdapter, ended } = await dicomPlace();
  layDown(settingsFor({ ct: await createPipeline(counting) }, { timeout: 1, more: withStudy }));
  const { port } = await startAdapter();
  await ask(['platform', 'stop', '-y']);
  expect(await send(Number(port), [instance('1.1', { study: '9' }), instance('1.2', { study: '9' })])).toEqual([0, 0]);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
  await ask(['platform', 'start', '--port', env.CLARA_HOST!.split(':')[1]!]);
  expect(counts(await ended(1))).toEqual([['9', 2]]);
  expect(await ask(['dicom', 'status'])).toContain('0 given up');
}, 180_000);
