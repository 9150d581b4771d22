import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { JobPriority, JobState } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { missing } from '../../helpers/require.ts';
import { canceled, evicted, faulted, healthy, shellPipeline, startEngine, Status, terminated, until, type Harness } from './harness.ts';

const without = missing('bwrap');

const logFile = (h: Harness, id: string, operator: string) => `${h.home}/jobs/${id}/${operator}/log`;

/** Waits until an operator has said something. */
async function said(h: Harness, id: string, operator: string, text: string): Promise<void> {
  await until(() => existsSync(logFile(h, id, operator)) && readFileSync(logFile(h, id, operator), 'utf8').includes(text), `operator ${operator} to say ${text}`);
}

test.skipIf(without)('a job that is not started, and one that waits for its turn, are cancelled at once', async () => {
  const h = await startEngine({ capacity: { cpus: 1 } });
  const first = await h.submit(shellPipeline({ op: 'sleep 60' }));
  await until(() => h.job(first).state === JobState.JOB_STATE_RUNNING, 'the first job to run');
  const created = h.create(shellPipeline({ op: 'true' }));
  const queued = await h.submit(shellPipeline({ op: 'true' }));
  expect(await h.engine.cancel(created, 'why not')).toMatchObject({ ...canceled, messages: ['canceled: why not'], startedAt: undefined });
  expect(await h.engine.cancel(queued, '')).toMatchObject({ ...canceled, messages: ['canceled'], startedAt: undefined });
  await h.engine.cancel(first, '');
  const last = await h.submit(shellPipeline({ op: 'true' }));
  expect(await h.stopped(last)).toMatchObject(healthy);
  expect(h.operator(queued, 'op').startedAt).toBeUndefined();
});

test.skipIf(without)('cancelling a running job reaches its operators, and publishes nothing of them', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    done: 'echo kept > /output/x',
    op: { run: 'echo half > /output/x; trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.02; done', after: ['done'] },
    later: { run: 'true', after: ['op'] },
  }));
  await said(h, id, 'op', 'ready');
  expect(await h.engine.cancel(id, 'enough')).toMatchObject({ ...canceled, messages: ['canceled: enough'] });
  // The shell's own child got the signal too, and some shells say so.
  expect((await h.log(id, 'op')).filter((line) => line !== 'Terminated')).toEqual(['ready', 'bye']);
  expect(h.operator(id, 'op').status).toBe(Status.JOB_OPERATOR_STATUS_FAULTED);
  expect(existsSync(h.output(id, 'op'))).toBe(false);
  expect(readFileSync(h.output(id, 'done', 'x'), 'utf8')).toBe('kept\n');
  await until(() => !existsSync(`${h.home}/jobs/${id}/op/out`), 'its outputs to be removed');
});

test.skipIf(without)('what has ended cannot be cancelled', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: 'true' }));
  await h.stopped(id);
  await expect(h.engine.cancel(id, '')).rejects.toMatchObject({ wireCode: -0x2202, message: `job ${id} has ended already (completed)` });
  await expect(h.engine.cancel('0'.repeat(32), '')).rejects.toMatchObject({ wireCode: -0x2001 });
});

test.skipIf(without)('an operator that ignores SIGTERM is killed after the grace, with all it has started', async () => {
  const h = await startEngine({ limits: { graceMs: 300 } });
  const id = await h.submit(shellPipeline({ op: 'trap "" TERM; (setsid sh -c "trap \'\' TERM; while :; do sleep 0.02; echo alive >> /output/alive; done" &); echo ready; while :; do sleep 0.02; done' }));
  await said(h, id, 'op', 'ready');
  const started = Date.now();
  expect(await h.engine.cancel(id, '')).toMatchObject(canceled);
  expect(Date.now() - started).toBeGreaterThanOrEqual(300);
  expect(h.operator(id, 'op').exitCode).toBe(137);
});

test.skipIf(without)('an operator is reached even in the moment of its start', async () => {
  const h = await startEngine({ limits: { graceMs: 20_000 } });
  for (let n = 0; n < 20; n += 1) {
    const id = await h.submit(shellPipeline({ op: 'sleep 60' }));
    await until(() => h.job(id).state === JobState.JOB_STATE_RUNNING, 'the job to run');
    expect(await h.engine.cancel(id, '')).toMatchObject(canceled);
  }
});

