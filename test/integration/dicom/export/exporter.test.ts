import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ResultsClient } from '../../../../src/api/results/client.ts';
import { splitAddress } from '../../../../src/core/addresses.ts';
import { type ResultTask } from '../../../../src/core/results.ts';
import { Exporter, type ExporterOptions } from '../../../../src/dicom/export/exporter.ts';
import { type Outcome } from '../../../../src/dicom/export/outcome.ts';
import { ResultsAccess } from '../../../../src/dicom/export/results-access.ts';
import { openAdapterStore } from '../../../../src/dicom/store/store.ts';
import { createLog } from '../../../../src/system/log.ts';
import { eventually } from '../../../helpers/adapter.ts';
import { until } from '../../../helpers/files.ts';
import { startServer, type TestServer } from '../../../helpers/platform.ts';
import { tempDir } from '../../../helpers/run.ts';

/** An exporter whose deliveries are the test's. It ends with the test. */
function startExporter(server: TestServer, deliver: ExporterOptions['deliver'], more: Partial<ExporterOptions> & { readonly home?: string } = {}) {
  const store = openAdapterStore(join(more.home ?? tempDir(), 'dicom.db'));
  const endpoint = { kind: 'network', ...splitAddress(server.ready.results!) } as const;
  const exporter = new Exporter({
    agent: 'ClaraSCU', store: store.exports, results: new ResultsAccess(() => Promise.resolve(endpoint), 2000), deliver, atOnce: 8, pollMs: 20, maximumRetries: 3, retryDelayMs: 0, hasRoom: () => true,
    log: createLog({ level: 'silent' }), ...more,
  });
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= exporter.close().then(() => store.db.close()));
  onTestFinished(close);
  return { exporter, store, close };
}

async function place(args: readonly string[] = []) {
  const server = await startServer({ args: ['--results-port', '0', ...args] });
  const results = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 5000);
  const register = () => results.register('ClaraSCU', { pipelineId: '1'.repeat(32), jobId: '2'.repeat(32), payloadId: '3'.repeat(32), uris: ['a'] });
  const ended = (id: string) => eventually(async () => {
    const task = await results.get(id);
    return task.state !== 'Pending' && task.state !== 'InProgress' && task;
  });
  return { server, results, register, ended };
}

const delivered: Outcome = { kind: 'delivered', failures: 0 };

test('waits while the disk is full, and goes on by itself', async () => {
  const { server, register, ended, results } = await place();
  let hasRoom = false;
  const { exporter } = startExporter(server, () => Promise.resolve(delivered), { hasRoom: () => hasRoom });
  const task = await register();
  await until(() => exporter.state.paused === 'disk');
  expect((await results.get(task)).state).toBe('Pending');
  hasRoom = true;
  expect(await ended(task)).toMatchObject({ state: 'Succeeded' });
  expect(exporter.state.paused).toBeUndefined();
});

test('what cannot be fetched now is no attempt', async () => {
  const { server, register, ended } = await place();
  let attempts = 0;
  startExporter(server, () => Promise.resolve((attempts += 1) < 3 ? { kind: 'not now', why: 'the platform is down' } : delivered));
  expect(await ended(await register())).toMatchObject({ state: 'Succeeded', retries: 0 });
  expect(attempts).toBe(3);
});

test('a task that is handed out again while it is being delivered is delivered once', async () => {
  const { server, register, ended, results } = await place(['--results-lease', '1']);
  const started: string[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => { release = resolve; });
  startExporter(server, async (task) => { started.push(task.taskId); await released; return delivered; });
  const task = await register();
  await until(() => started.length === 1);
  const { updated } = await results.get(task);
  await eventually(async () => (await results.get(task)).updated > updated);
  release();
  expect(await ended(task)).toMatchObject({ state: 'Succeeded', retries: 0 });
  expect(started).toEqual([task]);
});

test('a task whose exporter is gone for good goes to another one after the lease', async () => {
  const { server, register, ended, results } = await place(['--results-lease', '1']);
  const task = await register();
  expect(await results.take('ClaraSCU', 10)).toHaveLength(1);
  startExporter(server, () => Promise.resolve(delivered));
  expect(await ended(task)).toMatchObject({ state: 'Succeeded', retries: 0 });
});

