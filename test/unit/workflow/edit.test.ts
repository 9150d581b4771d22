import { describe, expect, test } from 'vitest';
import { insertBlock, removeBlock } from '../../../src/workflow/values/edit.ts';
import { findMarks, pairOf } from '../../../src/workflow/values/marks.ts';

const block = '  ##BEGIN_new##\n  new:\n    image:\n      repository: new\n  ##END_new##\n';
const indentedBy = (blanks: number, lineEnd = '\n') => block.replaceAll(/^ {2}/gm, ' '.repeat(blanks)).replaceAll('\n', lineEnd);
const insert = (text: string) => insertBlock(text, 'stages', 'new', block, 'values.yaml');

const old = 'stages:\n  ##BEGIN_old##\n  old:\n    image: {repository: old}\n  ##END_old##\n';

describe('a block is put at the end of its table', () => {
  test.each([
    ['after the last one', old, old + block],
    ['into a table that is empty', 'a: 1\nstages:\n', `a: 1\nstages:\n${block}`],
    ['into one that is null', 'stages: ~ # none\nb: 2\n', undefined],
    ['before what follows', `${old}\n# about b\nb: 2\n`, `${old}${block}\n# about b\nb: 2\n`],
    ['after comments of the last entry', 'stages:\n  old:\n    image: {repository: old}\n    # of old\n# of b\nb: 2\n', `stages:\n  old:\n    image: {repository: old}\n    # of old\n${block}# of b\nb: 2\n`],
    ['with the indent of its neighbours', 'stages:\n    old:\n        image: {repository: old}\n', `stages:\n    old:\n        image: {repository: old}\n${indentedBy(4)}`],
    ['with the line ends of the file', old.replaceAll('\n', '\r\n'), (old + block).replaceAll('\n', '\r\n')],
    ['where the last line has no end', old.trimEnd(), `${old}${block}`.trimEnd()],
    ['where an empty table has no line end', 'stages:', `stages:\n${block}`.trimEnd()],
    ['after a mark that an editor put in front', `\uFEFF${old}`, `\uFEFF${old}${block}`],
    ['after letters beyond ASCII', `ä: "😀"\n${old}`, `ä: "😀"\n${old}${block}`],
    ['after a text of several lines', 'stages:\n  old:\n    note: |\n      one\n\n      two\n\nb: 2\n', `stages:\n  old:\n    note: |\n      one\n\n      two\n${block}\nb: 2\n`],
  ])('%s', (_, text, wanted) => {
    if (wanted === undefined) return expect(() => insert(text)).toThrow(/cannot be added/);
    expect(insert(text)).toBe(wanted);
    expect(removeBlock(wanted, 'new', 'values.yaml')).toBe(text);
  });

  test.each([
    ['a table in braces', 'stages: {old: {image: {repository: old}}}\n', /values\.yaml:1:9: `stages` is not written as one entry after the other/],
    ['an empty table in braces', 'stages: {}\n', /values\.yaml:1:9: /],
    ['no table', 'workflows: {}\n', /has no `stages`/],
    ['a list', 'stages:\n  - old\n', /values\.yaml:2:3: /],
    ['an entry of that name', 'stages:\n  new:\n    image: {}\n', /values\.yaml:\d+:\d+: |has `new` already/],
    ['two documents', `${old}---\nb: 2\n`, /values\.yaml:6:1: /],
  ])('not into %s', (_, text, message) => expect(() => insert(text)).toThrow(message));
});

describe('a block is taken away with its marks', () => {
  test.each([
    ['from the middle', `${old}${block}b: 2\n`, `${old}b: 2\n`],
    ['the only one', `stages:\n${block}b: 2\n`, 'stages:\nb: 2\n'],
    ['with blanks behind a mark', old + block.replace('##END_new##', '##END_new##  '), old],
  ])('%s', (_, text, wanted) => expect(removeBlock(text, 'new', 'values.yaml')).toBe(wanted));

  test.each([
    ['without marks', 'stages:\n  new:\n    image: {}\n', 'values.yaml has no marks of new'],
    ['with one mark', 'stages:\n  ##BEGIN_new##\n  new:\n    image: {}\n', 'values.yaml:2:3: ##BEGIN_new## has no ##END_new##'],
    ['with two first ones', `stages:\n  ##BEGIN_new##\n${block}`, 'values.yaml:3:3: ##BEGIN_new## stands there twice (lines 2 and 3)'],
    ['that lies across another', 'stages:\n  ##BEGIN_new##\n  new:\n    image: {}\n  ##BEGIN_old##\n  ##END_new##\n  old: {}\n  ##END_old##\n', 'values.yaml:5:3: ##BEGIN_old## stands between the marks of new'],
    ['around more than it', 'stages:\n  ##BEGIN_new##\n  new:\n    image: {}\n  old: {}\n  ##END_new##\n', 'values.yaml:2: more than the block of new lies between its marks, or not all of it'],
    ['around less than it', 'stages:\n  ##BEGIN_new##\n  ##END_new##\n  new:\n    image: {}\n', 'values.yaml:2: more than the block of new lies between its marks, or not all of it'],
  ])('not %s', (_, text, message) => expect(() => removeBlock(text, 'new', 'values.yaml')).toThrow(message));
});

test('marks are comments on lines of their own', () => {
  const text = 'a: "##BEGIN_x##"\n  ##BEGIN_x##\r\n\t##END_x## \nb: 1 ##END_x##\n';
  expect(findMarks(text).map(({ kind, position }) => [kind, position])).toEqual([['BEGIN', { line: 2, column: 3 }], ['END', { line: 3, column: 2 }]]);
  expect(pairOf(findMarks(text), 'x').kind).toBe('pair');
  expect(pairOf(findMarks(text), 'y').kind).toBe('none');
});
