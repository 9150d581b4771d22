import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { followJob } from '../../../src/actions/follow-job.ts';
import { followLog, lastLines } from '../../../src/actions/job-logs.ts';
import { submitJob } from '../../../src/actions/submit-job.ts';
import { defaultTuning } from '../../../src/actions/transfer/progress.ts';
import { planUpload } from '../../../src/actions/transfer/upload-plan.ts';
import { waitForJob } from '../../../src/actions/wait-for-job.ts';
import { Connection } from '../../../src/api/client.ts';
import { type JobOperatorStatus, JobPriority, JobsStatusResponse, type JobsCreateRequest, type JobsStartRequest } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { type ServiceHandlers } from '../../../src/api/server.ts';
import { JobsService, PayloadsService } from '../../../src/api/services.ts';
import { ClaraError } from '../../../src/core/errors.ts';
import { serve, startGrpcServer } from '../../helpers/grpc-server.ts';
import { tempDir } from '../../helpers/run.ts';

const id = 'a'.repeat(32);

async function connect(jobs: Partial<ServiceHandlers<typeof JobsService>>, payloads: Partial<ServiceHandlers<typeof PayloadsService>> = {}): Promise<Connection> {
  const connection = new Connection({ target: await startGrpcServer([serve(JobsService, jobs), serve(PayloadsService, payloads)]) });
  onTestFinished(() => connection.close());
  return connection;
}

/** `pending`, `running`, `stopped` with the operators' statuses as digits: `running 31` is completed, pending. */
function status(text: string): JobsStatusResponse {
  const [state, operators = ''] = text.split(' ') as [string, string?];
  return JobsStatusResponse.fromPartial({
    jobId: { value: id }, state: ['pending', 'running', 'stopped'].indexOf(state) + 1 as 1, status: 1,
    operatorDetails: [...operators].map((digit, index) => ({ name: `op${index}`, status: Number(digit) as JobOperatorStatus })),
  });
}

/** Answers with these in turn, then with the last one again and again. */
function inTurn(...texts: string[]): () => JobsStatusResponse {
  let turn = 0;
  return () => status(texts[Math.min(turn++, texts.length - 1)]!);
}

describe('submitJob', () => {
  test('an interruption while the job is being started: the caller learns that it was', async () => {
    const interruption = new AbortController();
    const connection = await connect({
      create: () => ({ jobId: { value: id }, payloadId: { value: 'b'.repeat(32) } }),
      start: async () => {
        interruption.abort(new ClaraError('interrupted', 'interrupted'));
        await new Promise((resolve) => { setImmediate(resolve); });
        return { state: 1, status: 1, priority: 2 };
      },
    });
    expect(await submitJob(connection, { pipelineId: id, name: 'x', priority: 2, start: true }, { ...defaultTuning, signal: interruption.signal })).toMatchObject({ jobId: id, started: { state: 1 } });
  });

  test('an interruption while the job is being created: the caller learns its id, and nothing follows', async () => {
    const interruption = new AbortController();
    const seen: unknown[] = [];
    const connection = await connect({
      create: async () => {
        interruption.abort(new ClaraError('interrupted', 'interrupted'));
        // The answer leaves after the interruption has reached the caller's side.
        await new Promise((resolve) => { setImmediate(resolve); });
        return { jobId: { value: id }, payloadId: { value: 'b'.repeat(32) } };
      },
      start: () => { seen.push('start'); return {}; },
    });
    await expect(submitJob(connection, { pipelineId: id, name: 'x', priority: 2, start: true }, { ...defaultTuning, signal: interruption.signal, onCreated: (job) => seen.push(job) }))
      .rejects.toMatchObject({ kind: 'interrupted' });
    expect(seen).toEqual([{ jobId: id, payloadId: 'b'.repeat(32) }]);
  });

  async function platform() {
    const seen: string[] = [];
    let created: JobsCreateRequest | undefined;
    let started: JobsStartRequest | undefined;
    const connection = await connect({
      create: (request) => {
        created = request;
        seen.push('create');
        return { jobId: { value: id }, payloadId: { value: 'b'.repeat(32) } };
      },
      start: (request) => {
        started = request;
        seen.push('start');
        return { state: 1, status: 1, priority: 3 };
      },
    }, {
      async upload(requests) {
        for await (const { payloadId, details } of requests) seen.push(`upload ${details!.name} to ${payloadId!.value[0]!}`);
        return {};
      },
    });
    return { connection, seen, created: () => created, started: () => started };
  }

  test('creates, uploads and starts, in this order', async () => {
    const { connection, seen, created, started } = await platform();
    const root = tempDir();
    mkdirSync(join(root, 'in'));
    writeFileSync(join(root, 'in/a'), 'x');
    const job = await submitJob(connection, {
      pipelineId: 'c'.repeat(32), name: 'head', priority: JobPriority.JOB_PRIORITY_HIGHER, metadata: { k: 'v' }, inputPayloads: ['d'.repeat(32)],
      inputs: await planUpload([join(root, 'in')]), variables: new Map([['t', '300']]), start: true,
    }, { ...defaultTuning, onCreated: () => seen.push('told'), onUploaded: () => seen.push('uploaded') });
    expect(seen).toEqual(['create', 'told', 'upload a to b', 'uploaded', 'start']);
    expect(job).toEqual({ jobId: id, payloadId: 'b'.repeat(32), started: { state: 1, status: 1, priority: 3 } });
    expect(created()).toMatchObject({ name: 'head', priority: 3, metadata: { k: 'v' }, pipelineId: { value: 'c'.repeat(32) }, inputPayloads: [{ value: 'd'.repeat(32) }] });
    expect(started()).toMatchObject({ jobId: { value: id }, Variables: [{ name: 't', value: '300' }] });
  });

  test('without start the job stays as created', async () => {
    const { connection, seen } = await platform();
    expect(await submitJob(connection, { pipelineId: id, name: 'x', priority: 2, start: false }, defaultTuning)).toEqual({ jobId: id, payloadId: 'b'.repeat(32) });
    expect(seen).toEqual(['create']);
  });
});

