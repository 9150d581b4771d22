import { createServer, type AddressInfo } from 'node:net';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { contentOf, folderOf, until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { clara, tempDir, type RunOptions } from '../../helpers/run.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';
import { transferPlace } from '../../helpers/transfer-place.ts';

const without = missing('bwrap');

const copies = shellOperators({ one: 'cp /input/a /output/x; echo said one', two: 'mkdir /output/sub; tr a-z A-Z < /before/x > /output/sub/y' });

test.skipIf(without)('from a definition and its input to the outputs, and the definition is registered once', async () => {
  const { run } = await transferPlace();
  const source = folderOf({ 'pipeline.yaml': copies, 'in/a': 'hello' });
  const args = ['run', '-p', 'pipeline.yaml', '-f', 'in', '-o', 'out'];
  const first = await run(args, { cwd: source });
  expect(first.exitCode).toBe(0);
  expect(first.stdout).toMatch(/^JOB_ID:[0-9a-f]{32}\nPAYLOAD_ID:[0-9a-f]{32}\n\nOPERATOR .*DURATION\none +COMPLETED .*\ntwo +COMPLETED .*\n\nOUTPUT:out\n$/);
  expect(first.stderr).toMatch(/^pipeline [0-9a-f]{32} created\nuploaded 1 file, 5 B in .*\n/);
  for (const line of ['one: completed', 'two: completed']) expect(first.stderr).toContain(`${line}\n`);
  expect(Object.keys(contentOf(join(source, 'out')))).toEqual(['one/x', 'two/sub/y']);
  expect(readFileSync(join(source, 'out/two/sub/y'), 'utf8')).toBe('HELLO');

  const second = await run(args, { cwd: source });
  expect(second.stderr).toMatch(/^pipeline [0-9a-f]{32} has this definition already\n/);
  expect((await run(['list', 'pipelines', '-q'])).stdout.trim().split('\n')).toHaveLength(1);
  writeFileSync(join(source, 'pipeline.yaml'), `${copies} `);
  expect((await run(args, { cwd: source })).stderr).toMatch(/^pipeline [0-9a-f]{32} created\n/);
});

test.skipIf(without)('what is printed as data is the job with its outputs, and nothing else', async () => {
  const { run } = await transferPlace();
  const source = folderOf({ 'p.yaml': copies, 'a': 'hello' });
  const done = await run(['run', '-p', 'p.yaml', '-f', 'a', '-o', 'out', '-n', 'my job', '--metadata', 'k=v', '--format', 'json'], { cwd: source });
  expect(done.exitCode).toBe(0);
  expect(JSON.parse(done.stdout)).toMatchObject({
    name: 'my job', state: 'JOB_STATE_STOPPED', status: 'JOB_STATUS_HEALTHY', metadata: { k: 'v' }, operatorDetails: [{ name: 'one' }, { name: 'two' }],
    output: { folder: 'out', files: [{ name: '/operators/one/x', size: 5, path: 'out/one/x' }, { name: '/operators/two/sub/y', size: 5, path: 'out/two/sub/y' }] },
  });
});

test.skipIf(without)('without a folder the outputs stay, and the command that fetches them is told', async () => {
  const { run } = await transferPlace();
  const source = folderOf({ 'p.yaml': copies, 'a': 'hello' });
  const done = await run(['run', '-p', 'p.yaml', '-f', 'a'], { cwd: source });
  expect(done.exitCode).toBe(0);
  const jobId = /^JOB_ID:(.*)$/m.exec(done.stdout)![1]!;
  expect(done.stderr).toContain(`the outputs are kept: clara download ${jobId}:/operators/ out/\n`);
  expect(existsSync(join(source, 'out'))).toBe(false);
  const silent = await run(['run', '-p', join(folderOf({ 'q.yaml': shellOperators({ one: 'true' }) }), 'q.yaml')]);
  expect(silent).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/\nthe operators left no files in payload [0-9a-f]{32}\n$/) as string });
});

test.skipIf(without)('values are given to the pipeline', async () => {
  const { run } = await transferPlace();
  const definition = shellOperators({ one: 'echo "$GREETING" > /output/x' }, { variables: { GREETING: 'hello' } });
  const source = folderOf({ 'p.yaml': definition });
  expect(await run(['run', '-p', 'p.yaml', '-o', 'out', '--set', 'GREETING=good day'], { cwd: source })).toMatchObject({ exitCode: 0 });
  expect(readFileSync(join(source, 'out/one/x'), 'utf8')).toBe('good day\n');
  const wrong = await run(['run', '-p', 'p.yaml', '-o', 'out', '--set', 'GREETNG=x'], { cwd: source });
  expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  expect(wrong.stderr).toContain('"GREETNG"');
});

