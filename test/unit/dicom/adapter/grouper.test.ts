import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { claraAeTitle } from '../../../../src/dicom/entities/entities.ts';
import { type ProcessorRules } from '../../../../src/dicom/entities/processor.ts';
import { Grouper } from '../../../../src/dicom/inbox/grouper.ts';
import { openAdapterStore, type AdapterStore } from '../../../../src/dicom/store/store.ts';
import { createLog } from '../../../../src/system/log.ts';

const id = '0fcdcdea89c6456fb20abc7379c54ef2';
const rules: ProcessorRules = { quietMs: 5000, groupBy: 0x0020000d, priority: 'higher', retryDelayMs: 1, pipelines: [{ name: 'a', pipelineId: id }, { name: 'b', pipelineId: id }] };

beforeEach(() => { vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }); });
afterEach(() => { vi.useRealTimers(); });

function place(store: AdapterStore = openAdapterStore(':memory:')) {
  const grouper = new Grouper({ store, log: createLog({ level: 'silent' }), onClosed: () => undefined });
  onTestFinished(() => grouper.close());
  let files = 0;
  const take = (groupKey: string, sop = `${files}`, own = rules, overwrite = false) => {
    const taken = store.db.transaction(() => store.inbox.take({ aeTitle: 'AE', groupKey, name: `dcm/${sop}`, file: `${files++}.dcm`, bytes: 1, sopClass: '1', sopInstance: sop, callingAe: 'S', callingHost: '127.0.0.1', association: 1 }, own, overwrite, Date.now()));
    if (taken.kind !== 'duplicate') grouper.touch(taken.groupId);
    return taken;
  };
  const jobs = () => store.submissions.unfinished().map(({ groupId, pipelineName }) => `${groupId} ${pipelineName} ${store.inbox.count(groupId)}`);
  return { store, grouper, take, jobs };
}

test('a group is closed once it was quiet, with one submission for each pipeline', () => {
  const { take, jobs, store } = place();
  take('1.2');
  vi.advanceTimersByTime(4000);
  take('1.2');
  take('3.4');
  vi.advanceTimersByTime(4990);
  expect(jobs()).toEqual([]);
  vi.advanceTimersByTime(20);
  expect(jobs()).toEqual(['1 a 2', '1 b 2', '2 a 1', '2 b 1']);
  expect(store.submissions.unfinished()[0]).toMatchObject({ source: 'AE (AE Title Job Processor)', priority: 'higher', jobName: expect.stringMatching(/^ae-a-\d{14}$/) as string, state: 'queued' });
});

test('a late instance opens a new group', () => {
  const { take, jobs } = place();
  take('1.2', 'same');
  vi.advanceTimersByTime(5010);
  expect(take('1.2', 'same')).toMatchObject({ kind: 'new', groupId: 2, opened: true });
  vi.advanceTimersByTime(5010);
  expect(jobs()).toEqual(['1 a 1', '1 b 1', '2 a 1', '2 b 1']);
});

test('an instance that is arriving keeps its group open', () => {
  const { take, grouper, jobs } = place();
  take('1.2');
  const arrived = grouper.arriving('AE', '1.2');
  vi.advanceTimersByTime(60_000);
  expect(jobs()).toEqual([]);
  take('1.2');
  arrived();
  vi.advanceTimersByTime(5010);
  expect(jobs()).toEqual(['1 a 2', '1 b 2']);
});

test('the wall clock may jump', () => {
  const { take, jobs } = place();
  take('1.2');
  vi.setSystemTime(new Date('2001-01-01'));
  vi.advanceTimersByTime(5010);
  expect(jobs()).toHaveLength(2);
});

test('duplicates: kept, or replaced where that is wished', () => {
  const { take } = place();
  take('1.2', 'same');
  expect(take('1.2', 'same')).toEqual({ kind: 'duplicate', groupId: 1 });
  expect(take('1.2', 'same', rules, true)).toEqual({ kind: 'replaced', groupId: 1, oldFile: '0.dcm' });
});

test('without a quiet time the association is the group; after a restart it is over', () => {
  const { take, grouper, jobs, store } = place();
  take('association x 1', '1', { ...rules, quietMs: 0 });
  take('association x 2', '2', { ...rules, quietMs: 0 });
  vi.advanceTimersByTime(1_000_000);
  expect(jobs()).toEqual([]);
  grouper.ended('AE', 'association x 1');
  expect(jobs()).toEqual(['1 a 1', '1 b 1']);
  grouper.close();
  const later = place(store);
  later.grouper.resume();
  expect(later.jobs()).toEqual(['1 a 1', '1 b 1', '2 a 1', '2 b 1']);
});

test('an open group is watched again after a restart', () => {
  const { take, grouper, store } = place();
  take('1.2');
  grouper.close();
  const later = place(store);
  later.grouper.resume();
  vi.advanceTimersByTime(5010);
  expect(later.jobs()).toEqual(['1 a 1', '1 b 1']);
});

test('the pipelines of today count; those of the opening where the AE title is gone', () => {
  const { take, jobs, store } = place();
  store.entities.addAeTitle(claraAeTitle({ aeTitle: 'AE', processorSettings: { 'pipeline-new': id } }));
  take('1.2');
  vi.advanceTimersByTime(5010);
  expect(jobs()).toEqual(['1 new 1']);
});
