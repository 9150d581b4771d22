import { describe, expect, test } from 'vitest';
import { editDistance, jobNameProblem, nameProblem, nearestName, quoted, visible } from '../../../src/core/names.ts';

describe('names of the language', () => {
  test.each(['a', 'dicom-reader', 'A_1', '-', '__proto__', '0', 'x'.repeat(255)])('%s is one', (name) => {
    expect(nameProblem(name)).toBeUndefined();
  });

  test.each([
    ['', 'is empty'],
    ['x'.repeat(256), 'has 256 characters; 255 are allowed'],
    ['a b', 'has a space at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed'],
    ['a.b', 'has "." at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed'],
    ['ab\n', 'has "\\n" at character 3; letters A-Z and a-z, digits, "-" and "_" are allowed'],
    ['gehirn-ä', 'has "ä" at character 8; letters A-Z and a-z, digits, "-" and "_" are allowed'],
    ['😀', 'has "😀" at character 1; letters A-Z and a-z, digits, "-" and "_" are allowed'],
    ['../x', 'has "." at character 1; letters A-Z and a-z, digits, "-" and "_" are allowed'],
  ])('%j is none', (name, problem) => {
    expect(nameProblem(name)).toBe(problem);
  });
});

describe('names of jobs', () => {
  test.each(['head', 'CT head 1', 'a.b_c-d', '.', 'x'.repeat(255)])('%s is one', (name) => {
    expect(jobNameProblem(name)).toBeUndefined();
  });

  test.each([
    ['', 'is empty'],
    [' a', 'starts with a space'],
    ['a ', 'ends with a space'],
    [' ', 'starts with a space'],
    ['a  b', 'has two spaces in a row at character 2'],
    ['a\tb', 'has "\\t" at character 2; letters A-Z and a-z, digits, "-", "_", "." and single spaces are allowed'],
    ['a/b', 'has "/" at character 2; letters A-Z and a-z, digits, "-", "_", "." and single spaces are allowed'],
    ['x'.repeat(256), 'has 256 characters; 255 are allowed'],
  ])('%j is none', (name, problem) => {
    expect(jobNameProblem(name)).toBe(problem);
  });
});

test.each([
  ['volum', ['volume', 'mask'], 'volume'],
  ['VOLUME', ['volumes', 'volume'], 'volume'],
  ['apiVersion', ['name', 'api-version'], 'api-version'],
  ['contianer', ['container', 'command'], 'container'],
  ['lsit', ['list', 'logs'], 'list'],
  ['xyz', ['container', 'command'], undefined],
  ['a', ['b'], 'b'],
  ['a', ['bc'], undefined],
  ['anything', [], undefined],
  ['description', ['__proto__'], undefined],
])('nearest to %s of %j is %s', (name, candidates, nearest) => {
  expect(nearestName(name, candidates)).toBe(nearest);
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

test('text from elsewhere is shown on one line, without control characters, cut', () => {
  expect(quoted('a"b\\c\n\u001b[31m')).toBe('"a\\"b\\\\c\\n\\u001b[31m"');
  expect(quoted('x'.repeat(100))).toBe(`"${'x'.repeat(80)}…"`);
  expect(visible('\u202egnp.exe \ud800 😀')).toBe('\\u202egnp.exe \\ud800 😀');
});
