import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPlugin, locateIn } from '../../../src/cli/plugins.ts';
import { tempDir } from '../../helpers/run.ts';

/** A search that knows these file names. */
function having(...names: string[]): (name: string) => string | undefined {
  return (name) => (names.includes(name) ? `/p/${name}` : undefined);
}

// kubectl 1.12, "Extend kubectl with plugins"; reference numbers are those of the plugin rules.
test.each([
  ['a word names a file', ['hello'], ['clara-hello'], '/p/clara-hello', []],
  ['words after the name are arguments (2)', ['foo', 'bar', 'baz', 'buz', '--flag'], ['clara-foo-bar-baz'], '/p/clara-foo-bar-baz', ['buz', '--flag']],
  ['the longest name wins (2)', ['foo', 'bar', 'x'], ['clara-foo', 'clara-foo-bar'], '/p/clara-foo-bar', ['x']],
  ['a flag ends the name (2)', ['foo', '--x', 'bar'], ['clara-foo', 'clara-foo-bar'], '/p/clara-foo', ['--x', 'bar']],
  ['a single dash ends the name, too', ['foo', '-', 'bar'], ['clara-foo', 'clara-foo-bar'], '/p/clara-foo', ['-', 'bar']],
  ['a dash in a word is an underscore in the file (5)', ['foo-bar', 'x'], ['clara-foo_bar'], '/p/clara-foo_bar', ['x']],
  ['an underscore in a word stays one (5)', ['foo_bar'], ['clara-foo_bar'], '/p/clara-foo_bar', []],
  ['a dashed word is not two words', ['foo-bar'], ['clara-foo-bar'], undefined, []],
  ['nothing fits', ['foo'], ['clara-bar'], undefined, []],
  ['a path is no name', ['../../bin/sh'], ['clara-../../bin/sh'], undefined, []],
  ['an empty word ends the name', ['foo', '', 'bar'], ['clara-foo'], '/p/clara-foo', ['', 'bar']],
  ['arguments pass unchanged (3)', ['foo', 'a b', '$x', '*'], ['clara-foo'], '/p/clara-foo', ['a b', '$x', '*']],
] as const)('%s', (_what, argv, files, path, args) => {
  expect(findPlugin(argv, having(...files))).toEqual(path === undefined ? undefined : { path, args });
});

test('a very long line is looked up by names that a disk can hold', () => {
  const asked: string[] = [];
  findPlugin(Array.from({ length: 500 }, (_, i) => `word${i}`), (name) => { asked.push(name); return undefined; });
  expect(Math.max(...asked.map((name) => name.length))).toBeLessThanOrEqual(255);
  expect(asked.at(-1)).toBe('clara-word0');
});

test('the first folder with an executable file of the name wins (6, 7)', () => {
  const [a, b, c] = ['a', 'b', 'c'].map((name) => join(tempDir(), name)) as [string, string, string];
  for (const folder of [a, b, c]) mkdirSync(folder);
  mkdirSync(join(a, 'clara-x'));
  writeFileSync(join(b, 'clara-x'), '');
  writeFileSync(join(c, 'clara-x'), '');
  chmodSync(join(c, 'clara-x'), 0o755);
  expect(locateIn([a, b, '/nonexistent', c])('clara-x')).toBe(join(c, 'clara-x'));
  expect(locateIn([a, b])('clara-x')).toBeUndefined();
});
