import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { Connection } from '../../../src/api/client.ts';
import { listPayload } from '../../../src/actions/transfer/payload-files.ts';
import { openAssociation } from '../../../src/dicom/net/scu/open.ts';
import { DicomFile } from '../../../src/dicom/part10/file.ts';
import { implementationClassUid } from '../../../src/dicom/uids/implementation.ts';
import { createPipeline, ct, eventually, explicitLe, instance, listJobs, send, settingsFor, startTestAdapter } from '../../helpers/adapter.ts';
import { freePort } from '../../helpers/dicom-net.ts';
import { serverHome, startServer } from '../../helpers/platform.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';
import { tempDir } from '../../helpers/run.ts';

const definition = shellOperators({ look: 'ls -R /input > /output/list' });
const nobody = '127.0.0.1:1';
const stopped = 3;

test('a study becomes one job for each pipeline, named and described as documented', async () => {
  const { target, connection } = await startServer();
  const id = await createPipeline(connection, definition);
  const { port, files } = await startTestAdapter(settingsFor({ one: id, two: id }, {
    title: '        processor-settings: { priority: immediate }', more: 'services: { platform: { upload-metadata: true, metadata-dicom-source: ["0010,0020", "0020,000E", "0008,1030"] } }',
  }), target);
  expect(await send(port, [instance('1.2.3.1'), instance('1.2.3.2', { series: '1.2.4' })])).toEqual([0, 0]);
  const jobs = await eventually(async () => (await listJobs(connection)).filter(({ state }) => state === stopped).length === 2 && listJobs(connection));
  expect(jobs.map(({ name, priority, status }) => [name.replace(/\d{14}$/, 'TIME'), priority, status]).toSorted()).toEqual([['clara-one-TIME', 4, 1], ['clara-two-TIME', 4, 1]]);
  for (const { payload, metadata } of jobs) {
    expect(metadata).toEqual({ Source: 'CLARA (AE Title Job Processor)', Instances: '2', Submission: expect.stringMatching(/^[0-9a-f]{32}$/) as string, '00100020': 'P1', '0020000E-0': '1.2.3', '0020000E-1': '1.2.4' });
    const listed = (await listPayload(connection, payload)).files.map(({ name }) => name).filter((name) => name.startsWith('/input/')).toSorted();
    expect(listed).toEqual(['/input/dcm/P1/1.2/1.2.3/1.2.3.1.dcm', '/input/dcm/P1/1.2/1.2.4/1.2.3.2.dcm']);
  }
  await eventually(async () => files().length === 0);
});

test('stores bit for bit, with a header of our own, and never logs who the patient is', async () => {
  const { port, files, home, lines } = await startTestAdapter(settingsFor({ one: '0'.repeat(32) }, { timeout: 600 }), nobody);
  const sent = instance('1.2.3.1', { patient: 'Secret-Id', bytes: 3_000_001 });
  expect(await send(port, [sent])).toEqual([0]);
  const [name] = files();
  const path = join(home, 'dicom', 'instances', name!);
  const file = await DicomFile.open(path);
  expect(file.meta).toMatchObject({ sopClass: ct, sopInstance: '1.2.3.1', transferSyntax: explicitLe, sendingAe: 'TEST', receivingAe: 'CLARA' });
  const bytes = readFileSync(path);
  expect(bytes.subarray(-file.dataSetBytes).equals([...sent.data as Iterable<Buffer>][0]!)).toBe(true);
  expect(bytes.includes(implementationClassUid)).toBe(true);
  await file.close();
  expect(lines.join('')).not.toMatch(/Secret/);
});

test('answers as documented', async () => {
  const ignored = '1.2.840.10008.5.1.4.1.1.7';
  const { port, files, lines } = await startTestAdapter(settingsFor({ one: '0'.repeat(32) }, { timeout: 600, title: `        ignored-sop-classes: ["${ignored}"]` }), nobody);
  const processingFailure = 0x0110;
  expect(await send(port, [
    instance('1.1', { patient: null }), instance('1.2', { study: null }), instance('1.3', { series: null }), instance('1.4', { study: '' }),
    instance('1.5', { sopClass: ignored }), instance('1.6', { sopClass: ignored, patient: null }), instance('1.7', { patient: '' }), instance('1.8', { patient: '../../x' }), instance('1.8', { patient: '../../x' }),
  ])).toEqual([processingFailure, processingFailure, processingFailure, processingFailure, 0, processingFailure, 0, 0, 0]);
  expect(files()).toHaveLength(2);
  const told = lines.map((line) => JSON.parse(line) as { msg: string; status?: string; why?: string }).filter(({ msg }) => msg === 'an instance is not stored');
  expect(told.map(({ status, why }) => `${status} ${why}`)).toEqual(['0110 0010,0020 is missing', '0110 0020,000D is missing', '0110 0020,000E is missing', '0110 0020,000D is missing', '0110 0010,0020 is missing']);
});

