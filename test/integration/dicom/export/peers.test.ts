import { createServer, type AddressInfo, type Socket } from 'node:net';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { DicomFile } from '../../../../src/dicom/part10/file.ts';
import { type FileMeta } from '../../../../src/dicom/part10/header.ts';
import { instance } from '../../../helpers/adapter.ts';
import { freePort, startPeer, startReceiver } from '../../../helpers/dicom-net.ts';
import { exportPlace, part10 } from '../../../helpers/export.ts';
import { startOrthanc } from '../../../helpers/orthanc.ts';
import { missing } from '../../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../../helpers/run.ts';

const one = { '1.dcm': part10(instance('1.2.1')) };
const four = Object.fromEntries([1, 2, 3, 4].map((number) => [`${number}.dcm`, part10(instance(`1.2.${number}`))]));

/** What the adapter has written down about why. */
async function lastFailure(rest: string): Promise<string> {
  const { exports } = await (await fetch(`http://${rest}/api/status`)).json() as { exports: { lastFailure?: { why: string } } };
  return exports.lastFailure?.why ?? '';
}

test.each<readonly [string, () => Promise<{ readonly port: number }>, RegExp, 1 | 60]>([
  ['is not there', async () => ({ port: await freePort() }), /connection refused/, 60],
  ['rejects us', () => startReceiver({ decide: () => ({ accept: false, rejection: { result: 1, source: 1, reason: 3 } }) }), /rejected the association \(calling AE title not recognized/, 60],
  ['takes none of our classes', () => startReceiver({ decide: () => ({ accept: true, context: () => ({ refuse: 'abstract syntax not supported' }), handler: { store: () => Promise.resolve(0), ended: () => undefined } }) }), /accepted none of the presentation contexts/, 60],
  ['has no room', () => startReceiver({ store: () => Promise.resolve(0xa700) }), /out of resources \(0xa700\)/, 60],
  // The original counts only Success (dicom-adapter 10).
  ['answers with a warning', () => startReceiver({ store: () => Promise.resolve(0xb000) }), /coercion of data elements/, 60],
  ['never answers a request', silent, /no answer to the request within 1 s/, 1],
  ['never answers a message', mute, /no answer within 1 s/, 1],
])('a receiver that %s gets four attempts', async (_what, start, reason, patience) => {
  const { port } = await start();
  const { register, settled, adapter, temporary } = await exportPlace([{ port }], { patience });
  expect(await settled(await register('"MYPACS"', one), 60)).toMatchObject({ state: 'Failed', retries: 3 });
  expect(await lastFailure(adapter.ready.rest)).toMatch(reason);
  expect(temporary()).toEqual([]);
}, 90_000);

/** Takes connections, and says nothing. */
async function silent(): Promise<{ readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => { sockets.add(socket); socket.on('error', () => undefined); }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => { sockets.forEach((socket) => socket.destroy()); server.close(); });
  return { port: (server.address() as AddressInfo).port };
}

/** Takes a message, and says nothing until the test is over. */
async function mute(): Promise<{ readonly port: number }> {
  let answer: () => void = () => undefined;
  const over = new Promise<void>((resolve) => { answer = resolve; });
  const receiver = await startReceiver({ store: () => over.then(() => 0) });
  onTestFinished(() => answer());
  return receiver;
}

test('a receiver that takes half has taken enough; one less is not, and what it has is not sent again', async () => {
  const refused = new Set(['1.2.3', '1.2.4']);
  const receiver = await startReceiver({ store: ({ sopInstance }) => Promise.resolve(refused.has(sopInstance) ? 0x0110 : undefined) });
  const { register, settled, adapter } = await exportPlace([receiver]);
  const task = await register('"MYPACS"', four);
  expect(await settled(task)).toMatchObject({ state: 'Succeeded', retries: 0 });
  const known = async (id: string) => (await fetch(`http://${adapter.ready.rest}/api/exports/${id}`)).json();
  expect(await known(task)).toMatchObject({
    state: 'succeeded', agent: 'ClaraSCU', instances: [
      { destination: 'MYPACS', uri: '1.dcm', sopInstance: '1.2.1', delivered: true, status: 'stored' }, { uri: '2.dcm', delivered: true }, { uri: '3.dcm', delivered: false, status: 'MYPACS answered: processing failure (0x0110)' }, { uri: '4.dcm', delivered: false },
    ],
  });
  expect(await known('nobody')).toMatchObject({ status: 404 });
  refused.add('1.2.2');
  receiver.kept.length = 0;
  expect(await settled(await register('"MYPACS"', four))).toMatchObject({ state: 'Failed', retries: 3 });
  expect(receiver.kept.map(({ sopInstance }) => sopInstance)).toEqual(['1.2.1']);
});

