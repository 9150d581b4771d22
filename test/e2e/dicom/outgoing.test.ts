import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { instance } from '../../helpers/adapter.ts';
import { freePort, startPeer, startReceiver } from '../../helpers/dicom-net.ts';
import { part10 } from '../../helpers/export.ts';
import { folderOf } from '../../helpers/files.ts';
import { startOrthanc } from '../../helpers/orthanc.ts';
import { recode } from '../../helpers/recode.ts';
import { missing } from '../../helpers/require.ts';
import { clara, ctHead, tempDir } from '../../helpers/run.ts';
import { adapterPlace } from './place.ts';

const study = () => folderOf({ 'a/1.dcm': part10(instance('1.2.1')), 'a/b/2.dcm': part10(instance('1.2.2')), 'notes.txt': 'no DICOM' });

test.skipIf(missing('dcmtk') || missing('ct-head'))('a destination is made, asked for a sign of life, and sent to: storescp', async () => {
  const { call, start } = adapterPlace();
  await start();
  const [port, out] = [await freePort(), tempDir()];
  await startPeer('storescp', ['-aet', 'MYPACS', '-od', out, String(port)], port);
  expect((await call('create', 'dest', '-n', 'MYPACS', '-a', 'MYPACS', '-i', '127.0.0.1', '-p', String(port))).exitCode).toBe(0);
  expect(await call('echo', 'mypacs')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^MYPACS at 127\.0\.0\.1:\d+ answered in [\d.]+ ms; its association was open after [\d.]+ ms\n$/) as string });
  const sent = await call('send', 'MYPACS', ctHead);
  expect([sent.exitCode, sent.stdout]).toEqual([0, expect.stringMatching(/^sent to MYPACS at .*: 28 files, 14\.\d MiB in /)]);
  expect(readdirSync(out)).toHaveLength(28);
});

test.skipIf(missing('dcmtk') || missing('ct-head'))('compressed files are decoded for a receiver that takes nothing compressed: storescp', async () => {
  const { call } = adapterPlace();
  const [port, out, folder] = [await freePort(), tempDir(), tempDir()];
  await recode('dcmcjpeg', ['+e1'], ctHead, join(folder, 'a'), ['03.dcm', '11.dcm']);
  await recode('dcmcrle', [], ctHead, join(folder, 'b'), ['15.dcm']);
  await startPeer('storescp', ['-aet', 'MYPACS', '-od', out, String(port)], port);
  expect(await call('send', `MYPACS@127.0.0.1:${port}`, folder)).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/: 3 files, /) as string });
  for (const name of readdirSync(out)) expect(statSync(join(out, name)).size).toBeGreaterThan(512 * 512 * 2);
  expect(readdirSync(out)).toHaveLength(3);
});

test.skipIf(missing('orthanc'))('by DICOMweb: the password stays in its file, and the adapter keeps it sealed', async () => {
  const orthanc = await startOrthanc({ AuthenticationEnabled: true, RegisteredUsers: { clara: 'secret word' } });
  const { home, call, start } = adapterPlace();
  await start();
  const password = join(home, 'password');
  writeFileSync(password, 'secret word\n');
  const url = `${orthanc.url}/dicom-web`;
  const made = await call('create', 'dest', '-n', 'WEB', '--url', url, '--user', 'clara', '--password-file', password);
  expect(made).toMatchObject({ exitCode: 0, stdout: `NAME:WEB\nURL:${url}\nAUTH_TYPE:Basic\nTLS_CA:\n` });
  expect((await call('list', 'dest')).stdout).toMatch(/^NAME +AE TITLE +HOST +PORT\nWEB +\(DICOMweb\) +http/);
  expect(await call('echo', 'WEB')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('answered in') as string });
  const folder = study();
  expect(await call('send', 'WEB', folder)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--password-file') as string });
  expect(await call('send', 'WEB', folder, '--user', 'clara', '--password-file', password)).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('1 file passed over') as string });
  const authorization = `Basic ${Buffer.from('clara:secret word').toString('base64')}`;
  expect(await (await fetch(`${orthanc.url}/instances`, { headers: { authorization } })).json()).toHaveLength(2);
  writeFileSync(password, 'wrong');
  expect(await call('send', url, folder, '--user', 'clara', '--password-file', password)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('answered 401 (Unauthorized)') as string });
  expect(await call('describe', 'dest', 'WEB', '-o', 'json')).toMatchObject({ stdout: expect.not.stringContaining('secret') as string });
  expect((await call('delete', 'dest', 'WEB')).exitCode).toBe(0);
  expect((await call('describe', 'dest', 'WEB')).exitCode).toBe(4);
});

