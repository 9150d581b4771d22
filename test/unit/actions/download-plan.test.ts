import { describe, expect, test } from 'vitest';
import { planDownload } from '../../../src/actions/transfer/download-plan.ts';

const listing = [
  '/input/a.dcm', '/input/B.dcm', '/input/x (1).dcm', '/input/a[1].dcm', '/input/.hidden', '/input/sub/c.dcm', '/input/sub/deep/d.dcm', '/input/{a}',
  '/input/new\nline', '/operators/one/out.csv', '/operators/one/out/v.raw', '/operators/two/out.csv', '/operators/two/preview.png',
  '/input/Case.txt', '/input/case.txt',
].map((name) => ({ name, size: 2 }));

const targets = (path: string) => planDownload(listing, path).files.map((file) => file.segments.join('/'));

test.each([
  // One file, however it is written.
  ['/input/a.dcm', 'file', ['a.dcm']],
  ['input/a.dcm', 'file', ['a.dcm']],
  ['./input//a.dcm', 'file', ['a.dcm']],
  ['/input/x (1).dcm', 'file', ['x (1).dcm']],
  ['/input/{a}', 'file', ['{a}']],
  ['/input/Case.txt', 'file', ['Case.txt']],
  ['/input/case.txt', 'file', ['case.txt']],
  ['/INPUT/b.DCM', 'file', ['B.dcm']],
  // A name that looks like a pattern is taken as a name first.
  ['/input/a[1].dcm', 'file', ['a[1].dcm']],
  ['/input/a\\[1\\].dcm', 'file', ['a[1].dcm']],
  // A folder gives its content.
  ['/operators/two', 'folder', ['out.csv', 'preview.png']],
  ['/input/sub/', 'folder', ['c.dcm', 'deep/d.dcm']],
  ['/Operators/TWO', 'folder', ['out.csv', 'preview.png']],
  // Patterns: what is below the last folder without a wildcard stays.
  ['/operators/two/*', 'pattern', ['out.csv', 'preview.png']],
  ['/operators/one/*', 'pattern', ['out.csv', 'out/v.raw']],
  ['/operators/one/*.csv', 'pattern', ['out.csv']],
  ['/operators/*/out.csv', 'pattern', ['one/out.csv', 'two/out.csv']],
  ['/operators/*/out', 'pattern', ['one/out/v.raw']],
  ['/operators/**/*.raw', 'pattern', ['one/out/v.raw']],
  ['/**/*.png', 'pattern', ['operators/two/preview.png']],
  ['/input/?.dcm', 'pattern', ['B.dcm', 'a.dcm']],
  ['/input/[a-c].dcm', 'pattern', ['a.dcm']],
  ['/input/[!a].dcm', 'pattern', ['B.dcm']],
  ['/input/x (?).dcm', 'pattern', ['x (1).dcm']],
  ['/input/.h*', 'pattern', ['.hidden']],
  ['/input/new?line', 'pattern', ['new\nline']],
  ['/INPUT/*/C.dcm', 'pattern', ['sub/c.dcm']],
  ['/input/C*', 'pattern', ['Case.txt']],
] as const)('%s', (path, named, expected) => {
  expect(planDownload(listing, path).named).toBe(named);
  expect(targets(path).toSorted()).toEqual(expected.toSorted());
});

test.each(['', '/', '.', '**', '/*'])('%j is everything', (path) => {
  expect(targets(path)).toHaveLength(listing.length);
});

test('the plan counts bytes and is sorted', () => {
  const plan = planDownload([...listing].reverse(), '/operators');
  expect(plan.bytes).toBe(8);
  expect(plan.files.map((file) => file.name)).toEqual(['/operators/one/out.csv', '/operators/one/out/v.raw', '/operators/two/out.csv', '/operators/two/preview.png']);
});

test('nothing matched: the nearest names are told', () => {
  expect(() => planDownload(listing, '/operators/two/previw.png')).toThrow(expect.objectContaining({
    kind: 'not-found',
    message: 'no file of the payload matches `/operators/two/previw.png`',
    details: expect.arrayContaining(['nearest names:', '  /operators/two/preview.png']) as string[],
  }) as Error);
  expect(() => planDownload([], '*')).toThrow(expect.objectContaining({ kind: 'not-found', message: 'the payload holds no files' }) as Error);
});

test('`..` in a path is refused', () => {
  expect(() => planDownload(listing, '/input/../x')).toThrow(expect.objectContaining({ kind: 'usage' }) as Error);
});

test('without the exact name, names that differ in case only are ambiguous', () => {
  expect(() => planDownload(listing, '/input/CASE.txt')).toThrow(expect.objectContaining({
    kind: 'usage', message: '`input/CASE.txt` fits 2 names that differ in case only: /input/Case.txt, /input/case.txt',
  }) as Error);
});

describe('names of a hostile platform', () => {
  test.each(['/../x', '/input/../../x', '../x', '/input/..', '/input/a\0b', '..'])('%j is refused', (name) => {
    expect(() => planDownload([{ name, size: 1 }], '')).toThrow(expect.objectContaining({ kind: 'failed' }) as Error);
  });
  test.each([
    ['//etc/passwd', ['etc', 'passwd']],
    ['/./x', ['x']],
    ['/input/...', ['input', '...']],
    ['/a\\..\\b', ['a\\..\\b']],
  ])('%j stays inside', (name, segments) => {
    expect(planDownload([{ name, size: 1 }], '').files[0]!.segments).toEqual(segments);
  });
  test('they do not matter where they are not asked for', () => {
    expect(planDownload([{ name: '/../x', size: 1 }, { name: '/a', size: 1 }], '/a').files).toHaveLength(1);
  });
});
