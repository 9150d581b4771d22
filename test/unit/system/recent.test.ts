import { expect, it } from 'vitest';
import { Recent } from '../../../src/system/recent.ts';

it('answers from memory for as long as it was told, key by key', () => {
  const clock = { now: 0 };
  const recent = new Recent<number>(500, () => clock.now);
  let looks = 0;
  const look = () => recent.get('a', () => (looks += 1));
  expect([look(), look()]).toEqual([1, 1]);
  expect(recent.get('b', () => 7)).toBe(7);
  clock.now = 499;
  expect(look()).toBe(1);
  clock.now = 500;
  expect(look()).toBe(2);
});

it('remembers that there is nothing, and forgets what failed', () => {
  const recent = new Recent<string | undefined>(500, () => 0);
  expect(recent.get('none', () => undefined)).toBeUndefined();
  expect(recent.get('none', () => 'now there is')).toBeUndefined();
  expect(() => recent.get('failed', () => { throw new Error('no'); })).toThrow('no');
  expect(recent.get('failed', () => 'found')).toBe('found');
});

it('does not grow without bounds', () => {
  const recent = new Recent<number>(500, () => 0);
  for (let key = 0; key < 1000; key += 1) recent.get(String(key), () => key);
  recent.get('one more', () => 0);
  expect(recent.get('0', () => -1)).toBe(-1);
});
