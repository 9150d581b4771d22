import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { JobsService, PayloadsService } from '../../../src/api/services.ts';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { ClaraError } from '../../../src/core/errors.ts';
import { contentOf, folderOf, until } from '../../helpers/files.ts';
import { serve, startGrpcServer } from '../../helpers/grpc-server.ts';
import { missing } from '../../helpers/require.ts';
import { clara, run as runProgram, tempDir } from '../../helpers/run.ts';
import { interrupt, pester } from '../../helpers/interrupt.ts';
import { transferPlace } from '../../helpers/transfer-place.ts';

/** A platform with these files in a payload. */
async function placeWith(files: Readonly<Record<string, string | Buffer>>) {
  const place = await transferPlace();
  const source = folderOf(files);
  await place.run(['upload', place.payload, source]);
  return { ...place, source };
}

test('everything comes back as it went', async () => {
  const { payload, run, source } = await placeWith({
    'a.dcm': randomBytes(3_000_000), 'empty': '', '-rf': 'x', ' a b ': 'z', 'new\nline': '1', 'sub/ümlaut/日本.dcm': '2', 'sub/[x]*?.dcm': '3', 'back\\slash': '4',
  });
  const to = join(tempDir(), 'new/folder');
  const done = await run(['download', `${payload}:/`, to]);
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  expect(done.stdout).toMatch(/^downloaded 8 files, 2\.86 MiB in .* to .*new\/folder\n$/);
  expect(contentOf(to)).toEqual(contentOf(source));
});

test('patterns choose, and folders below them are kept', async () => {
  const { payload, run } = await placeWith({ 'ops/one/a.csv': '1', 'ops/one/b.raw': '2', 'ops/one/sub/c.csv': '3', 'ops/two/a.csv': '4', 'ops/two/A.CSV': '5' });
  const fetched = async (pattern: string) => {
    const to = tempDir();
    const { exitCode } = await run(['download', `${payload}:${pattern}`, to]);
    return [exitCode, ...Object.keys(contentOf(to))];
  };
  expect(await fetched('/ops/one/*')).toEqual([0, 'a.csv', 'b.raw', 'sub/c.csv']);
  expect(await fetched('ops/one/*.csv')).toEqual([0, 'a.csv']);
  expect(await fetched('/ops/*/a.csv')).toEqual([0, 'one/a.csv', 'two/a.csv']);
  expect(await fetched('**/c.csv')).toEqual([0, 'ops/one/sub/c.csv']);
  expect(await fetched('/OPS/One/?.RAW')).toEqual([0, 'b.raw']);
  expect(await fetched('/ops/two/A.CSV')).toEqual([0, 'A.CSV']);
});

test('one file: to a path, into a folder, to standard output', async () => {
  const content = randomBytes(700_000);
  const { payload, run } = await placeWith({ 'in/a.dcm': content, 'in/b.dcm': '' });
  const to = tempDir();
  expect(await run(['download', `${payload}:/in/a.dcm`, 'copy.dcm'], { cwd: to })).toMatchObject({ exitCode: 0 });
  expect(await run(['download', `${payload}:/in/a.dcm`], { cwd: to })).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(to, 'copy.dcm')).equals(content) && readFileSync(join(to, 'a.dcm')).equals(content)).toBe(true);
  const piped = await runProgram('/bin/sh', ['-c', '"$0" "$1" download "$2" - > out', process.execPath, join(import.meta.dirname, '../../../bin/clara'), `${payload}:/in/a.dcm`], { cwd: to, env: { CLARA_HOST: (await hostOf(run)).trim() } });
  expect(piped).toMatchObject({ exitCode: 0, stderr: '' });
  expect(readFileSync(join(to, 'out')).equals(content)).toBe(true);
  expect(await run(['download', `${payload}:/in/*`, '-'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('takes one file, and 2 files match') as string });
});

/** The platform that `run` talks to, as the program itself sees it. */
async function hostOf(run: (args: readonly string[]) => ReturnType<typeof clara>): Promise<string> {
  const { client: _, platform } = JSON.parse((await run(['version', '-o', 'json', '--verbose'])).stdout) as { client: unknown; platform: { host: string } };
  return platform.host;
}

test('what is printed as data says where each file lies', async () => {
  const { payload, run } = await placeWith({ 'in/a': '12', 'in/s/b': '' });
  const to = tempDir();
  expect(JSON.parse((await run(['download', `${payload}:/in/*`, to, '-o', 'json'])).stdout)).toEqual({
    payloadId: payload, files: [{ name: '/in/a', size: 2, path: join(to, 'a') }, { name: '/in/s/b', size: 0, path: join(to, 's/b') }],
  });
});

test('nothing matches: exit 4, the nearest names, nothing made', async () => {
  const { payload, run } = await placeWith({ 'in/preview.png': '1', 'other': '2' });
  const to = join(tempDir(), 'new');
  const done = await run(['download', `${payload}:/in/previw.png`, to]);
  expect(done).toMatchObject({ exitCode: 4, stdout: '' });
  expect(done.stderr).toContain('error: no file of the payload matches `/in/previw.png`\nnearest names:\n  /in/preview.png\n');
  expect(() => readdirSync(to)).toThrow('ENOENT');
});

