import { readFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { globSync } from 'tinyglobby';
import { expect, test } from 'vitest';
import { ResultsClient } from '../../../src/api/results/client.ts';
import { splitAddress } from '../../../src/core/addresses.ts';
import { encodeFileHeader } from '../../../src/dicom/part10/header.ts';
import { eventually, explicitLe } from '../../helpers/adapter.ts';
import { encodeDataSet } from '../../helpers/data-set.ts';
import { startReceiver } from '../../helpers/dicom-net.ts';
import { exportSettings, payloadWith } from '../../helpers/export.ts';
import { startServer } from '../../helpers/platform.ts';
import { adapterPlace } from './place.ts';

const enhancedCt = '1.2.840.10008.5.1.4.1.1.2.1';
/** As much as an element can have, but for a little. */
const pixelBytes = 2 ** 32 - 2 ** 16;
/** In kB, as the system counts them. */
const mostBytes = 150_000 * 1024;

test('an object of 4 GiB is exported in less than 150 MB of memory', async () => {
  const server = await startServer({ args: ['--results-port', '0'] });
  const results = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 5000);
  let received = 0;
  const receiver = await startReceiver({ store: async ({ data }) => {
    for await (const piece of data) received += piece.length;
    return 0;
  } });
  const { env, settings, start } = adapterPlace();
  env.CLARA_HOST = server.target;
  settings(exportSettings([receiver], { results: server.ready.results! }));
  const { pid } = await start() as unknown as { readonly pid: number };
  const dataSet = encodeDataSet([{ tag: 0x00080016, vr: 'UI', value: enhancedCt }, { tag: 0x00080018, vr: 'UI', value: '1.2.1' }, { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(0) }], { explicit: true, bigEndian: false });
  dataSet.writeUInt32LE(pixelBytes, dataSet.length - 4);
  const beginning = Buffer.concat([encodeFileHeader({ sopClass: enhancedCt, sopInstance: '1.2.1', transferSyntax: explicitLe }), dataSet]);
  const payloadId = await payloadWith(server.connection, { 'big.dcm': beginning });
  // The rest has no blocks on the disk of the platform.
  truncateSync(globSync(['**/big.dcm'], { cwd: join(server.home, 'payloads'), absolute: true })[0]!, beginning.length + pixelBytes);
  const task = await results.register('ClaraSCU', { pipelineId: '1'.repeat(32), jobId: '2'.repeat(32), payloadId, uris: ['big.dcm'], parameters: '"MYPACS"' });
  expect(await eventually(async () => {
    const found = await results.get(task);
    return (found.state === 'Succeeded' || found.state === 'Failed') && found;
  }, 400)).toMatchObject({ state: 'Succeeded', retries: 0 });
  expect(received).toBe(dataSet.length + pixelBytes);
  const peak = Number(/^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;
  console.log(`peak memory of the adapter: ${Math.round(peak / 1024 / 1024)} MiB`);
  expect(peak).toBeLessThan(mostBytes);
}, 600_000);
