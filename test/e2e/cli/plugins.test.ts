import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { clara, root, tempDir, type RunOptions } from '../../helpers/run.ts';

/** A folder on PATH with plugins in it, and a `clara` that sees them. */
function withPlugins(plugins: Readonly<Record<string, string>>, folder = 'on-path') {
  const home = tempDir();
  const place = join(home, folder);
  mkdirSync(place, { recursive: true });
  for (const [name, script] of Object.entries(plugins)) {
    writeFileSync(join(place, name), script);
    chmodSync(join(place, name), 0o755);
  }
  const path = folder === 'plugins' ? process.env.PATH : `${place}:${process.env.PATH}`;
  return {
    home, place,
    run: (args: readonly string[], options: RunOptions = {}) => clara(args, { ...options, env: { CLARA_HOME: home, PATH: path, ...options.env } }),
  };
}

// The example of the guide; docs/plugins.md has it as it is typed.
const hello = '#!/bin/bash\nif [[ "$1" == "version" ]]; then echo "1.0.0"; exit 0; fi\necho "hello, world"\n';

test('the guide\'s example: clara hello, clara hello version', async () => {
  const { run } = withPlugins({ 'clara-hello': hello });
  expect(await run(['hello'])).toEqual({ exitCode: 0, signal: null, stdout: 'hello, world\n', stderr: '' });
  expect((await run(['hello', 'version'])).stdout).toBe('1.0.0\n');
  expect((await run(['help', 'hello'])).stdout).toBe('hello, world\n');
});

test('arguments, standard input, exit code and argv[0] pass through', async () => {
  const { run, place } = withPlugins({ 'clara-show': '#!/bin/bash\nprintf "%s|" "$0" "$@"; cat; echo oops >&2; exit 42\n' });
  expect(await run(['show', 'a b', '--host', '*', '-y', ''], { input: 'from stdin' })).toEqual({
    exitCode: 42, signal: null, stdout: `${place}/clara-show|a b|--host|*|-y||from stdin`, stderr: 'oops\n',
  });
});

test('a plugin learns what is in force', async () => {
  const { run, home } = withPlugins({ 'clara-env': '#!/bin/sh\necho "$CLARA_BIN $CLARA_HOME $CLARA_CONFIG $CLARA_HOST $OTHER"\n' });
  writeFileSync(join(home, 'config.yaml'), 'host: from-file\n');
  expect((await run(['env'], { env: { OTHER: 'kept' } })).stdout).toBe(`${join(root, 'bin/clara')} ${home} ${join(home, 'config.yaml')} from-file:30031 kept\n`);
});

test('built-ins win, and cannot be extended', async () => {
  const { run } = withPlugins({ 'clara-version': hello, 'clara-version-foo': hello, 'clara-list': hello });
  expect((await run(['version'])).stdout).toMatch(/^Clara CLI version/);
  expect(await run(['version', 'foo'])).toMatchObject({ exitCode: 2, stdout: '' });
  expect(await run(['list', 'pipelines'], { env: { CLARA_HOST: '127.0.0.1:1' } })).toMatchObject({ exitCode: 3, stdout: '' });
});

test('the longest name wins; dashes inside a word are underscores in the file', async () => {
  const echo = '#!/bin/bash\necho "${0##*/} $*"\n';
  const { run } = withPlugins({ 'clara-foo': echo, 'clara-foo-bar-baz': echo, 'clara-two_words': echo });
  expect((await run(['foo', 'bar', 'baz', 'buz', '--flag'])).stdout).toBe('clara-foo-bar-baz buz --flag\n');
  expect((await run(['foo', 'bar'])).stdout).toBe('clara-foo bar\n');
  expect((await run(['two-words', 'x'])).stdout).toBe('clara-two_words x\n');
  expect((await run(['two_words'])).stdout).toBe('clara-two_words \n');
});

