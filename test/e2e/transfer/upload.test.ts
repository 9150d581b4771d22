import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { contentOf, folderOf, until } from '../../helpers/files.ts';
import { clara } from '../../helpers/run.ts';
import { interrupt, pester } from '../../helpers/interrupt.ts';
import { transferPlace } from '../../helpers/transfer-place.ts';

test('a folder arrives as it is, whatever its files are called', async () => {
  const { payload, stored, run } = await transferPlace();
  const source = folderOf({
    'a.dcm': randomBytes(100_000), 'empty': '', '-rf': 'x', '--resume': 'y', ' a b ': 'z', 'new\nline': '1', 'sub/ümlaut/日本.dcm': randomBytes(3_000_000),
    'back\\slash': '2', 'sub/[x]*?.dcm': '3', '.hidden': '4',
  });
  const done = await run(['upload', payload, source]);
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  expect(done.stdout).toMatch(/^uploaded 10 files, 2\.96 MiB in .* to \/ of payload /);
  expect(contentOf(stored)).toEqual(contentOf(source));
});

test('files are named by their bare names, and a folder of the payload can be given', async () => {
  const { payload, stored, run } = await transferPlace();
  const source = folderOf({ 'deep/a': '1', 'deep/-b': '2' });
  expect(await run(['upload', `${payload.slice(0, 32)}:in/to/`, '--', join(source, 'deep/a'), '-b'], { cwd: join(source, 'deep') })).toMatchObject({ exitCode: 0 });
  expect(Object.keys(contentOf(stored))).toEqual(['in/to/-b', 'in/to/a']);
});

test('what is printed as data names every file', async () => {
  const { payload, run } = await transferPlace();
  const source = folderOf({ a: '12', b: '' });
  expect(JSON.parse((await run(['upload', payload, source, '-o', 'json'])).stdout)).toEqual({ payloadId: payload, uploaded: [{ name: '/a', size: 2 }, { name: '/b', size: 0 }], skipped: [] });
  writeFileSync(join(source, 'c'), 'new');
  writeFileSync(join(source, 'b'), 'longer');
  expect(JSON.parse((await run(['upload', payload, source, '--resume', '-o', 'json'])).stdout)).toEqual({
    payloadId: payload, uploaded: [{ name: '/b', size: 6 }, { name: '/c', size: 3 }], skipped: [{ name: '/a', size: 2 }],
  });
  expect((await run(['upload', payload, source, '--resume'])).stdout).toBe('nothing left to upload\nleft out 3 files, 11 B: stored before with the same size\n');
});

test('a stored file of the same name is replaced', async () => {
  const { payload, stored, run } = await transferPlace();
  const source = folderOf({ a: 'old and long' });
  await run(['upload', payload, source]);
  writeFileSync(join(source, 'a'), 'new');
  await run(['upload', payload, source]);
  expect(readFileSync(join(stored, 'a'), 'utf8')).toBe('new');
});

test('two uploads at once to one payload both arrive', async () => {
  const { payload, stored, run } = await transferPlace();
  const one = folderOf(Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`one/${i}`, randomBytes(i * 100)])));
  const two = folderOf(Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`two/${i}`, randomBytes(i * 100)])));
  const results = await Promise.all([run(['upload', payload, one]), run(['upload', payload, two], { env: { GRPC_PARALLEL_STREAMS: '64', GRPC_CHUNK_SIZE: '1024' } })]);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(contentOf(stored)).toEqual({ ...contentOf(one), ...contentOf(two) });
});

test('links are followed, with a word about those that lead out; empty folders are told', async () => {
  const { payload, stored, run } = await transferPlace();
  const outside = folderOf({ x: 'out' });
  const source = folderOf({ a: '1' });
  mkdirSync(join(source, 'empty'));
  symlinkSync(outside, join(source, 'link'));
  const done = await run(['upload', payload, source]);
  expect(done).toMatchObject({ exitCode: 0, stderr: [
    `warning: 1 empty folder left out, a payload holds files only: ${source}/empty`, `warning: 1 link followed out of the folder: ${source}/link`, '',
  ].join('\n') });
  expect(Object.keys(contentOf(stored))).toEqual(['a', 'link/x']);
});

