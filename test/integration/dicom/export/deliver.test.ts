import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fetchFiles, NotNow } from '../../../../src/dicom/export/fetch.ts';
import { DicomFile } from '../../../../src/dicom/part10/file.ts';
import { instance } from '../../../helpers/adapter.ts';
import { freePort, startPeer, startReceiver } from '../../../helpers/dicom-net.ts';
import { exportPlace, part10, payloadWith } from '../../../helpers/export.ts';
import { until } from '../../../helpers/files.ts';
import { missing } from '../../../helpers/require.ts';
import { ctHead, tempDir } from '../../../helpers/run.ts';

const two = { 'a/1.dcm': part10(instance('1.2.1')), 'a/2.dcm': part10(instance('1.2.2')) };

test.skipIf(missing('dcmtk') || missing('ct-head'))('results arrive at storescp, bit for bit', async () => {
  const [port, folder] = [await freePort(), tempDir()];
  await startPeer('storescp', ['--bit-preserving', '-aet', 'MYPACS', '-od', folder, String(port)], port);
  const { register, settled, temporary, lines } = await exportPlace([{ port }]);
  const names = readdirSync(ctHead).filter((name) => name.endsWith('.dcm'));
  const task = await register('["MYPACS"]', Object.fromEntries(names.map((name) => [`operators/writer/Secret^Patient/${name}`, readFileSync(join(ctHead, name))])));
  expect(await settled(task)).toMatchObject({ state: 'Succeeded', retries: 0 });
  const stored = readdirSync(folder);
  expect(stored).toHaveLength(names.length);
  const sent = await DicomFile.open(join(ctHead, names[0]!));
  const arrived = await DicomFile.open(join(folder, stored.find((name) => name.endsWith(sent.meta.sopInstance))!));
  expect(arrived.dataSetBytes).toBe(sent.dataSetBytes);
  expect(readFileSync(arrived.path).subarray(-arrived.dataSetBytes).equals(readFileSync(sent.path).subarray(-sent.dataSetBytes))).toBe(true);
  await Promise.all([sent.close(), arrived.close()]);
  expect(temporary()).toEqual([]);
  expect(lines.join('')).not.toContain('Secret');
});

test.each<readonly [string, string]>([['a JSON text', '"mypacs"'], ['an array', '["MYPACS"]'], ['a bare word', 'MYPACS']])('the destination may be named by %s', async (_kind, parameters) => {
  const receiver = await startReceiver();
  const { register, settled } = await exportPlace([receiver]);
  expect(await settled(await register(parameters, two))).toMatchObject({ state: 'Succeeded', retries: 0 });
  expect(receiver.kept.map(({ sopInstance, request }) => [sopInstance, request.callingAe, request.calledAe])).toEqual([['1.2.1', 'ClaraSCU', 'MYPACS'], ['1.2.2', 'ClaraSCU', 'MYPACS']]);
  expect(receiver.events.filter(({ kind }) => kind === 'associated')).toHaveLength(1);
});

test.each<readonly [string, string | null, RegExp]>([
  ['nobody', null, /the task has no parameters/], ['an unknown destination', '["NOWHERE"]', /there is no destination \\"NOWHERE\\"/],
  ['a number', '7', /the parameters of the task are \\"7\\"/], ['an empty array', '[]', /have to name a destination/],
])('a task for %s fails at once, and the reason is told', async (_whom, parameters, reason) => {
  const { register, settled, lines, adapter } = await exportPlace([{ port: 1 }]);
  expect(await settled(await register(parameters, two))).toMatchObject({ state: 'Failed', retries: 0 });
  await until(() => lines.some((line) => reason.test(line)));
  const status = await (await fetch(`http://${adapter.ready.rest}/api/status`)).json() as { exports: object };
  expect(JSON.stringify(status.exports)).toMatch(reason);
});

test('two destinations: both have to be served, and the one that was is not served twice', async () => {
  const first = await startReceiver();
  let isDown = true;
  const second = await startReceiver({ store: () => Promise.resolve(isDown ? 0xa700 : undefined) });
  const { register, settled, results } = await exportPlace([{ name: 'ONE', ...first }, { name: 'TWO', ...second }]);
  const task = await register('["ONE", "TWO"]', two);
  await until(() => second.events.filter(({ kind }) => kind === 'ended').length >= 2);
  isDown = false;
  expect((await settled(task)).state).toBe('Succeeded');
  expect(first.kept).toHaveLength(2);
  // A person who asks for it gets everything once more.
  await results.retry(task);
  await until(() => first.kept.length === 4);
});

test('a disk that gets too full in the middle of it: nothing is left, and nothing has failed', async () => {
  const { server } = await exportPlace([]);
  const payloadId = await payloadWith(server.connection, two);
  const folder = tempDir();
  const fetched = (hasRoom: () => boolean) => fetchFiles(payloadId, Object.keys(two), { connection: server.connection, folder, parallel: 1, hasRoom, signal: new AbortController().signal });
  let asked = 0;
  await expect(fetched(() => (asked += 1) < 2)).rejects.toThrow(NotNow);
  expect(readdirSync(folder)).toEqual([]);
  const { files, failures, discard } = await fetched(() => true);
  expect([files.map(({ uri }) => uri), failures.size]).toEqual([Object.keys(two), 0]);
  await discard();
  expect(readdirSync(folder)).toEqual([]);
});
