import { once } from 'node:events';
import { expect, test } from 'vitest';
import { guarded, together } from '../../../../src/workflow/run/cluster/both.ts';

const never = new AbortController().signal;
/** Fails as soon as it is stopped. */
const untilStopped = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, 'abort');
  throw new Error('stopped');
};

test('both results', async () => {
  expect(await together<[number, string]>(never, [() => Promise.resolve(1), () => Promise.resolve('a')])).toEqual([1, 'a']);
});

test('the first failure stops the others, and is the one that counts', async () => {
  await expect(together<[void, void]>(never, [untilStopped, () => Promise.reject(new Error('first'))])).rejects.toThrow('first');
});

test('a signal from outside stops all', async () => {
  const abort = new AbortController();
  const running = together<[void, void]>(abort.signal, [untilStopped, untilStopped]);
  abort.abort();
  await expect(running).rejects.toThrow('stopped');
});

test('a guard ends with the work, and its failure ends the work', async () => {
  expect(await guarded(never, () => Promise.resolve(5), untilStopped)).toBe(5);
  await expect(guarded(never, untilStopped, () => Promise.reject(new Error('no image')))).rejects.toThrow('no image');
  await expect(guarded(never, () => Promise.reject(new Error('no chart')), untilStopped)).rejects.toThrow('no chart');
});
