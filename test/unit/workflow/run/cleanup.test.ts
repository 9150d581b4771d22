import { expect, test } from 'vitest';
import { ClaraError } from '../../../../src/core/errors.ts';
import { withCleanup, type Cleanup } from '../../../../src/workflow/run/cleanup.ts';

const told: string[] = [];
const quiet = { keep: false, onFailure: () => undefined, onKept: () => undefined };
const made = (done: string[], what: string, fails = false) => ({ what, byHand: `rm ${what}`, remove: () => (fails ? Promise.reject(new Error('it hangs')) : Promise.resolve(void done.push(what))) });

test('what was made is taken away again, latest first', async () => {
  const done: string[] = [];
  const result = await withCleanup((cleanup) => {
    cleanup.add(made(done, 'one'));
    cleanup.add(made(done, 'two'));
    return Promise.resolve(7);
  }, quiet);
  expect([result, done]).toEqual([7, ['two', 'one']]);
});

test('also after a failure, which stays what it is', async () => {
  const done: string[] = [];
  const failure = new ClaraError('job-failed', 'the stage failed');
  await expect(withCleanup((cleanup) => {
    cleanup.add(made(done, 'one'));
    return Promise.reject(failure);
  }, quiet)).rejects.toBe(failure);
  expect(done).toEqual(['one']);
});

test('what cannot be taken away is told, and keeps nothing else', async () => {
  const done: string[] = [];
  const body = (fail: boolean) => (cleanup: Cleanup) => {
    cleanup.add(made(done, 'one'));
    cleanup.add(made(done, 'two', true));
    return fail ? Promise.reject(new ClaraError('job-failed', 'the stage failed', { details: ['said'], hint: 'do' })) : Promise.resolve();
  };
  const left = 'left behind: two (it hangs); remove it with: rm two';
  await expect(withCleanup(body(true), quiet)).rejects.toMatchObject({ kind: 'job-failed', message: 'the stage failed', details: ['said', left], hint: 'do' });
  await expect(withCleanup(body(false), quiet)).rejects.toMatchObject({ kind: 'failed', details: [left] });
  expect(done).toEqual(['one', 'one']);
});

test('what is disowned or meant to stay is left alone', async () => {
  const done: string[] = [];
  await withCleanup((cleanup) => {
    cleanup.add(made(done, 'one'));
    cleanup.add(made(done, 'two'))();
    return Promise.resolve();
  }, quiet);
  await withCleanup((cleanup) => {
    cleanup.add(made(done, 'three'));
    cleanup.forget();
    return Promise.resolve();
  }, quiet);
  expect(done).toEqual(['one']);
});

test.each([true, false])('everything can be kept, and how to remove it is told (failing: %s)', async (fail) => {
  const done: string[] = [];
  const kept: string[][] = [];
  const running = withCleanup((cleanup) => {
    cleanup.add(made(done, 'one'));
    cleanup.add(made(done, 'two'));
    return fail ? Promise.reject(new Error('no')) : Promise.resolve();
  }, { keep: true, onFailure: () => told.push('failure'), onKept: (byHand) => kept.push([...byHand]) });
  await (fail ? expect(running).rejects.toThrow('no') : running);
  expect([done, kept, told]).toEqual([[], [['rm two', 'rm one']], []]);
});