test('everything wrong with the input is told at once, before the platform is asked', async () => {
  const source = folderOf({ a: '1' });
  symlinkSync('nowhere', join(source, 'dangling'));
  const done = await clara(['upload', 'f'.repeat(32), source, join(source, 'none')], { env: { CLARA_HOST: '127.0.0.1:1' } });
  expect(done).toMatchObject({
    exitCode: 2, stdout: '',
    stderr: `error: nothing was uploaded: 2 problems with the input\n  no such file or folder, or a link to nothing: ${source}/dangling\n  no such file or folder, or a link to nothing: ${source}/none\n`,
  });
});

test.each([
  ['a payload that is not there', ['f'.repeat(32)], 4, /^error: no job and no payload has the id f+\nhint: /],
  ['no id', ['xyz'], 2, /^error: `xyz` is not a job id\nhint: /],
  ['a place above the payload', ['f'.repeat(32) + ':../x'], 2, /^error: `\.\.` is not possible in a payload path/],
  ['no id at all', [':x'], 2, /^error: `:x` names no job and no payload/],
])('%s', async (_name, args, exitCode, stderr) => {
  const { run } = await transferPlace();
  const done = await run(['upload', ...args, folderOf({ a: '1' })]);
  expect(done).toMatchObject({ exitCode, stdout: '' });
  expect(done.stderr).toMatch(stderr);
});

test('no platform: exit 3, and how to go on', async () => {
  const source = folderOf({ a: '1' });
  const done = await clara(['upload', 'f'.repeat(32), source], { env: { CLARA_HOST: '127.0.0.1:1' } });
  expect(done).toMatchObject({ exitCode: 3, stdout: '' });
  expect(done.stderr).toContain('error: no platform answered at 127.0.0.1:1 (connection refused)');
});

test.each([['Ctrl-C', interrupt], ['Ctrl-C that comes again and again, as from npm and `timeout`', pester]])('%s: exit 130; what is stored, what is left and how to go on is told, and going on works', async (_, stop) => {
  const { server, payload, stored, run } = await transferPlace();
  const source = folderOf({ 'a small': '1', 'big': '', 'c': '2' });
  // A file with a hole costs no disk here, and seconds on the way.
  truncateSync(join(source, 'big'), 3 * 1024 ** 3);
  const incoming = join(server.home, 'payloads/.incoming');
  const done = await run(['upload', payload, source], {
    env: { GRPC_PARALLEL_STREAMS: '1' },
    onSpawn: (child) => void until(() => existsSync(join(stored, 'a small')) && readdirSync(incoming).length > 0).then(() => stop(child)),
  });
  expect(done).toMatchObject({ exitCode: 130, stdout: '' });
  expect(done.stderr).toBe([
    'error: interrupted', 'uploaded: 2 of 3 files, 2 B of 3.00 GiB', 'left: big', `hint: continue with \`clara upload ${payload} --resume ${source}\``, '',
  ].join('\n'));
  await until(() => readdirSync(incoming).length === 0);
  expect(Object.keys(contentOf(stored))).toEqual(['a small', 'c']);

  truncateSync(join(source, 'big'), 1000);
  expect((await run(['upload', payload, source, '--resume'])).stdout).toMatch(/^uploaded 1 file, 1000 B|^uploaded 1 file, 0\.98 KiB/);
});

test('a platform that dies during the upload: exit 3, and how to go on', async () => {
  const { server, payload, run } = await transferPlace();
  const source = folderOf({ big: '' });
  truncateSync(join(source, 'big'), 3 * 1024 ** 3);
  const incoming = join(server.home, 'payloads/.incoming');
  const done = await run(['upload', payload, source], {
    onSpawn: () => void until(() => readdirSync(incoming).length > 0).then(() => server.kill()),
  });
  expect(done).toMatchObject({ exitCode: 3, stdout: '' });
  expect(done.stderr).toContain('left: big');
  expect(done.stderr).toContain('--resume');
});

test('settings of the transfer are checked', async () => {
  const done = await clara(['upload', 'f'.repeat(32), folderOf({ a: '1' })], { env: { CLARA_HOST: '127.0.0.1:1', GRPC_CHUNK_SIZE: '1' } });
  expect(done).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('GRPC_CHUNK_SIZE') as string });
});
