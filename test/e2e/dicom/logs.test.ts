import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually, instance, send, settingsFor } from '../../helpers/adapter.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';
import { clara, root, run } from '../../helpers/run.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';
import { adapterPlace } from './place.ts';

test('no log names a patient: not under --verbose, not when an upload fails, and not once the job has run', async () => {
  const { home, env, ask, createPipeline, layDown, ended } = await dicomPlace();
  const pipeline = await createPipeline(shellOperators({ count: 'find /input -type f | wc -l > /output/count' }));
  const mostPercent = async (percent: number) => {
    mkdirSync(join(home, 'charts', 'clara'), { recursive: true });
    writeFileSync(join(home, 'charts', 'clara', 'values.yaml'), `maxStorageUsagePercentage: ${percent}\n`);
    await ask(['platform', 'restart']);
  };
  // Uploads are refused, with the name of the file.
  await mostPercent(1);
  layDown(settingsFor({ one: pipeline }, { timeout: 1, more: 'services: { platform: { max-retries: 0, retry-delay-seconds: 0 } }' }));
  const start = async () => Number((JSON.parse(await ask(['dicom', 'start', '--verbose', '--port', '0', '--rest-port', '0', '-o', 'json'])) as { dicom: string }).dicom.split(':')[1]);
  const log = () => readFileSync(join(home, 'dicom', 'server.log'), 'utf8');
  const stored = () => log().split('\n').filter((line) => line.includes('an instance is stored')).map((line) => (JSON.parse(line) as { patient: string }).patient);
  let port = await start();
  expect(await send(port, [instance('1.1', { patient: 'Hidden Id "77"' }), instance('1.2', { patient: 'Hidden Id "77"' }), instance('1.3', { patient: 'Hidden-Id-78', study: '1.9' })])).toEqual([0, 0, 0]);
  await eventually(async () => (log().match(/is given up/g)?.length ?? 0) === 2);
  expect(log()).toMatch(/dcm\/…\/1\.2\/1\.2\.3\/1\.1\.dcm|dcm\/…\//);
  await ask(['dicom', 'stop']);
  await mostPercent(100);
  port = await start();
  expect(await send(port, [instance('1.4', { patient: 'Hidden Id "77"', study: '1.10' })])).toEqual([0]);
  await ask(['dicom', 'retry']);
  await ended(3);
  const [first, second, other, again] = stored();
  expect([first, other !== first, again]).toEqual([second, true, first]);
  expect(first).toMatch(/^[0-9a-f]{12}$/);
  expect(statSync(join(home, 'dicom', 'log-key')).mode & 0o777).toBe(0o600);
  for (const text of [log(), readFileSync(join(home, 'platform', 'server.log'), 'utf8'), await ask(['dicom', 'logs']), await ask(['dicom', 'status', '-o', 'wide'])]) expect(text).not.toMatch(/Hidden|Secret/);
  expect((await clara(['dicom', 'logs', '-o', 'json', '-n', '1'], { env })).stdout).toMatch(/^\{"level":"\w+","time":/);
});

test('logs --follow shows what happens until it is interrupted', async () => {
  const { env, settings, start } = adapterPlace();
  settings(settingsFor({ one: '0'.repeat(32) }, { timeout: 600 }));
  const { port } = await start();
  let seen = '';
  const following = clara(['dicom', 'logs', '--follow'], {
    env, onSpawn: (child) => child.stdout!.on('data', (text: Buffer) => {
      seen += text.toString();
      if (/an association is over/.test(seen)) child.kill('SIGINT');
    }),
  });
  await eventually(async () => seen.includes('the DICOM adapter is ready'));
  await send(Number(port), [instance('1.1')], { callingAe: 'FOLLOWED' });
  expect(await following).toMatchObject({ exitCode: 130, stdout: expect.stringMatching(/an association begins.*callingAe=FOLLOWED[^]*an association is over/) as string });
});

test('status --watch prints again what has changed, and ends with the adapter', async () => {
  const { env, settings, start, call } = adapterPlace();
  settings(settingsFor({ one: '0'.repeat(32) }, { timeout: 600 }));
  const { port } = await start();
  let seen = '';
  const watching = clara(['dicom', 'status', '--watch', '-o', 'json'], { env, onSpawn: (child) => child.stdout!.on('data', (text: Buffer) => { seen += text.toString(); }) });
  await eventually(async () => seen.includes('"instances":0'));
  await send(Number(port), [instance('1.1')]);
  await eventually(async () => seen.includes('"inbox":{"instances":1'));
  await call('stop');
  expect((await watching).exitCode).toBe(3);
  expect(seen.trim().split('\n').map((line) => (JSON.parse(line) as { state: string }).state).slice(0, 2)).toEqual(['running', 'running']);
});

test('status --watch ends with Ctrl-C', async () => {
  const { env, start } = adapterPlace();
  await start();
  const watching = clara(['dicom', 'status', '--watch', '-o', 'json'], { env, onSpawn: (child) => child.stdout!.once('data', () => child.kill('SIGINT')) });
  expect(await watching).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('"state":"running"') as string });
});

test('on a terminal status --watch draws itself again in its place', async () => {
  const { env, settings, start, call } = adapterPlace();
  settings(settingsFor({ one: '0'.repeat(32) }, { timeout: 600 }));
  const { port } = await start();
  let seen = '';
  const watching = run('/usr/bin/python3', [join(root, 'test/fixtures/on_terminal.py'), '40', '120', process.execPath, join(root, 'bin/clara'), 'dicom', 'status', '--watch'], {
    env: { ...env, TERM: 'xterm', CI: undefined, NO_COLOR: undefined }, onSpawn: (child) => child.stdout!.on('data', (text: Buffer) => { seen += text.toString(); }),
  });
  await eventually(async () => seen.includes('0 instances'));
  await send(Number(port), [instance('1.1')]);
  await eventually(async () => /\x1b\[\d+A\x1b\[J[^]*1 instance, [^]*GROUP +AE TITLE[^]*CLARA/.test(seen));
  await call('stop');
  expect((await watching).exitCode).toBe(3);
});