describe('waitForJob', () => {
  test('returns when the job has stopped, and tells of changes only', async () => {
    const connection = await connect({ status: inTurn('pending', 'pending', 'running 2', 'running 2', 'stopped 3') });
    const states: number[] = [];
    const last = await waitForJob(connection, id, { onChange: ({ state }) => { states.push(state); } });
    expect([states, last.state]).toEqual([[1, 2, 3], 3]);
  });

  test('gives up when its time is over', async () => {
    const connection = await connect({ status: inTurn('running') });
    await expect(waitForJob(connection, id, { timeoutMs: 100 })).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringContaining('it goes on') as string });
  });

  test('a platform that is away for a moment is waited for, one that never answered is not', async () => {
    const answer = inTurn('running', 'running', 'stopped');
    let asked = 0;
    const connection = await connect({
      status: (_request, { signal }) => {
        asked += 1;
        // The second call is never answered: the platform is on its way down.
        return asked === 2 ? new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new ClaraError('interrupted', 'gone')))) : answer();
      },
    });
    const impatient = new Connection({ target: connection.target, timeoutMs: 200 });
    onTestFinished(() => impatient.close());
    expect((await waitForJob(impatient, id)).state).toBe(3);
    expect(asked).toBeGreaterThan(3);
    const nobody = new Connection({ target: '127.0.0.1:1' });
    onTestFinished(() => nobody.close());
    await expect(waitForJob(nobody, id)).rejects.toMatchObject({ kind: 'unreachable' });
  });
});

describe('followJob', () => {
  test('tells what operators do, and nothing twice', async () => {
    const connection = await connect({ status: inTurn('pending 11', 'running 21', 'running 21', 'running 32', 'stopped 34') });
    const told: string[] = [];
    await followJob(connection, id, {
      onJob: ({ state }) => told.push(`job ${state}`),
      onOperator: ({ name, status: now }) => told.push(`${name} ${now}`),
    });
    expect(told).toEqual(['job 1', 'job 2', 'op0 2', 'op0 3', 'op1 2', 'op1 4', 'job 3']);
  });

  test('brings the logs of operators that have begun, complete before it returns', async () => {
    const connection = await connect({
      status: inTurn('running 21', 'stopped 31'),
      async *readLogs({ operatorName }) {
        yield { logs: [`${operatorName} one`, 'two'] };
        yield { logs: ['three'] };
      },
    });
    const lines: string[] = [];
    await followJob(connection, id, { onLog: async (operator, batch) => { lines.push(...batch.map((line) => `${operator}: ${line}`)); } });
    expect(lines).toEqual(['op0: op0 one', 'op0: two', 'op0: three']);
  });

  test('an abort ends it, and what hangs on it', async () => {
    const controller = new AbortController();
    const connection = await connect({
      status: inTurn('running 2'),
      async *readLogs(_request, { signal }) {
        yield { logs: ['x'] };
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
      },
    });
    await expect(followJob(connection, id, { signal: controller.signal, onLog: () => controller.abort() })).rejects.toMatchObject({ kind: 'interrupted' });
  });

  test('a log that fails is the failure', async () => {
    const connection = await connect({
      status: inTurn('running 2'),
      async *readLogs() { throw new ClaraError('not-found', 'no such operator', { wireCode: -0x2001 }); },
    });
    await expect(followJob(connection, id, { onLog: () => undefined })).rejects.toMatchObject({ kind: 'not-found', message: 'no such operator' });
  });
});

async function collect(batches: AsyncIterable<readonly string[]>): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of batches) lines.push(...batch);
  return lines;
}

describe('logs', () => {
  test('follow asks for it and ends with the operator', async () => {
    const asked: (string | undefined)[] = [];
    const connection = await connect({
      status: inTurn('stopped 3'),
      async *readLogs(_request, context) {
        asked.push(context.metadata('clara-follow'));
        yield { logs: ['a', 'b'] };
      },
    });
    expect(await collect(followLog(connection, id, 'op0'))).toEqual(['a', 'b']);
    expect(asked).toEqual(['true']);
  });

  test('a platform that cannot follow is asked again for what came since', async () => {
    const log = ['a', 'b', 'c', 'd', 'e'];
    let calls = 0;
    const connection = await connect({
      status: () => status(calls < 2 ? 'running 2' : 'running 3'),
      async *readLogs() {
        calls += 1;
        const lines = log.slice(0, 1 + 2 * (calls - 1));
        yield { logs: lines.slice(0, 2) };
        yield { logs: lines.slice(2) };
      },
    });
    expect(await collect(followLog(connection, id, 'OP0'))).toEqual(log);
    expect(calls).toBe(3);
  });

  test('the last lines, across batches', async () => {
    const connection = await connect({ async *readLogs() { yield* [{ logs: ['1', '2'] }, { logs: [] }, { logs: ['3'] }, { logs: ['4', '5'] }]; } });
    expect(await lastLines(connection, id, 'op', 3)).toEqual(['3', '4', '5']);
    expect(await lastLines(connection, id, 'op', 30)).toEqual(['1', '2', '3', '4', '5']);
  });
});
