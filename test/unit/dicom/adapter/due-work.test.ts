import { expect, onTestFinished, test, vi } from 'vitest';
import { DueWork } from '../../../../src/dicom/submit/due-work.ts';

/** Pieces of work that end when they are told to. */
function bench(pieces: readonly string[], atOnce = 2) {
  vi.useFakeTimers({ now: 0 });
  onTestFinished(() => void vi.useRealTimers());
  const left = new Set(pieces);
  const ends = new Map<string, (pause: number | undefined) => void>();
  const failures: string[] = [];
  const due = new DueWork({
    atOnce, unfinished: () => [...left], onFailed: (id) => failures.push(id),
    work: (id, signal) => new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => resolve(undefined));
      ends.set(id, (pause) => {
        if (pause === undefined) left.delete(id);
        if (pause === -1) reject(new Error('broken'));
        else resolve(pause);
      });
    }),
  });
  onTestFinished(() => due.close());
  const end = async (id: string, pause?: number) => {
    ends.get(id)!(pause);
    await vi.advanceTimersByTimeAsync(0);
  };
  const running = () => [...due.running].join('');
  due.wake();
  return { due, end, running, failures, tick: (ms: number) => vi.advanceTimersByTimeAsync(ms) };
}

test('a few at a time, in their order', async () => {
  const { end, running, tick } = bench(['a', 'b', 'c', 'd']);
  await tick(0);
  expect(running()).toBe('ab');
  await end('b');
  expect(running()).toBe('ac');
  await end('a');
  await end('c');
  expect(running()).toBe('d');
});

test('what has to wait lets others go first, and comes again when it is due', async () => {
  const { due, end, running, tick } = bench(['a', 'b', 'c'], 1);
  await tick(0);
  await end('a', 1000);
  expect([running(), due.dueInMs().get('a')]).toEqual(['b', 1000]);
  await end('b');
  await end('c');
  expect(running()).toBe('');
  await tick(990);
  expect(running()).toBe('');
  await tick(20);
  expect(running()).toBe('a');
});

test('one can be hurried', async () => {
  const { due, end, running, tick } = bench(['a']);
  await tick(0);
  await end('a', 100_000);
  due.hurry('a');
  expect(running()).toBe('a');
});

test('what breaks is told, and tried again in five seconds', async () => {
  const { end, running, failures, tick } = bench(['a']);
  await tick(0);
  await end('a', -1);
  expect([running(), failures]).toEqual(['', ['a']]);
  await tick(5010);
  expect(running()).toBe('a');
});

test('closing cuts short what is being done, and begins nothing', async () => {
  const { due, running, tick } = bench(['a', 'b', 'c']);
  await tick(0);
  await due.close();
  due.wake();
  expect(running()).toBe('');
});