test.skipIf(without)('cancelling twice is the same as once', async () => {
  const h = await startEngine({ limits: { graceMs: 200 } });
  const id = await h.submit(shellPipeline({ op: 'trap "" TERM; echo ready; while :; do sleep 0.02; done' }));
  await said(h, id, 'op', 'ready');
  const both = await Promise.all([h.engine.cancel(id, 'a'), h.engine.cancel(id, 'b')]);
  expect(both.map(({ messages }) => messages)).toEqual([['canceled: a'], ['canceled: a']]);
});

test.skipIf(without)('a job past its time limit is stopped as TERMINATED', async () => {
  const h = await startEngine({ limits: { defaultMs: 300, graceMs: 200 } });
  const id = await h.submit(shellPipeline({ first: 'true', op: { run: 'trap "" TERM; while :; do sleep 0.02; done', after: ['first'] }, later: { run: 'true', after: ['op'] } }));
  expect(await h.stopped(id)).toMatchObject({ ...terminated, messages: ['stopped: it ran longer than its limit of 0.3 s'] });
  expect(h.operator(id, 'later').startedAt).toBeUndefined();
});

test.skipIf(without)('the maximum caps the default limit, and waiting for a turn does not count', async () => {
  const h = await startEngine({ capacity: { cpus: 1 }, limits: { defaultMs: 60_000, maximumMs: 3000 } });
  // Each far from its own limit, and together longer than that of the last.
  const blockers: string[] = [];
  for (let n = 0; n < 6; n += 1) blockers.push(await h.submit(shellPipeline({ op: 'sleep 0.6' })));
  const id = await h.submit(shellPipeline({ op: 'echo $NVIDIA_CLARA_TIMEOUT' }));
  for (const blocker of blockers) expect(await h.stopped(blocker)).toMatchObject(healthy);
  expect(await h.stopped(id)).toMatchObject(healthy);
  expect(await h.log(id, 'op')).toEqual(['3']);
});

test.skipIf(without)('a thousand jobs at once all finish, and never more run than may', async () => {
  const h = await startEngine({ capacity: { cpus: 2 } });
  const definition = shellPipeline({ op: 'true' }).replace('"/bin/sh","-c","true"', '"/bin/true"');
  const ids: string[] = [];
  h.db.transaction(() => {
    for (let n = 0; n < 1000; n += 1) ids.push(h.create(definition));
  });
  await Promise.all(ids.map((id) => h.engine.start(id, [])));
  let most = 0;
  const running = h.db.prepare('SELECT count(*) AS n FROM operators WHERE status = ?');
  await until(() => {
    most = Math.max(most, running.get<{ n: number }>(Status.JOB_OPERATOR_STATUS_RUNNING)!.n);
    return h.jobs.active().length === 0;
  }, 'all jobs to stop', 170_000);
  expect(most).toBeLessThanOrEqual(2);
  expect(ids.filter((id) => h.job(id).status !== healthy.status)).toEqual([]);
}, 600_000);

test.skipIf(without)('immediate jobs go first, and the oldest of equals', async () => {
  const h = await startEngine({ capacity: { cpus: 1 } });
  const blocker = await h.submit(shellPipeline({ op: 'sleep 0.3' }));
  await until(() => h.job(blocker).state === JobState.JOB_STATE_RUNNING, 'the first job to run');
  const definition = shellPipeline({ op: 'true' });
  const normal = [await h.submit(definition), await h.submit(definition)];
  const immediate = await h.submit(definition, { priority: JobPriority.JOB_PRIORITY_IMMEDIATE });
  await Promise.all([...normal, immediate].map((id) => h.stopped(id)));
  const begun = [immediate, ...normal].map((id) => h.job(id).startedAt!);
  expect(begun).toEqual([...begun].sort((a, b) => a - b));
});

test.skipIf(without)('a log can be read while it is written, to its end', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: 'echo one; until [ -e /input/go ]; do sleep 0.02; done; printf "two\\r\\nthree \\303\\244\\n\\nlast"' }));
  const lines: string[] = [];
  const reading = (async () => {
    for await (const batch of h.engine.readLogs(id, 'OP', { follow: true, signal: new AbortController().signal })) lines.push(...batch);
  })();
  await until(() => lines.includes('one'), 'the first line');
  expect(await h.log(id, 'op')).toEqual(['one']);
  writeFileSync(h.payload(id, 'input', 'go'), '');
  await reading;
  expect(lines).toEqual(['one', 'two', 'three ä', '', 'last']);
  expect((await h.stopped(id)).state).toBe(JobState.JOB_STATE_STOPPED);
});