test.skipIf(without)('a job that fails: exit 6, the table, the last lines of the failed operator\'s log', async () => {
  const { run } = await transferPlace();
  const source = folderOf({ 'p.yaml': shellOperators({ good: 'true', bad: 'echo working; echo it broke >&2; exit 3', never: 'true' }), 'a': '' });
  const done = await run(['run', '-p', 'p.yaml', '-f', 'a', '-o', 'out'], { cwd: source });
  expect(done.exitCode).toBe(6);
  expect(done.stdout).toMatch(/\ngood +COMPLETED .*\nbad +FAULTED .*\nnever +PENDING .*\n$/);
  expect(done.stderr).toMatch(/\nerror: job [0-9a-f]{32} ended with JOB_STATUS_FAULTED \(operator bad failed\)\n/);
  expect(done.stderr).toContain('last lines of operator bad:\n  working\n  it broke\n');
  expect(done.stderr).toMatch(/\nhint: `clara logs [0-9a-f]{32}\/bad` shows the whole log\n$/);
});

test.each([
  ['a definition that is not there', ['-p', 'none.yaml'], /cannot read the definition none\.yaml \(there is no such file\)/],
  ['a definition that is not valid', ['-p', 'broken.yaml'], /^error: the definition broken\.yaml is not valid\n {2}broken\.yaml:\d+:\d+: /],
  ['input that is not there', ['-p', 'p.yaml', '-f', 'none'], /^error: no such file or folder/],
  ['outputs into a file', ['-p', 'p.yaml', '-o', 'p.yaml'], /^error: the outputs cannot be written to p\.yaml \(it is a file\)$/m],
  ['no definition', [], /--pipeline/],
])('%s is told before a platform is needed', async (_name, args, stderr) => {
  const source = folderOf({ 'p.yaml': copies, 'broken.yaml': 'api-version: 0.4.0\nname: x\noperators: 3\n' });
  const done = await clara(['run', ...args], { cwd: source, env: { CLARA_HOST: '127.0.0.1:1', CLARA_HOME: join(source, 'home') } });
  expect(done).toMatchObject({ exitCode: 2, stdout: '' });
  expect(done.stderr).toMatch(stderr);
  expect(existsSync(join(source, 'home'))).toBe(false);
});

test.skipIf(without)('Ctrl-C while it runs: exit 130, the job is cancelled, what is left is told', async () => {
  const { run } = await transferPlace();
  const source = folderOf({ 'p.yaml': shellOperators({ slow: 'sleep 300' }), 'a': '' });
  const done = await run(['run', '-p', 'p.yaml', '-f', 'a', '-o', 'out'], { cwd: source, onSpawn: interruptAt('slow: running') });
  expect(done.exitCode).toBe(130);
  const [, jobId, payloadId] = /^JOB_ID:(.*)\nPAYLOAD_ID:(.*)\n$/.exec(done.stdout)!;
  expect(done.stderr).toMatch(new RegExp(`\nerror: interrupted\njob ${jobId!} (was|is being) cancelled; its payload ${payloadId!} is left\nhint: \`clara delete payloads ${payloadId!}\`\n$`));
  await run(['cancel', 'jobs', jobId!, '--wait']);
  expect((await run(['describe', 'job', '-j', jobId!])).stdout).toContain('JOB_STATUS_CANCELED');
  expect(await run(['delete', 'payloads', payloadId!])).toMatchObject({ exitCode: 0 });
});

test('Ctrl-C while the input is uploaded: the job that never started is cancelled', async () => {
  const { run, server } = await transferPlace();
  const source = folderOf({ 'p.yaml': copies, 'a': '' });
  truncateSync(join(source, 'a'), 3 * 1024 ** 3);
  const incoming = join(server.home, 'payloads/.incoming');
  const done = await run(['run', '-p', 'p.yaml', '-f', 'a', '-o', 'out'], {
    cwd: source, onSpawn: (child) => void until(() => readdirSync(incoming).length > 0).then(() => child.kill('SIGINT')),
  });
  expect(done.exitCode).toBe(130);
  expect(done.stderr).toMatch(/left: a\njob [0-9a-f]{32} was cancelled; its payload [0-9a-f]{32} is left\n/);
});

test.skipIf(without)('no platform on this machine: one is started, and goes on', async () => {
  const folder = join(tempDir(), 'home');
  const address = `127.0.0.1:${await freePort()}`;
  const run = (args: readonly string[], options: RunOptions = {}) => clara(args, { ...options, env: { CLARA_HOME: folder, CLARA_HOST: address } });
  onTestFinished(async () => void (await run(['platform', 'stop', '-y'])));
  const source = folderOf({ 'p.yaml': copies, 'a': 'hello' });
  const done = await run(['run', '-p', 'p.yaml', '-f', 'a', '-o', 'out'], { cwd: source });
  expect(done.exitCode).toBe(0);
  expect(done.stderr).toContain(`started the local platform at ${address}; \`clara platform stop\` ends it\n`);
  expect((await run(['list', 'jobs', '-q'])).stdout.trim()).toMatch(/^[0-9a-f]{32}$/);
});

/** Sends Ctrl-C when a line has appeared on stderr. */
function interruptAt(text: string): NonNullable<RunOptions['onSpawn']> {
  return (child) => {
    let seen = '';
    child.stderr!.on('data', (chunk: Buffer) => {
      const before = seen.includes(text);
      seen += chunk.toString();
      if (!before && seen.includes(text)) child.kill('SIGINT');
    });
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
