import { expect, test } from 'vitest';
import { neverFits, Scheduler, type Capacity, type Demand, type Priority } from '../../../src/platform/engine/scheduler.ts';

const small: Demand = { cpus: 1, memoryMb: 1, gpus: 0 };
const capacity = (over: Partial<Capacity> = {}): Capacity => ({ cpus: 4, memoryMb: 1000, gpus: 0, ...over });

function newScheduler(over: Partial<Capacity> = {}) {
  const scheduler = new Scheduler<string>(capacity(over));
  let order = 0;
  const add = (key: string, priority: Priority = 'normal', demand: Partial<Demand> = {}, place = order++) =>
    scheduler.add({ key, priority, order: place, demand: { ...small, ...demand } });
  const all = () => {
    const keys: string[] = [];
    for (let picked = scheduler.next(); picked !== undefined; picked = scheduler.next()) keys.push(picked.key);
    return keys;
  };
  return { scheduler, add, all };
}

/** Runs one operator at a time and tells in which order. */
function sequence({ scheduler }: ReturnType<typeof newScheduler>, most = 1000): string[] {
  const keys: string[] = [];
  for (let picked = scheduler.next(); picked !== undefined && keys.length < most; picked = scheduler.next()) {
    keys.push(picked.key);
    scheduler.release(picked.key);
  }
  return keys;
}

test('as many run as fit, the oldest first, and one more for each that ends', () => {
  const s = newScheduler({ cpus: 2 });
  for (const key of ['a', 'b', 'c', 'd']) s.add(key);
  expect(s.all()).toEqual(['a', 'b']);
  s.scheduler.release('a');
  expect(s.all()).toEqual(['c']);
  s.scheduler.release('a');
  expect(s.all()).toEqual([]);
});

test('operators of an older job come before those of a younger one that waited longer', () => {
  const s = newScheduler({ cpus: 1 });
  s.add('old/1', 'normal', {}, 1);
  s.add('young/1', 'normal', {}, 2);
  s.add('old/2', 'normal', {}, 1);
  expect(sequence(s)).toEqual(['old/1', 'old/2', 'young/1']);
});

test('higher priorities are picked more often, and lower ones are not left out', () => {
  const s = newScheduler({ cpus: 1 });
  for (let n = 0; n < 70; n += 1) for (const priority of ['lower', 'normal', 'higher'] as const) s.add(`${priority}${n}`, priority);
  const picked = sequence(s, 70);
  const count = (priority: string) => picked.filter((key) => key.startsWith(priority)).length;
  expect([count('lower'), count('normal'), count('higher')]).toEqual([10, 20, 40]);
});

test('a priority that had nothing to do gets no credit for that', () => {
  const s = newScheduler({ cpus: 1 });
  for (let n = 0; n < 100; n += 1) s.add(`normal${n}`);
  expect(sequence(s, 50)).toHaveLength(50);
  for (let n = 0; n < 10; n += 1) s.add(`lower${n}`, 'lower');
  expect(sequence(s, 6).filter((key) => key.startsWith('lower')).length).toBeLessThanOrEqual(3);
});

test('while an immediate one waits, nothing else is picked, even where it does not fit', () => {
  const s = newScheduler({ cpus: 2 });
  s.add('running');
  expect(s.all()).toEqual(['running']);
  s.add('normal');
  s.add('now', 'immediate', { cpus: 2 });
  expect(s.all()).toEqual([]);
  s.scheduler.release('running');
  expect(s.all()).toEqual(['now']);
  s.scheduler.release('now');
  expect(s.all()).toEqual(['normal']);
});

test.each<[string, Partial<Capacity>, Partial<Demand>[], number[]]>([
  ['cpus', { cpus: 3 }, [{ cpus: 2 }, { cpus: 2 }, { cpus: 1 }], [0, 2]],
  ['memory', { memoryMb: 100 }, [{ memoryMb: 60 }, { memoryMb: 60 }, { memoryMb: 40 }], [0, 2]],
  ['gpus', { gpus: 2 }, [{ gpus: 1 }, { gpus: 2 }, { gpus: 1 }], [0, 2]],
  ['nothing', { cpus: 1 }, [{}, { cpus: 0 }, { cpus: 0 }], [0, 1, 2]],
])('a smaller one passes a bigger one that does not fit yet: %s', (_, has, demands, running) => {
  const s = newScheduler(has);
  for (const [index, demand] of demands.entries()) s.add(String(index), 'normal', demand);
  expect(s.all()).toEqual(running.map(String));
});

test.each(['normal', 'higher'] as const)('one that was passed over long enough gets its turn before a stream of small ones of priority %s', (priority) => {
  const s = newScheduler({ cpus: 2 });
  s.add('first', priority);
  expect(s.all()).toEqual(['first']);
  s.add('big', 'normal', { cpus: 2 });
  const order: string[] = [];
  const running = ['first'];
  for (let n = 0; n < 200 && !order.includes('big'); n += 1) {
    s.add(`small${n}`, priority);
    const picked = s.all();
    order.push(...picked);
    running.push(...picked);
    s.scheduler.release(running.shift()!);
  }
  expect(order).toContain('big');
  expect(order.length).toBeLessThan(120);
});

test('while a big one is owed its turn, what it does not need is still given out', () => {
  const s = newScheduler({ cpus: 4, gpus: 1 });
  s.add('holds the gpu', 'normal', { gpus: 1 });
  expect(s.all()).toEqual(['holds the gpu']);
  s.add('wants the gpu', 'normal', { gpus: 1 });
  for (let n = 0; n < 100; n += 1) {
    s.add(`small${n}`);
    expect(s.all()).toEqual([`small${n}`]);
    s.scheduler.release(`small${n}`);
  }
});

test('devices belong to one operator at a time and are handed on', () => {
  const s = newScheduler({ cpus: 8, gpus: 3 });
  s.scheduler.occupy('found', small, [1]);
  s.add('a', 'normal', { gpus: 1 });
  s.add('b', 'normal', { gpus: 1 });
  s.add('c', 'normal', { gpus: 1 });
  expect([s.scheduler.next(), s.scheduler.next(), s.scheduler.next()]).toEqual([{ key: 'a', gpus: [0] }, { key: 'b', gpus: [2] }, undefined]);
  s.scheduler.release('found');
  expect(s.scheduler.next()).toEqual({ key: 'c', gpus: [1] });
});

test('what was taken out of the line is not picked', () => {
  const s = newScheduler();
  for (const key of ['a1', 'b1', 'a2']) s.add(key);
  s.scheduler.remove((key) => key.startsWith('a'));
  expect(s.all()).toEqual(['b1']);
});

test('a long line costs no more than a short one', () => {
  const s = newScheduler({ cpus: 1 });
  s.scheduler.occupy('all', { ...small, cpus: 1 }, []);
  for (let n = 0; n < 100_000; n += 1) s.add(String(n));
  // Looking at all of them each time takes minutes: this test would time out.
  for (let n = 0; n < 1000; n += 1) expect(s.scheduler.next()).toBeUndefined();
});

test.each<[Partial<Demand>, string[]]>([
  [{}, []],
  [{ cpus: 4, memoryMb: 1000 }, []],
  [{ cpus: 5 }, ['CPUs: it requests 5, the platform has 4']],
  [{ memoryMb: 1001, gpus: 1 }, ['memory: it requests 1001 MB, the platform has 1000 MB', 'GPUs: it requests 1, the platform has 0']],
])('%j is told with the numbers where it can never fit', (demand, problems) => {
  expect(neverFits({ ...small, ...demand }, capacity())).toEqual(problems);
});