test.each([
  ['no path', ['f'.repeat(32)], 2, /does not say which files/],
  ['a payload that is not there', ['f'.repeat(32) + ':/x'], 4, /no job and no payload has the id/],
  ['a way up', ['PAYLOAD:/../x'], 2, /`\.\.` is not possible in a payload path/],
  ['an empty payload', ['PAYLOAD:/x'], 4, /the payload holds no files/],
  ['an empty destination', ['PAYLOAD:/x', ''], 2, /the destination is empty/],
])('%s', async (_name, args, exitCode, stderr) => {
  const { payload, run } = await transferPlace();
  const done = await run(['download', ...args.map((arg) => arg.replace('PAYLOAD', payload))], { cwd: tempDir() });
  expect(done).toMatchObject({ exitCode, stdout: '' });
  expect(done.stderr).toMatch(stderr);
});

test('existing files are replaced, links in their place too; a link to a folder is refused', async () => {
  const { payload, run } = await placeWith({ 'a': 'new', 'b': 'new', 'sub/c': 'new' });
  const [to, outside] = [tempDir(), tempDir()];
  writeFileSync(join(outside, 'target'), 'old');
  writeFileSync(join(to, 'a'), 'old');
  symlinkSync(join(outside, 'target'), join(to, 'b'));
  expect(await run(['download', `${payload}:/[ab]`, to])).toMatchObject({ exitCode: 0 });
  expect([readFileSync(join(to, 'a'), 'utf8'), readFileSync(join(to, 'b'), 'utf8'), readFileSync(join(outside, 'target'), 'utf8')]).toEqual(['new', 'new', 'old']);
  symlinkSync(outside, join(to, 'sub'));
  const refused = await run(['download', `${payload}:/`, to]);
  expect(refused).toMatchObject({ exitCode: 1 });
  expect(refused.stderr).toContain('it is a link, which may lead out of the destination');
  expect(readdirSync(outside)).toEqual(['target']);
});

test('names of a hostile platform do not leave the destination', async () => {
  const names = ['/../evil', '/ok'];
  const noJob = () => { throw new ClaraError('not-found', 'no such job', { wireCode: WireCode.missingJob }); };
  const target = await startGrpcServer([serve(JobsService, { status: noJob }), serve(PayloadsService, {
    async *details() { for (const name of names) yield { file: { mode: 0, size: 1, name } }; },
    async *download() { yield { data: Buffer.from('x') }; },
  })]);
  const parent = tempDir();
  mkdirSync(join(parent, 'to'));
  const done = await clara(['download', `${'f'.repeat(32)}:/`, join(parent, 'to')], { env: { CLARA_HOST: target } });
  expect(done).toMatchObject({ exitCode: 1, stdout: '' });
  expect(done.stderr).toBe('error: nothing was downloaded: the platform lists names that could leave the destination: /../evil\n');
  expect(readdirSync(parent)).toEqual(['to']);
  expect(readdirSync(join(parent, 'to'))).toEqual([]);
});

test.each([['Ctrl-C', interrupt], ['Ctrl-C that comes again and again, as from npm and `timeout`', pester]])('%s: exit 130; no part is left, what is whole stays, what is left is told', async (_, stop) => {
  const { payload, run, stored } = await placeWith({ 'a': '1', 'big': '' });
  // A file with a hole costs no disk on the platform, and seconds on the way.
  truncateSync(join(stored, 'big'), 3 * 1024 ** 3);
  const to = tempDir();
  const done = await run(['download', `${payload}:/`, to], {
    env: { GRPC_PARALLEL_STREAMS: '1' },
    onSpawn: (child) => void until(() => readdirSync(to).includes('a') && readdirSync(to).some((name) => name.endsWith('.part'))).then(() => stop(child)),
  });
  expect(done).toMatchObject({ exitCode: 130, stdout: '', stderr: 'error: interrupted\ndownloaded: 1 of 2 files, 1 B of 3.00 GiB\nleft: /big\n' });
  expect(readdirSync(to)).toEqual(['a']);
});

test('a platform that dies during the download: exit 3, no part is left', async () => {
  const { server, payload, run, stored } = await placeWith({ big: '' });
  truncateSync(join(stored, 'big'), 3 * 1024 ** 3);
  const to = tempDir();
  const done = await run(['download', `${payload}:/`, to], {
    onSpawn: () => void until(() => readdirSync(to).some((name) => name.endsWith('.part'))).then(() => server.kill()),
  });
  expect(done).toMatchObject({ exitCode: 3, stdout: '' });
  expect(done.stderr).toContain('left: /big');
  expect(readdirSync(to)).toEqual([]);
});

test.skipIf(missing('root'))('a full disk: the old file stays whole, no part is left', async () => {
  const { payload, run } = await placeWith({ big: randomBytes(3_000_000) });
  const to = tempDir();
  expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', to]).status).toBe(0);
  onTestFinished(() => void spawnSync('umount', [to]));
  writeFileSync(join(to, 'big'), 'old');
  const done = await run(['download', `${payload}:/big`, to]);
  expect(done).toMatchObject({ exitCode: 1, stdout: '' });
  expect(done.stderr).toMatch(/^error: cannot write .*big \(ENOSPC: no space left on device/);
  expect(readdirSync(to)).toEqual(['big']);
  expect(readFileSync(join(to, 'big'), 'utf8')).toBe('old');
});