test.skipIf(without)('following ends with the reader, and with a job whose operator never ran', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: 'sleep 60', never: { run: 'true', after: ['op'] } }));
  const reader = new AbortController();
  const [first, second] = [h.engine.readLogs(id, 'op', { follow: true, signal: reader.signal }), h.engine.readLogs(id, 'never', { follow: true, signal: new AbortController().signal })];
  const ends = Promise.all([first, second].map(async (log) => {
    for await (const batch of log) expect(batch).toEqual([]);
  }));
  reader.abort();
  await h.engine.cancel(id, '');
  await ends;
});

test.skipIf(without)('the log of an operator that the job does not have is an error', async () => {
  const h = await startEngine();
  const id = h.create(shellPipeline({ op: 'true' }));
  expect(await h.log(id, 'op')).toEqual([]);
  await expect(h.log(id, 'other')).rejects.toMatchObject({ wireCode: -0x2001, hint: 'it has op' });
});

test.skipIf(without)('an operator that floods its log neither fills the memory nor is lost', async () => {
  const h = await startEngine();
  const gigabyte = 1024 * 1024 * 1024;
  const id = await h.submit(shellPipeline({ op: `head -c ${gigabyte} /dev/zero | tr '\\0' 'x'; echo; echo end >&2; exit 4` }));
  const before = process.memoryUsage.rss();
  let most = 0;
  const job = await h.stopped(id).finally(() => {
    most = process.memoryUsage.rss();
  });
  expect(job).toMatchObject(faulted);
  expect(job.messages.at(-1)).toBe('op: end');
  expect(job.messages.at(-2)!.length).toBeLessThan(400);
  let characters = 0;
  let longest = 0;
  for await (const batch of h.engine.readLogs(id, 'op', { follow: false, signal: new AbortController().signal })) {
    for (const line of batch) {
      characters += line.length;
      longest = Math.max(longest, line.length);
    }
    expect(batch.reduce((sum, line) => sum + line.length + 4, 0)).toBeLessThan(3 * 1024 * 1024);
    most = Math.max(most, process.memoryUsage.rss());
  }
  expect(characters).toBe(gigabyte + 3);
  expect(longest).toBeLessThanOrEqual(64 * 1024);
  expect(most - before).toBeLessThan(200 * 1024 * 1024);
});