test('refuses while the disk is too full', async () => {
  const { port } = await startTestAdapter(`${settingsFor({ one: '0'.repeat(32) }, { timeout: 600 }).replace('reserve-space-gb: 0', 'reserve-space-gb: 1000000')}`, nobody);
  await expect(send(port, [instance('1.1')])).rejects.toThrow(/no reason given/);
});

test('overwrites only where that is wished', async () => {
  for (const [overwrite, bytes] of [[false, 100], [true, 200]] as const) {
    const { port, files, home } = await startTestAdapter(settingsFor({ one: '0'.repeat(32) }, { timeout: 600, title: `        overwrite-same-instance: ${overwrite}` }), nobody);
    expect(await send(port, [instance('1.1', { bytes: 100 }), instance('1.1', { bytes: 200 })])).toEqual([0, 0]);
    expect(files()).toHaveLength(1);
    const file = await DicomFile.open(join(home, 'dicom', 'instances', files()[0]!));
    expect([...instance('1.1', { bytes }).data as Iterable<Buffer>][0]!.length).toBe(file.dataSetBytes);
    await file.close();
  }
});

test('an association that is aborted keeps what was acknowledged, and its time-out of 0 ends with it', async () => {
  const { target, connection } = await startServer();
  const id = await createPipeline(connection, definition);
  const { port, files } = await startTestAdapter(settingsFor({ one: id }, { timeout: 0 }), target);
  const association = await openAssociation({ host: '127.0.0.1', port, calledAe: 'CLARA', callingAe: 'TEST', contexts: [{ abstractSyntax: ct, transferSyntaxes: [explicitLe] }] });
  expect((await association.store(instance('1.1'))).status).toBe(0);
  expect((await association.store(instance('1.2', { study: '9.9' }))).status).toBe(0);
  const torn = instance('1.3', { bytes: 2_000_000 });
  const half = [...torn.data as Iterable<Buffer>][0]!.subarray(0, 1_000_000);
  const sending = association.store({ ...torn, data: (async function* () { yield half; yield half; await new Promise(() => undefined); })() });
  sending.catch(() => undefined);
  await eventually(async () => files().some((name) => name.endsWith('.part')));
  association.abort();
  const [job] = await eventually(async () => { const jobs = await listJobs(connection); return jobs.length > 0 && jobs; });
  expect(job!.metadata.Instances).toBe('2');
  await eventually(async () => files().length === 0);
  expect(await listJobs(connection)).toHaveLength(1);
});

test('a platform that is away for a while gets every job once', async () => {
  const home = serverHome();
  const first = await startServer({ home });
  const id = await createPipeline(first.connection, definition);
  await first.stop();
  const port = Number(first.target.split(':')[1]);
  const { port: dicom, lines } = await startTestAdapter(settingsFor({ one: id }, { title: '        processor-settings: { jobRetryDelay: 200 }' }), first.target);
  expect(await send(dicom, [instance('1.1')])).toEqual([0]);
  await eventually(async () => lines.some((line) => line.includes('could not be submitted yet')));
  await startServer({ home, args: ['--port', String(port)] });
  const connection = new Connection({ target: first.target });
  const [job] = await eventually(async () => { const jobs = await listJobs(connection).catch(() => []); return jobs.some(({ state }) => state === stopped) && jobs; });
  expect([job!.status, (await listJobs(connection)).length]).toEqual([1, 1]);
  connection.close();
});

test('an adapter that ends before its group is complete goes on with it, and sweeps away what nobody wants', async () => {
  const { target, connection } = await startServer();
  const id = await createPipeline(connection, definition);
  const home = tempDir();
  const first = await startTestAdapter(settingsFor({ one: id }, { timeout: 600 }), target, home);
  expect(await send(first.port, [instance('1.1')])).toEqual([0]);
  await first.adapter.close();
  for (const name of [`${'a'.repeat(32)}.dcm`, `${'b'.repeat(32)}.dcm.part`]) writeFileSync(join(home, 'dicom', 'instances', name), 'x');
  writeFileSync(join(home, 'dicom', 'instances', 'note.txt'), 'of the user');
  const second = await startTestAdapter(settingsFor({ one: id }), target, home);
  const [job] = await eventually(async () => { const jobs = await listJobs(connection); return jobs.some(({ state }) => state === stopped) && jobs; });
  expect(job).toMatchObject({ status: 1, metadata: { Instances: '1' } });
  await eventually(async () => second.files().join() === 'note.txt');
});

