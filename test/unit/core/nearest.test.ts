import { expect, test } from 'vitest';
import { editDistance, nearest } from '../../../src/core/text/nearest.ts';

test.each([
  ['volum', ['volume', 'mask'], 'volume'],
  ['VOLUME', ['volumes', 'volume'], 'volume'],
  ['apiVersion', ['name', 'api-version'], 'api-version'],
  ['contianer', ['container', 'command'], 'container'],
  ['lsit', ['list', 'logs'], 'list'],
  ['xyz', ['container', 'command'], undefined],
  ['a', ['b'], undefined],
  ['a', ['ab'], 'ab'],
  ['a', ['bc'], undefined],
  ['anything', [], undefined],
  ['description', ['__proto__'], undefined],
])('nearest to %s of %j is %s', (name, candidates, meant) => {
  expect(nearest(name, candidates)).toBe(meant);
});

test('the banded distance is the plain one wherever it is within the limit', () => {
  const words = ['', 'a', 'ab', 'ba', 'abc', 'acb', 'cab', 'abcd', 'badc', 'abdc', 'xabc', 'abcx', 'aabbcc', 'abcabc', 'bcabca'];
  for (const left of words) {
    for (const right of words) {
      for (const limit of [0, 1, 2, 3, 6]) {
        expect([left, right, limit, editDistance(left, right, limit)]).toEqual([left, right, limit, Math.min(plainDistance(left, right), limit + 1)]);
      }
    }
  }
});

/** The textbook table, without any short cut. */
function plainDistance(left: string, right: string): number {
  const table = Array.from({ length: left.length + 1 }, (_, row) => Array.from({ length: right.length + 1 }, (_, column) => (row === 0 ? column : column === 0 ? row : 0)));
  for (let row = 1; row <= left.length; row += 1) {
    for (let column = 1; column <= right.length; column += 1) {
      const same = left[row - 1] === right[column - 1] ? 0 : 1;
      let cell = Math.min(table[row - 1]![column]! + 1, table[row]![column - 1]! + 1, table[row - 1]![column - 1]! + same);
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) cell = Math.min(cell, table[row - 2]![column - 2]! + 1);
      table[row]![column] = cell;
    }
  }
  return table[left.length]![right.length]!;
}