test('a plugin that is not executable is named; so is one that a flag stands before', async () => {
  const { run, place } = withPlugins({ 'clara-hello': hello, 'clara-plain': hello });
  chmodSync(join(place, 'clara-plain'), 0o644);
  expect(await run(['plain', 'x'])).toMatchObject({ exitCode: 2, stdout: '', stderr: `error: the plugin ${place}/clara-plain is not executable\nhint: run \`chmod +x ${place}/clara-plain\`\n` });
  expect(await run(['--verbose', 'hello'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('error: `hello` is a plugin, and flags come after its name\n') as string });
  expect(await run(['helo'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('hint: did you mean `clara hello`?\n') as string });
});

test('a file clara-help is never run', async () => {
  const { run } = withPlugins({ 'clara-help': hello });
  expect((await run(['help'])).stdout).toMatch(/^Usage: clara /);
});

// Node.js cannot tell whether `clara` was in between: modules, streams that nobody has opened, signals, exit codes, a failure's own words.
test.each(['env', 'path'])('a script for this Node.js (%s) runs as if it were started by itself', async (way) => {
  const first = way === 'env' ? '#!/usr/bin/env node' : `#!${process.execPath}`;
  const script = `${first}
const { readFileSync, writeSync } = require('node:fs');
const [, path, how] = process.argv;
switch (how) {
  case 'show':
    writeSync(1, JSON.stringify([require.main === module, path, process.argv.slice(3), readFileSync(0, 'utf8').length, process.env.CLARA_HOST, process.listenerCount('SIGTERM'), process.exitCode ?? null]));
    process.exitCode = 9;
    break;
  case 'throw': throw new Error('my own words');
  case 'signal': console.log(process.ppid); setInterval(() => undefined, 1000); break;
}
`;
  const { run, place } = withPlugins({ 'clara-node': script });
  const input = 'x'.repeat(1_000_000);
  const env = { PATH: `${place}:${process.execPath.replace(/\/node$/, '')}:${process.env.PATH}` };
  expect(await run(['node', 'show', 'a b', '--host', 'h'], { env, input })).toEqual({
    exitCode: 9, signal: null, stderr: '', stdout: JSON.stringify([true, `${place}/clara-node`, ['a b', '--host', 'h'], input.length, 'localhost:30031', 0, null]),
  });
  const thrown = await run(['node', 'throw'], { env });
  expect(thrown).toMatchObject({ exitCode: 1, stdout: '' });
  expect(thrown.stderr).toMatch(new RegExp(`^${place}/clara-node:\\d+\n[^]*Error: my own words\n`));
  const ended = await run(['node', 'signal'], { env, onSpawn: (child) => void once(child.stdout!, 'data').then(() => child.kill('SIGTERM')) });
  // One process, not two: its parent is we, and the signal ended it.
  expect(ended).toMatchObject({ signal: 'SIGTERM', stdout: `${process.pid}\n` });
});

test('an ES module works, too; one for another Node.js is started by that', async () => {
  const { run, place } = withPlugins({ 'clara-esm': '#!/usr/bin/env node\nimport("./clara-part.mjs");\n', 'clara-part.mjs': 'console.log(await Promise.resolve("module"));\n', 'clara-other': '#!/usr/bin/env node\n', node: '#!/bin/sh\necho "another node $1"\n' });
  expect((await run(['esm'], { env: { PATH: `${process.execPath.replace(/\/node$/, '')}:${place}:${process.env.PATH}` } })).stdout).toBe('module\n');
  expect((await run(['other'])).stdout).toBe(`another node ${place}/clara-other\n`);
});

test('plugins in ~/.clara/plugins are found without PATH, and named in the help', async () => {
  const { run } = withPlugins({ 'clara-hello': hello }, 'plugins');
  expect((await run(['hello'])).stdout).toBe('hello, world\n');
  expect((await run(['--help'])).stdout).toMatch(/^Plugins:\n(.*\n)*? {2}hello /m);
});

test('CLARA_NO_PLUGINS turns them off; flags before the name do not reach them', async () => {
  const { run } = withPlugins({ 'clara-hello': hello });
  expect(await run(['hello'], { env: { CLARA_NO_PLUGINS: '1' } })).toMatchObject({ exitCode: 2, stdout: '' });
  expect(await run(['--verbose', 'hello'])).toMatchObject({ exitCode: 2, stdout: '' });
});

test('a script whose interpreter is missing is exit 5 with the reason; one without a `#!` line is run by the shell, as the shell does', async () => {
  const { run } = withPlugins({ 'clara-plain': 'echo plain $1\n', 'clara-lost': `#!${tempDir()}/interpreter\n` });
  expect(await run(['lost'])).toMatchObject({ exitCode: 5, stdout: '', stderr: expect.stringMatching(/^error: \S+clara-lost cannot be run \(the interpreter that its `#!` line names does not exist\)\n/) as string });
  expect(await run(['plain', 'x'])).toMatchObject({ exitCode: 0, stdout: 'plain x\n' });
});

test('signals reach the plugin, and its end is ours', async () => {
  const { run } = withPlugins({ 'clara-trap': '#!/bin/bash\ntrap "echo got it; exit 7" TERM INT\necho ready\nwhile :; do sleep 0.05; done\n', 'clara-die': '#!/bin/bash\nkill -KILL $$\n' });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const finished = await run(['trap'], { onSpawn: (child) => void once(child.stdout!, 'data').then(() => child.kill(signal)) });
    expect(finished, signal).toMatchObject({ exitCode: 7, stdout: 'ready\ngot it\n' });
  }
  expect(await run(['die'])).toMatchObject({ exitCode: 137 });
});
