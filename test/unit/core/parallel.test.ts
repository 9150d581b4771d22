import { expect, test } from 'vitest';
import { inParallel } from '../../../src/core/parallel.ts';

test('all items are worked on, never more than allowed at a time', async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await inParallel(Array.from({ length: 20 }, (_, i) => i), 3, undefined, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    seen.push(item);
    running -= 1;
  });
  expect(most).toBe(3);
  expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i));
});

test('the first failure stops the others and is thrown once they have ended', async () => {
  const started: number[] = [];
  const ended: number[] = [];
  const failing = inParallel([1, 2, 3, 4], 2, undefined, async (item, signal) => {
    started.push(item);
    if (item === 2) throw new Error('two');
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    ended.push(item);
    throw new Error('stopped');
  });
  await expect(failing).rejects.toThrow('two');
  expect([started, ended]).toEqual([[1, 2], [1]]);
});

test('an abort interrupts', async () => {
  const controller = new AbortController();
  const interrupted = inParallel([1, 2], 1, controller.signal, async (_item, signal) => {
    controller.abort();
    expect(signal.aborted).toBe(true);
    throw new Error('stopped');
  });
  await expect(interrupted).rejects.toMatchObject({ kind: 'interrupted' });
  await expect(inParallel([1], 1, controller.signal, async () => {})).rejects.toMatchObject({ kind: 'interrupted' });
});

test('an abort after the last item has ended changes nothing', async () => {
  const controller = new AbortController();
  await inParallel([], 4, new AbortController().signal, async () => {});
  await inParallel([1], 4, controller.signal, async () => {});
  controller.abort();
});
