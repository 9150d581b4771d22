import { expect, test } from 'vitest';
import { goalText, textOf } from '../../bench/runner/report.ts';
import { meets, median, ratios, spreadOf, turnOrder } from '../../bench/runner/statistics.ts';

test.each([
  [[5], 5],
  [[3, 1, 2], 2],
  [[10, 9, 100], 10],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('nothing has no median', () => {
  expect(() => median([])).toThrow(RangeError);
});

test('every pair gives one ratio, and the spread is that of the ratios', () => {
  const pairs = [{ product: 30, peer: 10 }, { product: 20, peer: 20 }, { product: 10, peer: 20 }];
  expect(ratios(pairs, 'time')).toEqual([3, 1, 0.5]);
  expect(ratios(pairs, 'speed')).toEqual([1 / 3, 1, 2]);
  expect(spreadOf(ratios(pairs, 'time'))).toEqual({ median: 1, min: 0.5, max: 3, count: 3 });
});

test.each([
  [{ atMost: 1.3 }, 1.3, true],
  [{ atMost: 1.3 }, 1.31, false],
  [{ atLeast: 0.85 }, 0.85, true],
  [{ atLeast: 0.85 }, 0.84, false],
])('goal %j against %d: %s', (goal, value, met) => {
  expect(meets(goal, value)).toBe(met);
});

test('every round begins with another contestant', () => {
  const rounds = [0, 1, 2, 3].map((round) => turnOrder(['a', 'b', 'c'], round).join(''));
  expect(rounds).toEqual(['abc', 'bca', 'cab', 'abc']);
});

test('a line tells what was compared, the ratio, the spread, the number of pairs and the goal, and no time', () => {
  const ratio = { median: 1.234, min: 1, max: 12.34, count: 7 };
  const line = { kind: 'ratio', bench: 'start', what: 'clara --help', against: 'node -e 0', of: 'time', ratio, goal: { atMost: 1.3 }, met: true } as const;
  expect(textOf(line).replace(/ +/g, ' ')).toBe(' clara --help, time against node -e 0 1.23 × (1.00 to 12.3, 7 pairs) goal ≤ 1.3 met');
  expect(textOf({ ...line, met: false })).toMatch(/missed$/);
  expect(goalText({ atLeast: 1 })).toBe('≥ 1');
  expect(textOf({ kind: 'left-out', bench: 'step', against: 'make', reason: 'it is not installed' })).toBe('  make: left out, it is not installed');
});