test.skipIf(without)('stopping the platform stops its operators; the next one runs them afresh, and what was done stays done', async () => {
  const first = await startEngine();
  const id = await first.submit(shellPipeline({
    one: 'echo once >> /output/x',
    two: { run: 'cat /from/one/x; echo more > /output/half; echo ready; [ -e /input/go ] || sleep 60', after: ['one'] },
    three: { run: 'ls -A /from/two', after: ['two'] },
  }));
  await said(first, id, 'two', 'ready');
  await first.engine.close('stop');
  expect(first.operator(id, 'two').status).toBe(Status.JOB_OPERATOR_STATUS_PENDING);
  expect(existsSync(`${first.home}/jobs/${id}/two`)).toBe(false);
  const startedAt = first.operator(id, 'one').startedAt;
  writeFileSync(first.payload(id, 'input', 'go'), '');
  const next = await startEngine({ home: first.home });
  expect(await next.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(next.operator(id, 'one').startedAt).toBe(startedAt);
  expect(await next.log(id, 'two')).toEqual(['once', 'ready']);
  expect(await next.log(id, 'three')).toEqual(['half']);
});

test.skipIf(without)('a pause between two platforms does not count against the limit', async () => {
  const first = await startEngine({ limits: { defaultMs: 1500 } });
  const id = await first.submit(shellPipeline({ op: 'echo ready; [ -e /input/go ] || sleep 60' }));
  await said(first, id, 'op', 'ready');
  await first.engine.close('stop');
  // The platform was away for an hour.
  first.db.exec('UPDATE jobs SET started_at = started_at - 3600000, paused_at = paused_at - 3600000');
  writeFileSync(first.payload(id, 'input', 'go'), '');
  const next = await startEngine({ home: first.home });
  expect(await next.stopped(id)).toMatchObject(healthy);
});

test.skipIf(without)('what waits in line is still in line after a restart, in its order', async () => {
  const first = await startEngine({ capacity: { cpus: 1 } });
  const blocker = await first.submit(shellPipeline({ op: 'sleep 60' }));
  const definition = shellPipeline({ op: 'true' });
  const ids = [await first.submit(definition), await first.submit(definition), await first.submit(definition)];
  const never = first.create(definition);
  await first.engine.cancel(ids[1]!, '');
  await first.engine.close('stop');
  const next = await startEngine({ home: first.home, capacity: { cpus: 1 } });
  await next.engine.cancel(blocker, '');
  for (const id of [ids[0]!, ids[2]!]) expect(await next.stopped(id)).toMatchObject(healthy);
  expect(next.job(ids[0]!).startedAt!).toBeLessThanOrEqual(next.job(ids[2]!).startedAt!);
  expect(next.job(ids[1]!)).toMatchObject(canceled);
  expect(next.job(never)).toMatchObject({ state: JobState.JOB_STATE_PENDING, queuedAt: undefined });
});

/** The bubblewrap that watches over an operator. */
function watcher(h: Harness, id: string, operator = 'op'): number {
  const first = /"child-pid": *(\d+)/.exec(readFileSync(`${h.home}/jobs/${id}/${operator}/status`, 'utf8'))![1]!;
  return Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${first}/status`, 'utf8'))![1]);
}

test.skipIf(without)('an operator whose sandbox is killed from outside is lost, and nothing of it goes on', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ op: 'trap "" TERM; echo ready; until [ -e /input/go ]; do sleep 0.02; done; echo went on' }));
  await said(h, id, 'op', 'ready');
  process.kill(watcher(h, id), 'SIGKILL');
  expect(await h.stopped(id)).toMatchObject({ ...faulted, messages: ['operator op was lost: its sandbox was stopped from outside (SIGKILL)', 'op: ready'] });
  writeFileSync(h.payload(id, 'input', 'go'), '');
  expect(await h.log(id, 'op')).toEqual(['ready']);
});

test.skipIf(without)('one that is lost while no platform runs evicts its job, and stops what else of it runs', async () => {
  const first = await startEngine();
  const id = await first.submit(shellPipeline({ op: 'echo ready; sleep 60', other: 'echo ready; sleep 60' }));
  await said(first, id, 'op', 'ready');
  await said(first, id, 'other', 'ready');
  await first.engine.close('detach');
  process.kill(watcher(first, id), 'SIGKILL');
  const next = await startEngine({ home: first.home });
  expect(await next.stopped(id)).toMatchObject({
    ...evicted, messages: ['evicted: the platform was restarted and cannot resume it', 'operator op was lost: its sandbox is gone and left no exit status', 'op: ready'],
  });
  expect(next.operator(id, 'other').status).toBe(Status.JOB_OPERATOR_STATUS_FAULTED);
});

test.skipIf(without)('one that ended while no platform ran is taken in as it ended, and what it left behind is gone', async () => {
  const first = await startEngine();
  const ids = [
    await first.submit(shellPipeline({ op: '(setsid sleep 300 &); echo ready; until [ -e /input/go ]; do sleep 0.02; done; echo x > /output/x' })),
    await first.submit(shellPipeline({ op: 'echo ready; until [ -e /input/go ]; do sleep 0.02; done; exit 5' })),
  ] as const;
  for (const id of ids) await said(first, id, 'op', 'ready');
  const watchers = ids.map((id) => watcher(first, id));
  await first.engine.close('detach');
  for (const id of ids) writeFileSync(first.payload(id, 'input', 'go'), '');
  await until(() => watchers.every((pid) => !existsSync(`/proc/${pid}/exe`)), 'both to end');
  const next = await startEngine({ home: first.home });
  expect(await next.stopped(ids[0])).toMatchObject({ ...healthy, messages: [] });
  expect(readFileSync(next.output(ids[0], 'op', 'x'), 'utf8')).toBe('x\n');
  expect(await next.stopped(ids[1])).toMatchObject({ ...faulted, messages: ['operator op failed with exit code 5', 'op: ready'] });
});

test.skipIf(without)('what follows an operator runs once, although the recovery is long with another', async () => {
  const first = await startEngine();
  const script = 'echo ready; until [ -e /input/go ]; do sleep 0.02; done';
  const id = await first.submit(shellPipeline({ done: script, other: script, next: { run: 'true', after: ['done'] } }));
  for (const operator of ['done', 'other']) await said(first, id, operator, 'ready');
  const [done, other] = [watcher(first, id, 'done'), watcher(first, id, 'other')];
  await first.engine.close('detach');
  writeFileSync(first.payload(id, 'input', 'go'), '');
  await until(() => [done, other].every((pid) => !existsSync(`/proc/${pid}/exe`)), 'both to end');
  // As if the other had only been about to begin: somebody has its status open and is yet to write to it.
  const status = openSync(`${first.home}/jobs/${id}/other/status`, 'w');
  spawn('sleep', ['0.3'], { stdio: ['ignore', 'ignore', 'ignore', status] });
  closeSync(status);
  const next = await startEngine({ home: first.home });
  expect(await next.stopped(id)).toMatchObject({ ...healthy, messages: [] });
});

test.skipIf(without)('a cancelled job whose platform died goes on being cancelled', async () => {
  const first = await startEngine({ limits: { graceMs: 60_000 } });
  const id = await first.submit(shellPipeline({ op: 'trap "" TERM; echo ready; while :; do sleep 0.02; done' }));
  await said(first, id, 'op', 'ready');
  void first.engine.cancel(id, 'enough');
  await until(() => first.job(id).stopping !== undefined, 'the cancellation to be recorded');
  await first.engine.close('detach');
  const next = await startEngine({ home: first.home, limits: { graceMs: 200 } });
  expect(await next.stopped(id)).toMatchObject({ ...canceled, messages: ['canceled: enough'] });
});

test.skipIf(without)('a platform with less than the one that took the job says so, and runs the rest', async () => {
  const first = await startEngine({ capacity: { cpus: 4 } });
  const blocker = await first.submit(shellPipeline({ op: { run: 'sleep 60', extra: { requests: { cpu: 4 } } } }));
  const waiting = await first.submit(shellPipeline({ op: { run: 'true', extra: { requests: { cpu: 3 } } } }));
  const small = await first.submit(shellPipeline({ op: 'true' }));
  await until(() => first.job(blocker).state === JobState.JOB_STATE_RUNNING, 'the first job to run');
  await first.engine.close('detach');
  const next = await startEngine({ home: first.home, capacity: { cpus: 2 } });
  expect(await next.stopped(waiting)).toMatchObject(faulted);
  expect(next.job(waiting).messages[0]).toContain('it requests 3, the platform has 2');
  expect(await next.stopped(blocker)).toMatchObject(evicted);
  expect(await next.stopped(small)).toMatchObject(healthy);
});

test.skipIf(without)('one whose definition does not load any more is evicted, and nothing of it runs on', async () => {
  const first = await startEngine({ capacity: { cpus: 4 } });
  const definition = shellPipeline({
    done: 'echo x > /output/x',
    polite: { run: 'trap "echo asked; exit 0" TERM; echo ready; while :; do sleep 0.02; done', after: ['done'] },
    stubborn: { run: 'trap "" TERM; echo ready; while :; do sleep 0.02; done', after: ['done'] },
    quick: { run: 'echo y > /output/y; echo ready; until [ -e /input/go ]; do sleep 0.02; done', after: ['done'] },
    later: { run: 'true', after: ['polite'] },
  });
  const id = await first.submit(definition);
  for (const name of ['polite', 'stubborn', 'quick']) await said(first, id, name, 'ready');
  const watchers = ['polite', 'stubborn', 'quick'].map((name) => watcher(first, id, name));
  await first.engine.close('detach');
  writeFileSync(first.payload(id, 'input', 'go'), '');
  writeFileSync(`${first.home}/revision-1.yaml`, 'api-version: 9.9.9');
  const next = await startEngine({ home: first.home, limits: { graceMs: 300 } });
  const ended = await next.stopped(id);
  expect(ended).toMatchObject(evicted);
  expect(ended.messages[0]).toMatch(/^it cannot be continued: the definition does not load/);
  expect(watchers.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
  expect(next.jobs.operators(id).map(({ name, status }) => [name, status])).toEqual([
    ['done', Status.JOB_OPERATOR_STATUS_COMPLETED],
    ['polite', Status.JOB_OPERATOR_STATUS_FAULTED], ['stubborn', Status.JOB_OPERATOR_STATUS_FAULTED], ['quick', Status.JOB_OPERATOR_STATUS_FAULTED],
    ['later', Status.JOB_OPERATOR_STATUS_PENDING],
  ]);
  expect(await next.log(id, 'polite')).toContain('asked');
  expect(existsSync(next.output(id, 'done', 'x'))).toBe(true);
  expect(existsSync(next.output(id, 'quick'))).toBe(false);
});
