import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type ProcessorRules } from '../../../../src/dicom/entities/processor.ts';
import { explainJob } from '../../../../src/dicom/operate/explain-job.ts';
import { withoutPatients } from '../../../../src/dicom/private-log.ts';
import { verdictOn } from '../../../../src/dicom/receive/verdict.ts';
import { migrations } from '../../../../src/dicom/store/schema.ts';
import { openAdapterStore, type AdapterStore } from '../../../../src/dicom/store/store.ts';
import { openMigratedDatabase } from '../../../../src/system/database/migrated.ts';
import { tempDir } from '../../../helpers/run.ts';

const id = (digit: string) => digit.repeat(32);
const rules: ProcessorRules = { quietMs: 5000, groupBy: 0x0020000d, priority: 'normal', retryDelayMs: 1, pipelines: [{ name: 'a', pipelineId: id('0') }] };

let files = 0;
function take(store: AdapterStore, groupKey: string, sop: string, now = 0) {
  files += 1;
  return store.inbox.take({ aeTitle: 'AE', groupKey, name: `dcm/P/${sop}`, file: `${files}.dcm`, bytes: 1, sopClass: '1', sopInstance: sop, callingAe: 'S', callingHost: '127.0.0.1', association: 1 }, rules, false, now).groupId;
}

function submit(store: AdapterStore, groupId: number, submission: string, jobId: string, pipelineName = 'a') {
  store.submissions.add({ id: submission, groupId, pipelineName, pipelineId: id('0'), jobName: `job-${submission[0]!}`, source: 's', priority: 'normal', retryDelayMs: 1 }, 0);
  store.submissions.created(submission, jobId, id('e'), 0);
}

test('the files of a group are not wanted any more from the moment that its last job has begun', () => {
  const store = openAdapterStore(':memory:');
  const [group, other] = [take(store, 'g', 'x'), take(store, 'h', 'x')];
  const wanted = [...store.inbox.files()];
  for (const each of [group, other]) store.inbox.close(each, { why: 'w', rules }, 1);
  for (const [each, submission] of [[group, id('1')], [group, id('2')], [other, id('3')]] as const) submit(store, each, submission, submission, submission);
  store.submissions.completed(id('1'), 2);
  expect([store.inbox.isDone(group), [...store.inbox.files()]]).toEqual([false, wanted]);
  store.submissions.completed(id('2'), 3);
  expect([store.inbox.isDone(group), store.inbox.isDone(other), [...store.inbox.files()]]).toEqual([true, false, wanted.slice(1)]);
});

test('what is done is forgotten after its time, or when it is too much, the oldest first; what is not done never', () => {
  const store = openAdapterStore(':memory:');
  const done = [10, 20, 30].map((at) => {
    const group = take(store, `g${at}`, 'x');
    take(store, `g${at}`, 'y');
    store.inbox.close(group, { why: 'w', rules }, at);
    const job = id((at / 10).toString());
    submit(store, group, job, job);
    store.submissions.completed(job, at);
    return group;
  });
  const open = take(store, 'open', 'x');
  const left = () => [...done, open].filter((group) => store.history.group(group) !== undefined);
  expect(store.inbox.forget(5, 100)).toBe(0);
  expect(store.inbox.forget(15, 100)).toBe(1);
  expect(left()).toEqual([done[1], done[2], open]);
  expect(store.inbox.forget(15, 3)).toBe(1);
  expect(left()).toEqual([done[2], open]);
  expect(store.inbox.forget(15, 0)).toBe(1);
  expect([left(), store.inbox.totals()]).toEqual([[open], { instances: 1, bytes: 1 }]);
});

