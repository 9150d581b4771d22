import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ResultsClient } from '../../../src/api/results/client.ts';
import { splitAddress } from '../../../src/core/addresses.ts';
import { eventually, instance } from '../../helpers/adapter.ts';
import { startReceiver } from '../../helpers/dicom-net.ts';
import { exportSettings, part10, payloadWith } from '../../helpers/export.ts';
import { until } from '../../helpers/files.ts';
import { startServer } from '../../helpers/platform.ts';
import { adapterPlace } from './place.ts';

test('kill -9 in the middle of an export: the task goes on after the restart, and nothing is left in the temporary folder', async () => {
  const server = await startServer({ args: ['--results-port', '0'] });
  const results = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 5000);
  let isStuck = true;
  const receiver = await startReceiver({ store: async ({ data }, _request) => {
    if (!isStuck) return undefined;
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
  await until(() => receiver.events.some(({ kind }) => kind === 'associated'));
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