test('more than half of the files missing or no DICOM: nothing is sent, and nothing tried again', async () => {
  const receiver = await startReceiver();
  const { register, settled, adapter } = await exportPlace([receiver]);
  const task = await register('"MYPACS"', { ...one, 'no.raw': Buffer.from('nothing of the kind') }, { uris: ['1.dcm', 'no.raw', 'gone.dcm'] });
  expect(await settled(task)).toMatchObject({ state: 'Failed', retries: 0 });
  expect(await lastFailure(adapter.ready.rest)).toMatch(/2 of 3 files cannot be sent/);
  expect(receiver.events).toEqual([]);
  expect(await settled(await register('"MYPACS"', { ...one, 'no.raw': Buffer.from('nothing of the kind') }))).toMatchObject({ state: 'Succeeded' });
  expect(receiver.kept).toHaveLength(1);
});

describe.skipIf(missing('dcmtk') || missing('ct-head'))('transfer syntaxes', () => {
  test.each([['+te', '1.2.840.10008.1.2.1'], ['+ti', '1.2.840.10008.1.2'], ['+tb', '1.2.840.10008.1.2.2'], ['+td', '1.2.840.10008.1.2.1.99']])('dcmconv %s: sent as stored where that is taken, converted where it is not', async (flag, syntax) => {
    const [source, folder] = [join(ctHead, readdirSync(ctHead).find((name) => name.endsWith('.dcm'))!), tempDir()];
    const stored = join(folder, 'stored.dcm');
    expect((await run('dcmconv', [flag, source, stored])).exitCode).toBe(0);
    for (const [option, expected] of [['+xa', syntax], ['+xi', '1.2.840.10008.1.2'], ['+x=', undefined]] as const) {
      const [port, out] = [await freePort(), tempDir()];
      await startPeer('storescp', ['--bit-preserving', option, '-od', out, String(port)], port);
      const { register, settled } = await exportPlace([{ port }]);
      expect(await settled(await register('"MYPACS"', { 'stored.dcm': readFileSync(stored) }))).toMatchObject({ state: 'Succeeded', retries: 0 });
      const arrived = join(out, readdirSync(out)[0]!);
      const dump = (await run('dcmdump', ['+L', '+P', '0002,0010', '-Un', arrived])).stdout;
      if (expected !== undefined && !(option === '+xa' && flag === '+td')) expect(dump).toContain(`[${expected}]`);
      // The same values, whatever the way.
      const [a, b] = await Promise.all([stored, arrived].map(async (path, index) => {
        const normal = join(folder, `${index}.dcm`);
        expect(await run('dcmconv', ['+ti', '-g', '-e', '-F', path, normal])).toMatchObject({ exitCode: 0 });
        return readFileSync(normal);
      }));
      expect(a!.equals(b!), `${flag} to ${option}`).toBe(true);
    }
  }, 60_000);
});