test('a job is found by the first digits of any of its ids, and by its name', () => {
  const store = openAdapterStore(':memory:');
  const group = take(store, 'g', 'x', 1000);
  take(store, 'g', 'y', 3000);
  store.inbox.close(group, { why: 'nothing more came for 5 s', rules: { ...rules, quietMs: 7000 } }, 9000);
  submit(store, group, `a1${'0'.repeat(30)}`, `b1${'0'.repeat(30)}`);
  const other = take(store, 'h', 'x');
  submit(store, other, `a2${'0'.repeat(30)}`, `b2${'0'.repeat(30)}`);
  for (const text of ['a1', 'B1', `b1${'0'.repeat(30)}`, 'b1000000-0000-0000-0000-000000000000']) expect(explainJob(store, text).group, text).toMatchObject({ id: group, openedAt: '1970-01-01T00:00:01.000Z', lastAt: '1970-01-01T00:00:03.000Z', closedAt: '1970-01-01T00:00:09.000Z', closedBy: 'nothing more came for 5 s' });
  expect(explainJob(store, 'b1').rule).toMatchObject({ groupBy: '0020,000D', timeoutSeconds: 7 });
  expect(() => explainJob(store, 'a')).toThrow(/ambiguous/);
  expect(() => explainJob(store, 'job-a')).toThrow(/ambiguous/);
  expect(() => explainJob(store, 'c')).toThrow(/submitted no job/);
  expect(() => explainJob(store, '%')).toThrow(/submitted no job/);
});

test('a database of the first release is taken over, with what it knows', () => {
  const path = join(tempDir(), 'dicom.db');
  mkdirSync(join(path, '..'), { recursive: true });
  const db = openMigratedDatabase(path, migrations.slice(0, 1));
  db.exec(`INSERT INTO groups (id, ae_title, group_key, rules, state, opened_at, closed_at, closed_by) VALUES (1, 'AE', '1.2', '${JSON.stringify(rules)}', 'closed', 1000, 2000, 'w');
    INSERT INTO instances (group_id, name, file, bytes, sop_class, sop_instance, calling_ae, received_at) VALUES (1, 'dcm/P/1', 'f', 5, '1', '1', 'S', 1500);
    INSERT INTO submissions (id, group_id, pipeline_name, pipeline_id, job_name, source, priority, retry_delay_ms, state, job_id, updated_at) VALUES ('${id('a')}', 1, 'a', '${id('0')}', 'n', 's', 'normal', 1, 'created', '${id('b')}', 1);`);
  db.close();
  const store = openAdapterStore(path);
  expect(explainJob(store, 'bbb')).toMatchObject({ group: { closedBy: 'w', instances: 1, bytes: 5 }, rule: { timeoutSeconds: 5 }, senders: [{ aeTitle: 'S', host: '', associations: [] }] });
  expect(store.inbox.instances(1)).toEqual([{ name: 'dcm/P/1', file: 'f', bytes: 5 }]);
  expect(store.inbox.files()).toEqual(new Set(['f']));
  store.db.close();
});

test('one that was given up begins anew with what it had reached', () => {
  const store = openAdapterStore(':memory:');
  const group = take(store, 'g', 'x');
  submit(store, group, id('a'), id('b'));
  expect(store.submissions.retry(id('a'), 1)).toBe(false);
  store.submissions.failed(id('a'), 4, 'no room', 1);
  store.submissions.moved(id('a'), 'faulted', 1);
  expect(store.submissions.unfinished()).toEqual([]);
  expect(store.submissions.retry(id('a'), 2)).toBe(true);
  expect(store.submissions.unfinished()).toMatchObject([{ state: 'created', tries: 0, error: undefined, jobId: id('b') }]);
});

test.each([
  [{}, 'wanted'], [{ 0x00100020: undefined }, 'missing'], [{ 0x0020000e: undefined }, 'missing'], [{ 0x0020000d: '' }, 'missing'], [{ 0x00100020: '' }, 'wanted'],
] as const)('verdict on an instance with %j: %s', (change, kind) => {
  const values: Record<number, string | undefined> = { 0x00100020: 'P', 0x0020000d: '1', 0x0020000e: '2', ...change };
  expect(verdictOn({ sopClass: 'c', sopInstance: 'i', text: (tag) => values[tag] }, { ignoredSopClasses: [] }, rules).kind).toBe(kind);
});

test('names of files are told without their patients, however they are quoted', () => {
  const names = ['dcm/Doe "J"/1/2/3.dcm', 'dcm/7/1/2/4.dcm'];
  expect(withoutPatients('dcm/Doe "J"/1/2/3.dcm and "dcm/Doe \\"J\\"/1/2/3.dcm" and /input/dcm/7/1: 77 dcm/77/', names)).toBe('dcm/…/1/2/3.dcm and "dcm/…/1/2/3.dcm" and /input/dcm/…/1: 77 dcm/77/');
});
