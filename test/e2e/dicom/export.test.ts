import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ResultsClient } from '../../../src/api/results/client.ts';
import { splitAddress } from '../../../src/core/addresses.ts';
import { eventually, instance } from '../../helpers/adapter.ts';
import { startReceiver } from '../../helpers/dicom-net.ts';
import { exportSettings, part10, payloadWith } from '../../helpers/export.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';
import { until } from '../../helpers/files.ts';
import { startOrthanc } from '../../helpers/orthanc.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead } from '../../helpers/run.ts';
import { startServer } from '../../helpers/platform.ts';
import { adapterPlace } from './place.ts';

test('kill -9 in the middle of an export: the task goes on after the restart, and nothing is left in the temporary folder', async () => {
  const server = await startServer({ args: ['--results-port', '0'] });
  const results = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 5000);
  let [isStuck, hasBegun] = [true, false];
  const receiver = await startReceiver({ store: async ({ data }, _request) => {
    if (!isStuck) return undefined;
    hasBegun = true;
    for await (const _ of data) break;
    await until(() => !isStuck, 60);
    return 0x0110;
  } });
  const { home, env, settings, start } = adapterPlace();
  env.CLARA_HOST = server.target;
  settings(exportSettings([receiver], { results: server.ready.results! }));
  const temporary = () => (existsSync(join(home, 'dicom', 'exports')) ? readdirSync(join(home, 'dicom', 'exports'), { recursive: true, encoding: 'utf8' }) : []);
  const { pid } = await start() as unknown as { readonly pid: number };
  const payloadId = await payloadWith(server.connection, { '1.dcm': part10(instance('1.2.1', { bytes: 3_000_000 })), '2.dcm': part10(instance('1.2.2')) });
  const task = await results.register('ClaraSCU', { pipelineId: '1'.repeat(32), jobId: '2'.repeat(32), payloadId, uris: ['1.dcm', '2.dcm'], parameters: '"MYPACS"' });
  await until(() => hasBegun);
  expect(temporary().filter((name) => name.endsWith('.dcm'))).toHaveLength(2);
  process.kill(pid, 'SIGKILL');
  isStuck = false;
  await start();
  expect(await eventually(async () => {
    const found = await results.get(task);
    return found.state === 'Succeeded' && found;
  })).toMatchObject({ retries: 0 });
  expect(receiver.kept.map(({ sopInstance }) => sopInstance)).toEqual(['1.2.1', '1.2.2']);
  await until(() => temporary().length === 0);
}, 120_000);

test.skipIf(missing('orthanc') || missing('ct-head'))('from `clara dicom send` to Orthanc by DICOMweb, through a job', async () => {
  const orthanc = await startOrthanc();
  const place = await dicomPlace();
  const { port } = await place.startAdapter();
  const pipeline = await place.createPipeline(JSON.stringify({
    'api-version': '0.4.0', name: 'to-the-web',
    operators: [
      { name: 'copy', container: { image: 'host', command: ['/bin/sh', '-c', 'cp -r /input/. /output'] }, input: [{ path: '/input' }], output: [{ path: '/output' }] },
      { name: 'register-results', container: { image: 'clara/register-results', command: ['--agent', 'DICOMweb', '--data', '["WEB"]'] }, input: [{ from: 'copy', path: '/input' }] },
    ],
  }));
  await place.ask(['dicom', 'create', 'aetitle', '-a', 'my-ae-title', `pipeline-ct=${pipeline}`]);
  await place.ask(['dicom', 'create', 'src', '-a', 'DCM4CHEE', '-i', '127.0.0.1']);
  await place.ask(['dicom', 'create', 'dest', '-n', 'WEB', '--url', `${orthanc.url}/dicom-web`]);
  expect(await place.ask(['dicom', 'send', `my-ae-title@127.0.0.1:${port}`, '-a', 'DCM4CHEE', ctHead])).toContain('28 files');
  await place.ended(1);
  await eventually(async () => (await place.tasks()).some(({ state }) => state === 'Succeeded'));
  expect(await orthanc.get('/instances')).toHaveLength(28);
}, 120_000);
