import { describe, expect, test } from 'vitest';
import { openPlatformDatabase } from '../../../src/platform/store/database.ts';
import { GroupCommit } from '../../../src/system/database/group-commit.ts';
import { TaskStore } from '../../../src/platform/results/store.ts';
import { areParameters, parseTaskState } from '../../../src/core/results.ts';

const results = { pipelineId: 'p', jobId: 'j', payloadId: 'l', parameters: '"MYPACS"', uris: ['/operators/w/1.dcm'] };
const lease = 1000;

function emptyStore(leaseMs = lease) {
  const db = openPlatformDatabase(':memory:');
  return { db, store: new TaskStore(db, leaseMs) };
}

const idsOf = (tasks: readonly { taskId: string }[]) => tasks.map(({ taskId }) => taskId);

test('a task waits, is handed out once, and ends', () => {
  const { store } = emptyStore();
  const id = store.register('ClaraSCU', results, undefined, 5000);
  expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  expect(store.claim('other', 10, 5000)).toEqual([]);
  expect(store.claim('clarascu', 10, 6000)).toEqual([{
    ...results, taskId: id, state: 'Pending', retries: 0, agent: 'ClaraSCU', created: '1970-01-01T00:00:05Z', updated: '1970-01-01T00:00:05Z',
  }]);
  expect(store.get(id.toUpperCase(), 6000)).toMatchObject({ state: 'InProgress', updated: '1970-01-01T00:00:06Z' });
  expect(store.claim('ClaraSCU', 10, 6001)).toEqual([]);
  expect(store.succeed(id, 6002)).toBe(true);
  expect(store.get(id, 9_999_999)).toMatchObject({ state: 'Succeeded' });
});

describe('what a report does', () => {
  type Step = 'claim' | 'success' | 'failure' | 'later' | 'retry';
  test.each<[readonly Step[], object]>([
    [[], { state: 'Pending', retries: 0 }],
    [['claim'], { state: 'InProgress', retries: 0 }],
    [['claim', 'later'], { state: 'Pending', retries: 1 }],
    // A report whose answer was lost is sent again.
    [['claim', 'later', 'later'], { state: 'Pending', retries: 1 }],
    [['claim', 'later', 'claim', 'later', 'claim', 'later'], { state: 'Pending', retries: 3 }],
    [['claim', 'failure'], { state: 'Failed', retries: 0 }],
    [['claim', 'failure', 'success'], { state: 'Failed', retries: 0 }],
    [['claim', 'success', 'failure'], { state: 'Succeeded', retries: 0 }],
    [['claim', 'success', 'later'], { state: 'Succeeded', retries: 0 }],
    [['success'], { state: 'Succeeded', retries: 0 }],
    [['failure'], { state: 'Failed', retries: 0 }],
    [['later'], { state: 'Pending', retries: 0 }],
    [['claim', 'later', 'claim', 'failure', 'retry'], { state: 'Pending', retries: 0 }],
    [['claim', 'retry'], { state: 'Pending', retries: 0 }],
    [['claim', 'success', 'retry', 'claim'], { state: 'InProgress', retries: 0 }],
  ])('%j', (steps, expected) => {
    const { store } = emptyStore();
    const id = store.register('a', results, undefined, 1);
    const does: Readonly<Record<Step, () => unknown>> = {
      claim: () => store.claim('a', 1, 2), success: () => store.succeed(id, 3), failure: () => store.fail(id, false, 3), later: () => store.fail(id, true, 3), retry: () => store.retry(id, 3),
    };
    for (const step of steps) expect(does[step]()).toBeTruthy();
    expect(store.get(id, 4)).toMatchObject(expected);
  });

  test('of a task that does not exist', () => {
    const { store } = emptyStore();
    for (const work of [store.succeed('x', 1), store.fail('x', true, 1), store.fail('x', false, 1), store.retry('x', 1)]) expect(work).toBe(false);
  });
});

test('those that wait longest come first; one that was put back goes behind all others', () => {
  const { store } = emptyStore();
  const [first, second, third] = [1, 2, 3].map((now) => store.register('a', results, undefined, now)) as [string, string, string];
  expect(idsOf(store.claim('a', 1, 4))).toEqual([first]);
  store.fail(first, true, 5);
  const fourth = store.register('a', results, undefined, 6);
  expect(idsOf(store.claim('a', 2, 7))).toEqual([second, third]);
  expect(idsOf(store.claim('a', 10, 7))).toEqual([first, fourth]);
});