describe.skipIf(missing('dcmtk') || missing('ct-head'))('storescp', () => {
  test.each([['--refuse', /rejected the association/], ['--abort-after', /the peer aborted the association/], ['--abort-during', /the peer aborted the association|the peer closed the connection/]])('%s: four attempts, each reported once', async (option, reason) => {
    const [port, out] = [await freePort(), tempDir()];
    await startPeer('storescp', [option, '-od', out, String(port)], port);
    const { register, settled, adapter, lines } = await exportPlace([{ port }]);
    expect(await settled(await register('"MYPACS"', one))).toMatchObject({ state: 'Failed', retries: 3 });
    expect(await lastFailure(adapter.ready.rest)).toMatch(reason);
    expect(lines.filter((line) => line.includes('results were not delivered'))).toHaveLength(4);
  });

  test.each([['dcmcrle', [], '1.2.840.10008.1.2.5'], ['dcmcjpeg', ['+e1'], '1.2.840.10008.1.2.4.70']] as const)('what %s has compressed is sent as it is, or as it was before to a receiver that does not take it', async (program, options, syntax) => {
    const [source, folder] = [join(ctHead, readdirSync(ctHead).find((name) => name.endsWith('.dcm'))!), tempDir()];
    const stored = join(folder, 'stored.dcm');
    expect((await run(program, [...options, source, stored])).exitCode).toBe(0);
    const send = async (option: string) => {
      const [port, out] = [await freePort(), tempDir()];
      await startPeer('storescp', ['--bit-preserving', option, '-od', out, String(port)], port);
      const { register, settled } = await exportPlace([{ port }]);
      const { state } = await settled(await register('"MYPACS"', { 'stored.dcm': readFileSync(stored) }));
      return { state, files: readdirSync(out).map((name) => join(out, name)) };
    };
    const taken = await send('+xa');
    expect([taken.state, taken.files.length]).toEqual(['Succeeded', 1]);
    expect(await metaOf(taken.files[0]!)).toMatchObject({ transferSyntax: syntax });
    expect(readFileSync(taken.files[0]!).subarray(-1000).equals(readFileSync(stored).subarray(-1000))).toBe(true);
    const converted = await send('+x=');
    expect([converted.state, converted.files.length]).toEqual(['Succeeded', 1]);
    expect(await metaOf(converted.files[0]!)).toMatchObject({ transferSyntax: '1.2.840.10008.1.2.1' });
    const pixels = 512 * 512 * 2;
    expect(readFileSync(converted.files[0]!).subarray(-pixels).equals(readFileSync(source).subarray(-pixels))).toBe(true);
  }, 30_000);
});

async function metaOf(path: string): Promise<FileMeta> {
  const file = await DicomFile.open(path);
  await file.close();
  return file.meta;
}

test('more kinds than an association has contexts need several', async () => {
  const receiver = await startReceiver();
  const { register, settled } = await exportPlace([receiver]);
  const files = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`${index}.dcm`, part10(instance(`1.2.${index}`, { sopClass: `1.2.840.10008.5.1.4.1.1.9999.${index}` }))]));
  expect(await settled(await register('"MYPACS"', files))).toMatchObject({ state: 'Succeeded' });
  expect(receiver.kept).toHaveLength(70);
  expect(receiver.events.filter(({ kind }) => kind === 'associated')).toHaveLength(2);
});

test.skipIf(missing('orthanc') || missing('ct-head'))('Orthanc as the PACS: takes a series; under another title it is not there', async () => {
  const orthanc = await startOrthanc({ DicomCheckCalledAet: true });
  const { register, settled, adapter } = await exportPlace([{ name: 'PACS', port: orthanc.dicomPort, aeTitle: 'ORTHANC' }, { name: 'WRONG', port: orthanc.dicomPort, aeTitle: 'NOBODY' }]);
  const names = readdirSync(ctHead).filter((name) => name.endsWith('.dcm'));
  const series = Object.fromEntries(names.map((name) => [name, readFileSync(join(ctHead, name))]));
  expect(await settled(await register('["PACS"]', series))).toMatchObject({ state: 'Succeeded', retries: 0 });
  expect(await orthanc.get('/instances')).toHaveLength(names.length);
  expect(await settled(await register('["WRONG"]', one))).toMatchObject({ state: 'Failed', retries: 3 });
  expect(await lastFailure(adapter.ready.rest)).toMatch(/rejected the association \(called AE title not recognized/);
});

test('what is told of failures names no file of the payload, for it may name the patient', async () => {
  const { register, settled, lines, adapter } = await exportPlace([{ port: 1 }]);
  const task = await register('"MYPACS"', { 'Doe^John/1.raw': Buffer.from('x') }, { uris: ['Doe^John/1.raw', 'Doe^John/gone.dcm'] });
  expect(await settled(task)).toMatchObject({ state: 'Failed', retries: 0 });
  expect(await lastFailure(adapter.ready.rest)).toMatch(/2 of 2 files cannot be sent: /);
  expect(lines.join('') + await lastFailure(adapter.ready.rest)).not.toContain('Doe');
});
