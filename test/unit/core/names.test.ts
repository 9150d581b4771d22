import { describe, expect, test } from 'vitest';
import { jobNameProblem, nameProblem, quoted, visible } from '../../../src/core/names.ts';

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

test('text from elsewhere is shown on one line, without control characters, cut', () => {
  expect(quoted('a"b\\c\n\u001b[31m')).toBe('"a\\"b\\\\c\\n\\u001b[31m"');
  expect(quoted('x'.repeat(100))).toBe(`"${'x'.repeat(80)}…"`);
  expect(visible('\u202egnp.exe \ud800 😀')).toBe('\\u202egnp.exe \\ud800 😀');
});