test('stopped and started again: what was in hand goes on at once; what was done meanwhile does not', async () => {
  const { server, register, ended, results } = await place();
  const home = tempDir();
  const hang = (_task: ResultTask, signal: AbortSignal) => new Promise<Outcome>((_, reject) => { signal.addEventListener('abort', () => reject(new Error('aborted'))); });
  const first = startExporter(server, hang, { home });
  const [one, two] = [await register(), await register()];
  await until(() => first.store.exports.held('ClaraSCU').length === 2);
  await first.close();
  expect((await results.get(one)).state).toBe('InProgress');
  await results.failed(two, false);
  const again: string[] = [];
  const second = startExporter(server, (task) => { again.push(task.taskId); return Promise.resolve(delivered); }, { home });
  expect(await ended(one)).toMatchObject({ state: 'Succeeded', retries: 0 });
  await until(() => second.store.exports.held('ClaraSCU').length === 0);
  expect(again).toEqual([one]);
  expect((await results.get(two)).state).toBe('Failed');
});

test('the Results Service goes down and comes back: nothing is taken for "nothing to do", and no report is lost', async () => {
  const { server, register } = await place();
  const [grpc, rest] = [server.target, server.ready.results!].map((address) => String(splitAddress(address).port));
  const deliveries: string[] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => { release = resolve; });
  const { exporter, store } = startExporter(server, async (task) => { deliveries.push(task.taskId); await released; return delivered; });
  const [task] = [await register()];
  await until(() => deliveries.length === 1);
  await server.kill();
  release();
  await until(() => exporter.state.problem !== undefined);
  expect(exporter.state.problem).toMatch(/cannot be reached/);
  await until(() => store.exports.held('ClaraSCU')[0]?.verdict === 'succeeded');
  const back = await startServer({ home: server.home, args: ['--port', grpc!, '--results-port', rest!] });
  const results = new ResultsClient({ kind: 'network', ...splitAddress(back.ready.results!) }, 5000);
  await eventually(async () => (await results.get(task!)).state === 'Succeeded');
  await until(() => exporter.state.problem === undefined, 40);
  expect(deliveries).toEqual([task]);
  expect(store.exports.held('ClaraSCU')).toEqual([]);
}, 60_000);

test('a task that the service has forgotten is let go', async () => {
  const { server } = await place();
  const task: ResultTask = { taskId: randomUUID(), jobId: '2'.repeat(32), pipelineId: '1'.repeat(32), payloadId: '3'.repeat(32), parameters: null, state: 'Pending', retries: 0, agent: 'ClaraSCU', uris: [] };
  const home = tempDir();
  const store = openAdapterStore(join(home, 'dicom.db'));
  store.exports.take('ClaraSCU', task, 1);
  store.exports.decide(task.taskId, 'succeeded', undefined, 1);
  store.db.close();
  const { store: after } = startExporter(server, () => Promise.resolve(delivered), { home });
  await until(() => after.exports.held('ClaraSCU').length === 0);
});

test('a pause before each new attempt, if that is wished; others do not wait for it', async () => {
  const { server, register, ended, results } = await place();
  let [isDown, attempts] = [true, 0];
  const first = await register();
  const { store } = startExporter(server, (task) => {
    if (task.taskId !== first) return Promise.resolve(delivered);
    attempts += 1;
    return Promise.resolve(isDown ? { kind: 'undelivered', why: 'down' } : delivered);
  }, { atOnce: 1, retryDelayMs: 1500 });
  await until(() => attempts === 1);
  expect(await ended(await register())).toMatchObject({ state: 'Succeeded' });
  expect(store.exports.counts()).toMatchObject({ inProgress: 0, retrying: 1 });
  expect((await results.get(first)).state).toBe('InProgress');
  isDown = false;
  expect(await ended(first)).toMatchObject({ state: 'Succeeded', retries: 1 });
  expect(attempts).toBe(2);
});

/** Hears of a report only when the task has been handed out again. */
class LateClient extends ResultsClient {
  override async failed(taskId: string, retryLater: boolean): Promise<void> {
    await super.failed(taskId, retryLater);
    if (retryLater) await eventually(async () => (await this.get(taskId)).state === 'InProgress');
  }
}

class LateAccess extends ResultsAccess {
  readonly #client: ResultsClient;

  constructor(client: ResultsClient) {
    super(() => Promise.reject(new Error('not asked')), 0);
    this.#client = client;
  }

  override ask<Answer>(question: (client: ResultsClient) => Promise<Answer>): Promise<Answer> {
    return question(this.#client);
  }
}

test('a task that comes back before its report is answered has all of its attempts', async () => {
  const { server, register, ended } = await place();
  const attempts: number[] = [];
  const client = new LateClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 5000);
  startExporter(server, ({ retries }) => {
    attempts.push(retries);
    return Promise.resolve({ kind: 'undelivered', why: 'refused' });
  }, { results: new LateAccess(client) });
  expect(await ended(await register())).toMatchObject({ state: 'Failed', retries: 3 });
  expect(attempts).toEqual([0, 1, 2, 3]);
});
