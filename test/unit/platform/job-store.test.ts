import { expect, test } from 'vitest';
import { JobOperatorStatus, JobPriority, JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { openPlatformDatabase } from '../../../src/platform/store/database.ts';
import { type JobFilter, type NewJob } from '../../../src/platform/store/job-records.ts';
import { conditionOf, SqliteJobStore } from '../../../src/platform/store/jobs.ts';

const everything: JobFilter = { states: [], statuses: [], pipelineIds: [] };

function newStore() {
  const db = openPlatformDatabase(':memory:');
  return { db, jobs: new SqliteJobStore(db) };
}

function job(id: string, over: Partial<NewJob> = {}): NewJob {
  return {
    id, name: `job ${id}`, pipelineId: 'p1', pipelineRevision: 1, payloadId: `payload-${id}`,
    priority: JobPriority.JOB_PRIORITY_NORMAL, createdAt: 1000, operators: ['a', 'b'], ...over,
  };
}

test('a new job is pending and healthy, its operators wait', () => {
  const { jobs } = newStore();
  jobs.create(job('1'));
  expect(jobs.get('1')).toMatchObject({
    id: '1', name: 'job 1', pipelineRevision: 1, payloadId: 'payload-1', state: JobState.JOB_STATE_PENDING, status: JobStatus.JOB_STATUS_HEALTHY,
    createdAt: 1000, queuedAt: undefined, startedAt: undefined, stoppedAt: undefined, messages: [],
  });
  expect(jobs.operators('1').map(({ name, status, startedAt }) => ({ name, status, startedAt }))).toEqual([
    { name: 'a', status: JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING, startedAt: undefined },
    { name: 'b', status: JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING, startedAt: undefined },
  ]);
  expect(jobs.get('2')).toBeUndefined();
});

test('a job is moved by the table and keeps its times and messages', () => {
  const { jobs } = newStore();
  jobs.create(job('1'));
  jobs.queue('1', [{ name: 'X', value: '1' }], 5000, 2000);
  expect(jobs.get('1')).toMatchObject({ state: JobState.JOB_STATE_PENDING, queuedAt: 2000, variables: [{ name: 'X', value: '1' }], limitMs: 5000 });
  expect(() => jobs.queue('1', [], 1, 2000)).toThrow('queued cannot become queued');
  jobs.move('1', 'running', 3000);
  jobs.startOperator('1', 0, 'process', [0, 2], 3000);
  expect(jobs.operators('1')[0]).toMatchObject({ status: JobOperatorStatus.JOB_OPERATOR_STATUS_RUNNING, startedAt: 3000, backend: 'process', gpus: [0, 2] });
  jobs.endOperator('1', 0, 'faulted', 3, true, 4000);
  expect(() => jobs.endOperator('1', 0, 'completed', 0, false, 4000)).toThrow('faulted cannot become completed');
  jobs.addMessages('1', ['one']);
  jobs.move('1', 'faulted', 4000, ['two', 'three']);
  expect(jobs.get('1')).toMatchObject({
    state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_FAULTED, startedAt: 3000, stoppedAt: 4000, messages: ['one', 'two', 'three'],
  });
  expect(conditionOf(jobs.get('1')!)).toBe('faulted');
  expect(() => jobs.move('1', 'canceled', 5000)).toThrow('faulted cannot become canceled');
  expect(jobs.leftovers()).toEqual([{ jobId: '1', position: 0, name: 'a', backend: 'process' }]);
  jobs.clearLeftovers(jobs.leftovers());
  expect(jobs.leftovers()).toEqual([]);
});

test('an operator that never began waits again', () => {
  const { jobs } = newStore();
  jobs.create(job('1'));
  jobs.startOperator('1', 1, 'process', [], 3000);
  jobs.resetOperator('1', 1);
  expect(jobs.operators('1')[1]).toMatchObject({ status: JobOperatorStatus.JOB_OPERATOR_STATUS_PENDING, startedAt: undefined, backend: undefined });
});

test('started jobs that have not stopped come back in the order of their queueing', () => {
  const { jobs } = newStore();
  for (const id of ['1', '2', '3', '4']) jobs.create(job(id));
  jobs.queue('3', [], 1, 10);
  jobs.queue('1', [], 1, 20);
  jobs.queue('4', [], 1, 5);
  jobs.move('1', 'running', 30);
  jobs.move('4', 'canceled', 30);
  expect(jobs.active().map(({ id }) => id)).toEqual(['3', '1']);
  expect(jobs.unfinished('p1')).toBe(3);
});

test.each<[string, Partial<JobFilter>, string[]]>([
  ['nothing', {}, ['4', '3', '2', '1']],
  ['a state', { states: [JobState.JOB_STATE_STOPPED] }, ['4', '2']],
  ['two states', { states: [JobState.JOB_STATE_STOPPED, JobState.JOB_STATE_RUNNING] }, ['4', '3', '2']],
  ['a status', { statuses: [JobStatus.JOB_STATUS_CANCELED] }, ['4']],
  ['a pipeline', { pipelineIds: ['p2'] }, ['3']],
  ['a creation time', { createdAfter: 2 }, ['4', '3']],
  ['a completion time', { completedBefore: 500 }, ['2']],
  ['both', { states: [JobState.JOB_STATE_STOPPED], createdAfter: 2 }, ['4']],
])('jobs are listed newest first and filtered by %s', (_, filter, expected) => {
  const { jobs } = newStore();
  for (const [index, id] of ['1', '2', '3', '4'].entries()) jobs.create(job(id, { createdAt: index + 1, pipelineId: id === '3' ? 'p2' : 'p1' }));
  for (const id of ['2', '3']) {
    jobs.queue(id, [], 1, 100);
    jobs.move(id, 'running', 200);
  }
  jobs.move('2', 'completed', 300);
  jobs.move('4', 'canceled', 600);
  expect([...jobs.list({ ...everything, ...filter })].map(({ id }) => id)).toEqual(expected);
});

test('a listing over many pages has every job once', () => {
  const { db, jobs } = newStore();
  db.transaction(() => {
    for (let n = 0; n < 600; n += 1) jobs.create(job(String(n), { operators: [] }));
  });
  const ids = [...jobs.list(everything)].map(({ id }) => Number(id));
  expect(ids).toEqual(Array.from({ length: 600 }, (_, n) => 599 - n));
});