test('a task whose exporter has died waits again when its lease is over, and counts no retry', () => {
  const { store } = emptyStore();
  const id = store.register('a', results, undefined, 0);
  store.claim('a', 1, 100);
  expect(store.isAnyWaiting('a', 100 + lease - 1)).toBe(false);
  expect(store.list({ agent: 'a', state: 'InProgress', size: 10 }, { oldestFirst: true }, 100 + lease - 1)).toHaveLength(1);
  expect(store.list({ agent: 'a', state: 'InProgress', size: 10 }, { oldestFirst: true }, 100 + lease)).toHaveLength(0);
  expect(store.list({ agent: 'a', state: 'Pending', size: 10 }, { oldestFirst: true }, 100 + lease)).toMatchObject([{ state: 'Pending' }]);
  expect(store.get(id, 100 + lease)).toMatchObject({ state: 'Pending' });
  expect(store.isAnyWaiting('a', 100 + lease)).toBe(true);
  expect(store.claim('a', 1, 100 + lease)).toMatchObject([{ taskId: id, retries: 0 }]);
});

test('without a lease it stays where it is', () => {
  const { store } = emptyStore(0);
  store.register('a', results, undefined, 0);
  store.claim('a', 1, 1);
  expect(store.isAnyWaiting('a', Number.MAX_SAFE_INTEGER)).toBe(false);
  expect(store.claim('a', 1, Number.MAX_SAFE_INTEGER)).toEqual([]);
});

test('a registration that is sent twice makes one task', () => {
  const { store } = emptyStore();
  const first = store.register('a', results, 'j/register/0', 1);
  expect(store.register('A', results, 'j/register/0', 2)).toBe(first);
  expect(store.register('b', results, 'j/register/0', 2)).not.toBe(first);
  expect(store.register('a', results, 'j/register/1', 2)).not.toBe(first);
});

test('pages of all tasks, newest first, never hand one out', () => {
  const { store } = emptyStore();
  const ids = [1, 2, 3, 4, 5].map((now) => store.register(now % 2 === 0 ? 'even' : 'odd', results, undefined, now));
  const page = store.list({ size: 2 }, { before: undefined }, 9);
  expect(idsOf(page)).toEqual([ids[4], ids[3]]);
  expect(idsOf(store.list({ size: 10 }, { before: page[1]!.taskId }, 9))).toEqual([ids[2], ids[1], ids[0]]);
  expect(idsOf(store.list({ size: 10, agent: 'EVEN', state: 'Pending' }, { before: undefined }, 9))).toEqual([ids[3], ids[1]]);
  expect(idsOf(store.claim('odd', 10, 10))).toEqual([ids[0], ids[2], ids[4]]);
});

test('an answer holds as many file names as fit into memory, and one task at least', () => {
  const { store } = emptyStore();
  const uris = Array.from({ length: 50_000 }, (_, index) => `/operators/${'x'.repeat(90)}/${index}`);
  for (let at = 0; at < 3; at += 1) store.register('a', { ...results, uris }, undefined, at);
  expect(store.claim('a', 10, 5)).toHaveLength(1);
  expect(store.list({ size: 10 }, { before: undefined }, 5)).toHaveLength(1);
});

test('jobs are forgotten when all of their tasks have ended a while ago', () => {
  const { store } = emptyStore();
  const done = store.register('a', { ...results, jobId: 'done' }, undefined, 1);
  store.succeed(done, 100);
  const [half, rest] = [1, 2].map((now) => store.register('a', { ...results, jobId: 'half' }, undefined, now)) as [string, string];
  store.succeed(half, 100);
  const late = store.register('a', { ...results, jobId: 'late' }, undefined, 1);
  store.fail(late, false, 200);
  expect(store.endedJobs(150)).toEqual([{ jobId: 'done', payloadIds: ['l'] }]);
  for (const jobId of ['done', 'half', 'late']) store.forget(jobId);
  expect(store.get(done, 300)).toBeUndefined();
  expect(store.get(half, 300)).toBeDefined();
  expect(store.get(rest, 300)).toBeDefined();
});

test('what fails in a group fails alone, and the rest is written', async () => {
  const { db, store } = emptyStore();
  const commits = new GroupCommit(db);
  const first = commits.run(() => store.register('a', results, undefined, 1));
  const broken = commits.run(() => { throw new Error('broken'); });
  const second = commits.run(() => store.register('a', results, undefined, 2));
  await expect(broken).rejects.toThrow('broken');
  expect(idsOf(store.claim('a', 10, 3))).toEqual([await first, await second]);
});

test.each([['pending', 'Pending'], ['inProgress', 'InProgress'], ['INPROGRESS', 'InProgress'], ['3', 'Succeeded'], ['Failed', 'Failed'], ['5', undefined], ['', undefined], ['done', undefined]])('%j is the state %s', (text, state) => {
  expect(parseTaskState(text)).toBe(state);
});

test.each([['"MYPACS"', true], ['["A","B"]', true], ['{}', true], ['mys3bucketname', true], ['12', true], ['["A"', false], ["['A']", false], ['', false], ['a b', false]])('parameters %j: %s', (text, fine) => {
  expect(areParameters(text)).toBe(fine);
});
