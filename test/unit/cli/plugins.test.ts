import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { builtInNames } from '../../../src/cli/built-in-names.ts';
import { verbs } from '../../../src/cli/declarations/index.ts';
import { parseAnswer } from '../../../src/cli/plugins/ask-words.ts';
import { fileNameOf, findPlugin, locateIn, wordsOf } from '../../../src/cli/plugins/find.ts';
import { parseInterpreter } from '../../../src/cli/plugins/interpreter.ts';
import { parseSidecar } from '../../../src/cli/plugins/sidecar.ts';
import { packageSpec } from '../../../src/cli/plugins/source.ts';
import { pluginWords } from '../../../src/terminal/program/candidates.ts';
import { npmFailure } from '../../../src/tools/npm.ts';
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

test('the built-in names are those of the declarations, and `help`', () => {
  expect([...builtInNames].sort()).toEqual([...verbs.map(({ name }) => name), 'help'].sort());
});

test.each([
  ['clara-foo', ['foo']],
  ['clara-foo-bar-baz', ['foo', 'bar', 'baz']],
  ['clara-foo_bar-x', ['foo-bar', 'x']],
  ['clara-_x', ['_x']],
  ['clara-v1.2', ['v1.2']],
  ['clara-', undefined],
  ['clara--x', undefined],
  ['clara-x-', undefined],
  ['other', undefined],
])('%s is run by %j, and found by it', (fileName, words) => {
  expect(wordsOf(fileName)).toEqual(words);
  if (words !== undefined) expect(fileNameOf(words)).toBe(fileName);
});

test.each([
  ['{"summary": "Say hello", "completion": true}', 'Say hello', true, undefined],
  ['{"summary": "\\n  First line \\nsecond", "other": 1}', 'First line', false, undefined],
  ['{}', undefined, false, undefined],
  ['{', undefined, false, /^clara-x\.json is not valid JSON \(.+\)$/],
  ['[]', undefined, false, 'clara-x.json is not a JSON object'],
  ['{"summary": 7, "completion": true}', undefined, true, '"summary" in clara-x.json is not text'],
  ['{"summary": "a", "completion": "yes"}', 'a', false, '"completion" in clara-x.json is neither true nor false'],
])('the sidecar %s', (text, summary, completion, problem) => {
  const read = parseSidecar(text, 'clara-x.json');
  expect(read).toMatchObject({ summary, completion });
  if (problem instanceof RegExp) expect(read.problem).toMatch(problem);
  else expect(read.problem).toBe(problem);
});

test.each([
  ['#!/bin/bash\necho', { kind: 'path', path: '/bin/bash', args: '' }],
  ['#! /bin/sh -eu\r\n', { kind: 'path', path: '/bin/sh', args: '-eu' }],
  ['#!/usr/bin/env node\n', { kind: 'env', name: 'node' }],
  ['#!/usr/bin/env -S node --enable-source-maps\n', undefined],
  ['#!/usr/bin/env A=b node\n', undefined],
  ['echo plain\n', undefined],
  ['\u007fELF', undefined],
  ['', undefined],
])('the first line %j', (start, interpreter) => {
  expect(parseInterpreter(start)).toEqual(interpreter);
});

test('the answer of a plugin to __complete: words that go on from what is typed, meanings, a directive', () => {
  expect(parseAnswer('version\tprint it\nverify\nother\n:nospace\n', 've')).toEqual({ directive: 'nospace', candidates: [{ word: 'version', meaning: 'print it' }, { word: 'verify', meaning: '' }] });
  expect(parseAnswer(':files\n', 'x')).toEqual({ directive: 'files', candidates: [] });
  expect(parseAnswer('a\u001b[2J\n\n:unknown\n', '')).toEqual({ directive: 'none', candidates: [] });
});

test('the next words of plugins, with the summary of the one that ends there', () => {
  const plugins = [{ name: 'foo bar', summary: 'Bar' }, { name: 'foo', summary: 'Foo' }, { name: 'foo bar baz', summary: undefined }, { name: 'x', summary: undefined }];
  expect(pluginWords(plugins, [])).toEqual([{ word: 'foo', meaning: 'Foo' }, { word: 'x', meaning: 'Plugin' }]);
  expect(pluginWords(plugins, ['foo'])).toEqual([{ word: 'bar', meaning: 'Bar' }]);
  expect(pluginWords(plugins, ['foo', 'bar'])).toEqual([{ word: 'baz', meaning: 'Plugin' }]);
  expect(pluginWords(plugins, ['y'])).toEqual([]);
});

test.each(['clara-hello', '@hospital/clara-dicom@2', 'clara-x@latest', 'https://example.org/x.tgz', 'git+https://example.org/x.git'])('%s is a package', (word) => {
  expect(packageSpec(word)).toBe(word);
});

test.each(['./hello', '-g', '--prefix=/', 'a b', 'user/repo', 'file:x', '../x', ''])('%j is neither there nor a package', (word) => {
  expect(() => packageSpec(word)).toThrow(`there is no file and no folder "${word}"`);
});

// Lines of npm 10.8 and, the third, of npm 8.
test.each([
  ['npm error code E404\nnpm error 404 Not Found - GET https://r/clara-x - Not found\nnpm error 404\nnpm error 404  \'clara-x@*\' is not in this registry.\nnpm error A complete log of this run can be found in: /x\n', 'not-found', 'npm cannot install clara-x (Not Found - GET https://r/clara-x - Not found)'],
  ['npm error code ECONNREFUSED\nnpm error syscall connect\nnpm error errno ECONNREFUSED\nnpm error FetchError: request to http://127.0.0.1:1/clara-x failed\n', 'unreachable', 'npm cannot install clara-x (FetchError: request to http://127.0.0.1:1/clara-x failed)'],
  ['npm ERR! code EJSONPARSE\nnpm ERR! path /x/package.json\nnpm ERR! Invalid package.json\n', 'failed', 'npm cannot install clara-x (Invalid package.json)'],
  ['', 'failed', 'npm cannot install clara-x (exit code 1)'],
])('what npm says of a failure, in one line: %#', (stderr, kind, message) => {
  expect(npmFailure('clara-x', { exitCode: 1, stdout: '', stderr })).toMatchObject({ kind, message });
});
