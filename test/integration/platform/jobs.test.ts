import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { fromTimestamp, toTimestamp } from '../../../src/core/time.ts';
import { JobPriority, JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { jobToo } from '../../../src/api/extensions.ts';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { openDatabase } from '../../../src/system/database/sqlite.ts';
import { startServer, type TestServer } from '../../helpers/platform.ts';
import { all, clients, definition, failure, oneStep, register, type Clients } from './helpers.ts';

let server: TestServer;
let platform: Clients;
let pipelineId: { value: string };

beforeEach(async () => {
  server = await startServer();
  platform = clients(server);
  pipelineId = await register(platform, oneStep);
});

const create = (more: object = {}) => platform.jobs.create({ pipelineId, name: 'job', ...more });
const stopped = async (jobId: { value: string } | undefined) => {
  await expect.poll(async () => (await platform.jobs.status({ jobId })).state, { timeout: 30_000 }).toBe(JobState.JOB_STATE_STOPPED);
  return platform.jobs.status({ jobId });
};
const put = (payloadId: { value: string } | undefined, name: string, data = 'x') =>
  platform.payloads.upload([{ payloadId, details: { name, mode: 0, size: 0 }, data: Buffer.from(data) }]);
const names = async (payloadId: { value: string } | undefined) =>
  (await all(platform.payloads.details({ payloadId }))).flatMap(({ file }) => (file === undefined ? [] : [file.name])).sort();

describe('create', () => {
  test('a new job is pending and healthy, of normal priority, with a payload of its own', async () => {
    const before = Date.now();
    const { jobId, payloadId } = await create({ name: 'head scan 1' });
    expect(jobId!.value).toMatch(/^[0-9a-f]{32}$/);
    const status = await platform.jobs.status({ jobId });
    expect(status).toMatchObject({
      jobId, payloadId, pipelineId, name: 'head scan 1', priority: JobPriority.JOB_PRIORITY_NORMAL,
      state: JobState.JOB_STATE_PENDING, status: JobStatus.JOB_STATUS_HEALTHY, started: undefined, stopped: undefined,
      operatorDetails: [{ name: 'step', status: 1, started: undefined, stopped: undefined }],
      dag: [{ name: 'step', inputDependencies: [], orderDependencies: [] }],
    });
    const created = fromTimestamp(status.created)!;
    expect(created).toBeGreaterThanOrEqual(before - 1000);
    expect(created).toBeLessThanOrEqual(Date.now());
    expect(status.timestampCreated).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/);
    const [details] = await all(platform.payloads.details({ payloadId }));
    expect(details).toMatchObject({ type: 1, jobId });
  });

  test.each(['', ' x', 'x ', 'a  b', 'a/b', 'a\nb', 'ä', 'x'.repeat(256), 'a\tb', 'x;rm'])('the name %j is refused, and says what is valid', async (name) => {
    const thrown = await failure(create({ name }));
    expect(thrown).toMatchObject({ wireCode: WireCode.invalidJobName, hint: expect.stringContaining('1 to 255') as unknown });
    expect(await all(platform.jobs.list({}))).toEqual([]);
  });

  test.each(['a', 'spleenjob', 'test job', 'A_b-c.1', 'x'.repeat(255)])('the name %j is accepted', async (name) => {
    await create({ name });
  });

  test('an unknown priority is refused, the four known ones are kept', async () => {
    expect(await failure(create({ priority: 7 }))).toMatchObject({ wireCode: WireCode.jobStore });
    for (const priority of [1, 2, 3, 4] as const) {
      const { jobId } = await create({ priority });
      expect((await platform.jobs.status({ jobId })).priority).toBe(priority);
    }
  });

  test('pipeline ids have the pipeline codes', async () => {
    expect(await failure(create({ pipelineId: { value: 'x' } }))).toMatchObject({ wireCode: WireCode.invalidPipelineId });
    expect(await failure(create({ pipelineId: { value: '0'.repeat(32) } }))).toMatchObject({ wireCode: WireCode.missingPipeline });
    expect(await failure(create({ pipelineId: undefined }))).toMatchObject({ wireCode: WireCode.invalidPipelineId });
  });

  test('duplicate metadata keys create nothing', async () => {
    expect(await failure(create({ metadata: { a: '1', A: '2' } }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await all(platform.jobs.list({}))).toEqual([]);
  });

  test('reusable payloads are copied into the input folder, their links are not', async () => {
    const first = (await platform.payloads.create({})).payloadId;
    const second = (await platform.payloads.create({})).payloadId;
    await put(first, 'a/one', '1');
    await put(second, 'a/two', '2');
    symlinkSync('/etc/passwd', join(server.home, 'payloads', first!.value, 'link'));
    const { payloadId } = await create({ inputPayloads: [first, second] });
    expect(await names(payloadId)).toEqual(['/input/a/one', '/input/a/two']);
    // They are copies: the originals may change.
    await put(first, 'a/one', 'changed');
    const [message] = await all(platform.payloads.download({ payloadId, name: '/input/a/one' }));
    expect(message!.data.toString()).toBe('1');
  });

  test('colliding, missing and foreign input payloads create nothing', async () => {
    const first = (await platform.payloads.create({})).payloadId!;
    const second = (await platform.payloads.create({})).payloadId!;
    await put(first, 'same');
    await put(second, 'same');
    const job = await create();
    expect(await failure(create({ inputPayloads: [first, second] }))).toMatchObject({ wireCode: WireCode.createPayloadFailed, message: expect.stringContaining('/same') as unknown });
    expect(await failure(create({ inputPayloads: [{ value: '0'.repeat(32) }] }))).toMatchObject({ wireCode: WireCode.missingPayload });
    expect(await failure(create({ inputPayloads: [{ value: 'x' }] }))).toMatchObject({ wireCode: WireCode.invalidPayloadId });
    expect(await failure(create({ inputPayloads: [job.payloadId] }))).toMatchObject({ wireCode: WireCode.createPayloadFailed });
    expect(await all(platform.jobs.list({}))).toHaveLength(1);
  });
});

describe('run', () => {
  test('a job runs to its end: states, times, outputs, logs', async () => {
    const id = await register(platform, definition('two', [
      { name: 'first', command: 'echo hello; cp /input/* /output/' },
      { name: 'second', after: ['first'], command: 'cat /in/first/* > /output/result' },
    ]));
    const { jobId, payloadId } = await create({ pipelineId: id });
    await put(payloadId, 'scan.txt', 'data');
    const answer = await platform.jobs.start({ jobId });
    expect([JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING]).toContain(answer.state);
    expect(answer).toMatchObject({ status: JobStatus.JOB_STATUS_HEALTHY, priority: JobPriority.JOB_PRIORITY_NORMAL });
    const status = await stopped(jobId);
    expect(status).toMatchObject({
      status: JobStatus.JOB_STATUS_HEALTHY,
      operatorDetails: [{ name: 'first', status: 3 }, { name: 'second', status: 3 }],
      dag: [{ name: 'first', inputDependencies: [] }, { name: 'second', inputDependencies: [{ name: 'first' }] }],
    });
    expect(fromTimestamp(status.stopped)).toBeGreaterThanOrEqual(fromTimestamp(status.started)!);
    expect(await names(payloadId)).toEqual(['/input/scan.txt', '/operators/first/scan.txt', '/operators/second/result']);
    const [result] = await all(platform.payloads.download({ payloadId, name: './operators/second/result' }));
    expect(result!.data.toString()).toBe('data');
    const logs = await all(platform.jobs.readLogs({ jobId, operatorName: 'first' }));
    expect(logs[0]).toMatchObject({ jobId, operatorName: 'first' });
    expect(logs.flatMap(({ logs: lines }) => lines)).toContain('hello');
    const story = (await all(platform.jobs.readLogs({ jobId, operatorName: 'clara-pod-manager' }))).flatMap(({ logs: lines }) => lines);
    expect(story[0]).toMatch(/job job created$/);
    expect(story.at(-1)).toMatch(/job completed$/);
    expect(await failure(all(platform.jobs.readLogs({ jobId, operatorName: 'third' })))).toBeInstanceOf(Error);
  });

  test('from the start on the payload is read-only, and it cannot be deleted before the job has stopped', async () => {
    const id = await register(platform, definition('wait', [{ name: 'step', command: 'sleep 60' }]));
    const { jobId, payloadId } = await create({ pipelineId: id });
    await put(payloadId, 'a');
    expect(await failure(platform.payloads.delete({ payloadId }))).toMatchObject({ wireCode: WireCode.payloadDelete });
    await platform.jobs.start({ jobId });
    expect(await failure(put(payloadId, 'b'))).toMatchObject({ wireCode: WireCode.payloadUpload });
    expect(await failure(platform.payloads.remove({ payloadId, name: '/input/a' }))).toMatchObject({ wireCode: WireCode.deleteContents });
    expect(await failure(platform.payloads.delete({ payloadId }))).toMatchObject({ wireCode: WireCode.payloadDelete });
    expect(await failure(platform.pipelines.remove({ pipelineId: id }))).toMatchObject({ wireCode: WireCode.pipelineStore });
    expect(await failure(platform.jobs.start({ jobId }))).toMatchObject({ wireCode: WireCode.jobStart });
    const answer = await platform.jobs.cancel({ jobId, reason: 'enough' });
    expect(answer.jobId).toEqual(jobId);
    expect(await stopped(jobId)).toMatchObject({ status: JobStatus.JOB_STATUS_CANCELED, messages: [expect.stringContaining('enough')] });
    expect(await failure(platform.jobs.cancel({ jobId }))).toMatchObject({ wireCode: WireCode.jobCancel });
    expect(await failure(put(payloadId, 'b'))).toMatchObject({ wireCode: WireCode.payloadUpload });
    expect(await names(payloadId)).toEqual(['/input/a']);
    await platform.payloads.delete({ payloadId });
    expect(await failure(platform.payloads.delete({ payloadId }))).toMatchObject({ wireCode: WireCode.missingPayload });
    await platform.pipelines.remove({ pipelineId: id });
    // The job is still told, with its pipeline and its operators.
    expect(await platform.jobs.status({ jobId })).toMatchObject({ pipelineId: id, dag: [{ name: 'step' }] });
  });

  test('an upload that was begun before the start does not get in after it', async () => {
    const { jobId, payloadId } = await create();
    async function* slow() {
      yield { payloadId, details: { name: 'late', mode: 0, size: 0 }, data: Buffer.from('x') };
      await platform.jobs.start({ jobId });
    }
    expect(await failure(platform.payloads.upload(slow()))).toMatchObject({ wireCode: WireCode.payloadUpload });
    expect(await names(payloadId)).not.toContain('/input/late');
  });

  test('what an operator links to is not given away', async () => {
    const id = await register(platform, definition('links', [{ name: 'step', command: 'ln -s /etc/passwd /output/passwd; ln -s /etc /output/etc; ln -s ../../../../platform.db /output/db; echo fine > /output/real' }]));
    const { jobId, payloadId } = await create({ pipelineId: id });
    await platform.jobs.start({ jobId });
    await stopped(jobId);
    expect((await names(payloadId)).filter((name) => name !== '/operators/step/real')).toEqual([]);
    for (const name of ['/operators/step/passwd', '/operators/step/etc/passwd', '/operators/step/db', '/operators/step/DB']) {
      expect(await failure(all(platform.payloads.download({ payloadId, name }))), name).toMatchObject({ wireCode: WireCode.missingFile });
    }
  });

  test('variables reach the operators; a name that is declared nowhere is refused', async () => {
    const id = await register(platform, definition('vars', [{ name: 'step', command: 'echo "$GREETING ${{ WHOM }}"' }], 'parameters:\n  WHOM: nobody\nvariables:\n  GREETING: hi'));
    const { jobId } = await create({ pipelineId: id });
    expect(await failure(platform.jobs.start({ jobId, Variables: [{ name: 'NOPE', value: 'x' }] }))).toMatchObject({ wireCode: WireCode.invalidJobVariable });
    expect((await platform.jobs.status({ jobId })).state).toBe(JobState.JOB_STATE_PENDING);
    await platform.jobs.start({ jobId, Variables: [{ name: 'WHOM', value: 'world' }, { name: 'GREETING', value: 'hello' }] });
    await stopped(jobId);
    const logs = (await all(platform.jobs.readLogs({ jobId, operatorName: 'step' }))).flatMap(({ logs: lines }) => lines);
    expect(logs).toContain('hello world');
  });

  test('a job runs the definition it was created from, also after an update', async () => {
    const id = await register(platform, definition('v', [{ name: 'step', command: 'echo one' }]));
    const { jobId } = await create({ pipelineId: id });
    await platform.pipelines.update([{ pipelineId: id, definition: { path: 'p', content: definition('v', [{ name: 'other', command: 'echo two' }]) } }]);
    await platform.jobs.start({ jobId });
    expect(await stopped(jobId)).toMatchObject({ operatorDetails: [{ name: 'step' }] });
    const later = await create({ pipelineId: id });
    expect(await platform.jobs.status({ jobId: later.jobId })).toMatchObject({ operatorDetails: [{ name: 'other' }], dag: [{ name: 'other' }] });
  });

  test('a log that does not end is followed until the caller goes away', async () => {
    const id = await register(platform, definition('wait', [{ name: 'step', command: 'echo begun; sleep 60' }]));
    const { jobId } = await create({ pipelineId: id });
    await platform.jobs.start({ jobId });
    for (const operatorName of ['step', 'clara-pod-manager']) {
      const abort = new AbortController();
      const lines: string[] = [];
      await failure((async () => {
        for await (const { logs } of platform.jobs.readLogs({ jobId, operatorName }, { metadata: { 'clara-follow': 'true' }, signal: abort.signal, timeoutMs: 0 })) {
          lines.push(...logs);
          if (lines.some((line) => line.includes('begun') || line.includes('operator step started'))) abort.abort();
        }
      })());
      expect(abort.signal.aborted, operatorName).toBe(true);
    }
  });
});

describe('list', () => {
  test('newest first, with every filter', async () => {
    const other = await register(platform, oneStep);
    const jobs = [];
    for (const name of ['a', 'b', 'c']) jobs.push(await create({ name, ...(name === 'b' ? { pipelineId: other } : {}) }));
    await platform.jobs.cancel({ jobId: jobs[0]!.jobId });
    const list = async (filter?: object) => (await all(platform.jobs.list({ filter: filter === undefined ? undefined : { hasState: [], hasStatus: [], pipelineId: [], completedBefore: undefined, createdAfter: undefined, ...filter } }))).map(({ jobDetails }) => jobDetails!.jobName);
    expect(await list()).toEqual(['c', 'b', 'a']);
    expect(await list({})).toEqual(['c', 'b', 'a']);
    expect(await list({ hasState: [1] })).toEqual(['c', 'b']);
    expect(await list({ hasState: [2, 3] })).toEqual(['a']);
    expect(await list({ hasStatus: [3] })).toEqual(['a']);
    expect(await list({ pipelineId: [other] })).toEqual(['b']);
    expect(await list({ pipelineId: [other, pipelineId], hasState: [3] })).toEqual(['a']);
    expect(await list({ completedBefore: toTimestamp(Date.now() + 60_000) })).toEqual(['a']);
    expect(await list({ completedBefore: toTimestamp(Date.now() - 60_000) })).toEqual([]);
    expect(await list({ createdAfter: toTimestamp(Date.now() - 60_000) })).toEqual(['c', 'b', 'a']);
    expect(await list({ createdAfter: toTimestamp(Date.now() + 60_000) })).toEqual([]);
    expect(await failure(list({ pipelineId: [{ value: 'x' }] }))).toMatchObject({ wireCode: WireCode.invalidPipelineId });
    const [first] = await all(platform.jobs.list({}));
    expect(first!.jobDetails).toMatchObject({ jobId: jobs[2]!.jobId, payloadId: jobs[2]!.payloadId, pipelineId, started: undefined });
  });
});

test('job ids: malformed and unknown', async () => {
  for (const call of [platform.jobs.status, platform.jobs.start, platform.jobs.cancel, platform.jobs.addMetadata, platform.jobs.removeMetadata]) {
    expect(await failure(call({ jobId: { value: 'x' } }))).toMatchObject({ wireCode: WireCode.invalidJobId });
    expect(await failure(call({ jobId: { value: 'f'.repeat(32) } }))).toMatchObject({ wireCode: WireCode.missingJob });
  }
  expect(await failure(all(platform.jobs.readLogs({ jobId: { value: '' }, operatorName: 'x' })))).toMatchObject({ wireCode: WireCode.invalidJobId });
});

test('folders of payloads that nobody knows are swept at start', async () => {
  await server.stop();
  const orphan = join(server.home, 'payloads', 'a'.repeat(32));
  mkdirSync(join(orphan, 'input'), { recursive: true });
  writeFileSync(join(server.home, 'payloads/.incoming/left'), 'half');
  const next = await startServer({ home: server.home });
  expect(await failure(all(clients(next).payloads.details({ payloadId: { value: 'a'.repeat(32) } })))).toMatchObject({ wireCode: WireCode.missingPayload });
  expect(() => mkdirSync(orphan)).not.toThrow();
});

test('a job is deleted with its payload, or neither is', async () => {
  const { jobId, payloadId } = await create();
  await put(payloadId, 'a');
  await platform.jobs.cancel({ jobId });
  await stopped(jobId);
  const remove = () => platform.payloads.delete({ payloadId }, { metadata: { [jobToo.key]: jobToo.value } });
  const db = openDatabase(join(server.home, 'platform.db'));
  db.exec("CREATE TRIGGER refuse BEFORE DELETE ON payloads BEGIN SELECT raise(ABORT, 'refused by the test'); END");
  expect(await failure(remove())).toMatchObject({ kind: 'failed' });
  expect(await platform.jobs.status({ jobId })).toMatchObject({ payloadId, state: JobState.JOB_STATE_STOPPED });
  expect(await names(payloadId)).toEqual(['/input/a']);
  db.exec('DROP TRIGGER refuse');
  db.close();
  await remove();
  expect(await failure(platform.jobs.status({ jobId }))).toMatchObject({ kind: 'not-found' });
  expect(await failure(names(payloadId))).toMatchObject({ kind: 'not-found' });
});