test('says for each file what became of it', async () => {
  const receiver = await startReceiver({ store: ({ sopInstance }) => Promise.resolve(sopInstance === '1.2.2' ? 0xa700 : undefined) });
  const { call } = adapterPlace();
  const folder = study();
  // No adapter runs: an address needs none.
  const sent = await call('send', `PACS@127.0.0.1:${receiver.port}`, '-a', 'ME', join(folder, 'a'), join(folder, 'notes.txt'), '-o', 'json');
  expect([sent.exitCode, sent.stderr]).toEqual([1, expect.stringContaining('2 of 3 files not sent to PACS at 127.0.0.1')]);
  expect(JSON.parse(sent.stdout)).toEqual([
    { file: join(folder, 'notes.txt'), sent: false, status: expect.stringMatching(/no DICOM file/) as string },
    { file: join(folder, 'a/1.dcm'), sopInstance: '1.2.1', sent: true, status: 'stored' },
    { file: join(folder, 'a/b/2.dcm'), sopInstance: '1.2.2', sent: false, status: 'PACS answered: out of resources (0xa700)' },
  ]);
  expect(receiver.kept.map(({ request }) => [request.callingAe, request.calledAe])).toEqual([['ME', 'PACS']]);
});

test('what was named and does not exist is told before whom it would go to', async () => {
  const { call, home } = adapterPlace();
  expect(await call('send', 'MYPACS', join(home, 'absent.dcm'))).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/absent\.dcm does not exist/) as string });
  expect(await call('send', 'MYPACS', study())).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('no DICOM adapter runs on this machine') as string });
});

test('Ctrl-C ends a transfer that hangs, and tells how far it came', async () => {
  const { env } = adapterPlace();
  let answer = (_: undefined) => {};
  const second = new Promise<undefined>((resolve) => { answer = resolve; });
  let interrupt = () => {};
  const receiver = await startReceiver({ store: ({ sopInstance }) => {
    if (sopInstance === '1.2.1') return Promise.resolve(undefined);
    interrupt();
    return second;
  } });
  const sent = await clara(['dicom', 'send', `PACS@127.0.0.1:${receiver.port}`, study()], { env, onSpawn: (child) => { interrupt = () => child.kill('SIGINT'); } });
  answer(undefined);
  expect(sent).toMatchObject({ exitCode: 130, stdout: '', stderr: expect.stringMatching(/interrupted\nsent to PACS at .*: 1 of 2 files/) as string });
});

test('who cannot be reached, does not let us in, or is not there', async () => {
  const { call, start, settings } = adapterPlace();
  const rejecting = await startReceiver({ decide: () => ({ accept: false, rejection: { result: 1, source: 1, reason: 3 } }) });
  settings(`dicom: { scu: { destinations: [ { name: GONE, ae-title: GONE, host-ip: 127.0.0.1, port: 1 }, { name: NO, ae-title: NO, host-ip: 127.0.0.1, port: ${rejecting.port} } ] } }`);
  await start();
  const folder = study();
  expect(await call('echo', 'GONE')).toMatchObject({ exitCode: 3, stdout: '', stderr: expect.stringMatching(/no DICOM receiver answered: GONE at 127\.0\.0\.1:1 \(connection refused\)/) as string });
  expect(await call('echo', 'NO')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/rejected the association \(calling AE title not recognized[^]*hint: the receiver has to be told of ClaraSCU/) as string });
  expect(JSON.parse((await call('echo', 'NO', '-o', 'json')).stdout)).toMatchObject({ destination: 'NO', result: { kind: 'failed' } });
  expect(await call('echo', 'NOBODY')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('there is no destination `NOBODY`') as string });
  expect(await call('send', 'GONE', folder)).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('2 of 2 files not sent') as string });
  expect(await call('send', 'NOBODY', folder)).toMatchObject({ exitCode: 4 });
  expect(await call('send', 'NO', join(folder, 'nothing'))).toMatchObject({ exitCode: 4 });
  expect(await call('send', 'NO', join(folder, 'notes.txt'), join(folder, 'a'))).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('3 of 3 files not sent') as string });
  expect(await call('send', 'NO', folderOf({ 'x.txt': 'x' }))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('no DICOM files') as string });
  expect(await call('send', 'bad title here and more@h:1', folder)).toMatchObject({ exitCode: 2 });
  expect(await call('send', 'NO')).toMatchObject({ exitCode: 2 });
});

test.each<readonly [readonly string[], RegExp]>([
  [['-n', 'A'], /missing --aetitle, --ip, --port/], [['-n', 'A', '--url', 'http://x', '-p', '1'], /--port and --url cannot be used together/],
  [['-n', 'A', '-a', 'A', '-i', 'h', '-p', '1', '--tls-ca', 'f'], /--tls-ca goes with --url/], [['-n', 'A', '--url', 'http://x', '--user', 'u'], /--user needs --password-file/],
  [['-n', 'A', '--url', 'http://x', '--token-file', '/nowhere/token'], /--token-file: \/nowhere\/token cannot be read/], [['-n', 'A', '--url', 'http://x', '--token-file', 'f', '--user', 'u'], /cannot be used together/],
])('create dest %j is a usage error', async (flags, message) => {
  const { exitCode, stderr } = await adapterPlace().call('create', 'dest', ...flags);
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(message)]);
});