test('a job that was created without our learning of it is found again', async () => {
  const { target, connection } = await startServer();
  const id = await createPipeline(connection, definition);
  const home = tempDir();
  const first = await startTestAdapter(settingsFor({ one: id }), target, home);
  await send(first.port, [instance('1.1')]);
  await eventually(async () => (await listJobs(connection)).length === 1);
  await eventually(async () => first.files().length === 0);
  await first.adapter.close();
  // As a crash between the platform's answer and our writing it down leaves it.
  const { openAdapterStore } = await import('../../../src/dicom/store/store.ts');
  const store = openAdapterStore(join(home, 'dicom', 'dicom.db'));
  store.db.exec("UPDATE groups SET state = 'closed'; UPDATE submissions SET state = 'queued', creating = 1, job_id = NULL, payload_id = NULL; DELETE FROM instances");
  store.db.close();
  const { lines } = await startTestAdapter(settingsFor({ one: id }), target, home);
  await eventually(async () => lines.some((line) => line.includes('"job"')));
  expect(await listJobs(connection)).toHaveLength(1);
});

test('a pipeline that does not exist faults its submission alone, whose instances are kept', async () => {
  const { target, connection } = await startServer();
  const id = await createPipeline(connection, definition);
  const { port, lines, files } = await startTestAdapter(settingsFor({ good: id, bad: '0'.repeat(32) }, { more: 'services: { platform: { max-retries: 1, retry-delay-seconds: 0 } }' }), target);
  await send(port, [instance('1.1')]);
  await eventually(async () => lines.some((line) => line.includes('is given up')));
  await eventually(async () => (await listJobs(connection)).length === 1);
  expect(files()).toHaveLength(1);
});

test('a clock that jumps back changes nothing but the times that are told', async () => {
  const { target, connection } = await startServer();
  const id = await createPipeline(connection, definition);
  const { port, lines } = await startTestAdapter(settingsFor({ one: id }), target);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => { vi.useRealTimers(); });
  expect(await send(port, [instance('1.1')])).toEqual([0]);
  vi.setSystemTime(new Date('2001-02-03T04:05:06Z'));
  expect(await send(port, [instance('1.2')])).toEqual([0]);
  for (let turns = 0; turns < 500 && !lines.some((line) => line.includes('a job was started')); turns += 1) await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await listJobs(connection)).map(({ name, metadata }) => [name.slice(0, 18), metadata.Instances])).toEqual([['clara-one-20010203', '2']]);
});

test('a settings file with errors keeps it from starting, with all of them', async () => {
  const home = tempDir();
  await expect(startTestAdapter('dicom: { scp: { port: x, prot: 1 } }', nobody, home)).rejects.toMatchObject({ kind: 'usage', details: [expect.stringContaining('port: must be'), expect.stringContaining('did you mean `port`')] });
  expect(existsSync(join(home, 'dicom'))).toBe(false);
});

test('a port that is taken is explained', async () => {
  const port = await freePort();
  const yaml = settingsFor({ one: '0'.repeat(32) });
  const first = await startTestAdapter(yaml, nobody);
  expect(port).toBeGreaterThan(0);
  const home = tempDir();
  writeFileSync(join(home, 's.yaml'), yaml.replace('  scp:', `  scp:\n    port: ${first.port}`));
  const { startAdapter } = await import('../../../src/dicom/adapter.ts');
  const { createLog } = await import('../../../src/system/log.ts');
  await expect(startAdapter({
    claraHome: home, home, file: join(home, 's.yaml'), listen: '127.0.0.1', port: undefined, restListen: '127.0.0.1', restPort: 0, tls: undefined, verbose: false,
    platform: { named: nobody, injected: undefined, usual: nobody, timeoutMs: 1000, tlsCa: undefined, token: undefined },
  }, createLog({ level: 'silent' }))).rejects.toMatchObject({ message: expect.stringContaining('in use') as string, hint: expect.stringContaining('--port') as string });
});
