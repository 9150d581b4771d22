import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { JobsService, PipelinesService } from '../../../src/api/services.ts';
import { serve, startGrpcServer } from '../../helpers/grpc-server.ts';
import { clara, tempDir } from '../../helpers/run.ts';
import { against, definitionFile, pipeline, platform } from './helpers.ts';

async function listen(server: Server): Promise<string> {
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => { sockets.add(socket); });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  onTestFinished(() => { for (const socket of sockets) socket.destroy(); server.close(); });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port on which nothing listens (any more). */
async function closedPort(): Promise<string> {
  const server = createServer();
  const target = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return target;
}

const calls: readonly (readonly string[])[] = [['list', 'pipelines'], ['list', 'jobs', '-o', 'json'], ['describe', 'job', '-j', '0'.repeat(32)], ['create', 'payload']];

describe.each(calls.map((call) => [call.join(' '), call] as const))('%s', (_name, call) => {
  test('a refused connection is exit 3, with the address, the reason and what to do', async () => {
    const target = await closedPort();
    expect(await against(target)(call)).toMatchObject({
      exitCode: 3, stdout: '',
      stderr: `error: no platform answered at ${target} (connection refused)\nhint: start one with \`clara platform start\`, or name another with --host\n`,
    });
  });

  test('a server that takes connections and says nothing is given up at the deadline', async () => {
    const target = await listen(createServer());
    const began = Date.now();
    const { exitCode, stdout, stderr } = await against(target)(call, { env: { CLARA_TIMEOUT: '1' } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(/^error: (no platform answered at 127|the platform at 127\S+ did not answer in time)[^]*hint: /);
    // Not a measurement: it must neither hang nor give up before it was told to.
    expect(Date.now() - began).toBeGreaterThan(900);
    expect(Date.now() - began).toBeLessThan(15_000);
  });

  test('a web server is named as something that does not speak gRPC', async () => {
    const target = await listen(createHttpServer((_request, response) => response.end('hello')) as unknown as Server);
    const { exitCode, stdout, stderr } = await against(target)(call, { env: { CLARA_TIMEOUT: '5' } });
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toContain(`error: no platform answered at ${target} (it does not speak gRPC)`);
  });
});

test('a server that greets in its own language, as SSH does, does not speak gRPC either', async () => {
  const target = await listen(createServer((socket) => { socket.on('error', () => undefined).write('SSH-2.0-OpenSSH_9.0\r\n'); }));
  const { exitCode, stderr } = await against(target)(['list', 'pipelines'], { env: { CLARA_TIMEOUT: '5' } });
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/^error: no platform answered at \S+ \(it does not speak gRPC\)\n/);
});

test('a host name that does not exist is exit 3', async () => {
  const { exitCode, stderr } = await clara(['list', 'pipelines', '--host', 'no-such-host.invalid'], { env: { CLARA_TIMEOUT: '5' } });
  expect(exitCode).toBe(3);
  expect(stderr).toMatch(/^error: no platform answered at no-such-host\.invalid:30031 \(unknown host name\)\n/);
});

test('a gRPC server that is no platform says so', async () => {
  const target = await startGrpcServer([]);
  const { exitCode, stderr } = await against(target)(['list', 'pipelines']);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: the server at \S+ does not offer this call[^]*hint: it may be an older platform, or not a Clara platform at all\n$/);
});

test('a list that breaks off in the middle keeps what came and fails', async () => {
  const target = await startGrpcServer([serve(JobsService, {
    async *list() {
      for (let index = 0; index < 3; index += 1) yield { jobDetails: details(index) };
      await Promise.resolve();
      throw new Error('the disk is gone');
    },
  })]);
  const { exitCode, stdout, stderr } = await against(target)(['list', 'jobs', '-q']);
  expect(stdout.trim().split('\n')).toHaveLength(3);
  expect(exitCode).toBe(1);
  expect(stderr).toMatch(/^error: the platform at \S+ failed/);
});

function details(index: number, jobName = `job-${index}`) {
  return {
    jobId: { value: index.toString(16).padStart(32, '0') }, payloadId: { value: index.toString(16).padStart(32, 'f') }, pipelineId: { value: 'a'.repeat(32) },
    jobName, state: 3, status: 1, priority: 2, timestampCreated: '', timestampStarted: '', timestampStopped: '',
    created: { value: 63_750_823_591 }, started: undefined, stopped: undefined, metadata: {},
  } as const;
}

test('names that would drive the terminal are shown as escapes, in text and in JSON', async () => {
  const hostile = 'a\u001b[31mred\nnew line\u009b2J\u202eleft';
  const target = await startGrpcServer([
    serve(JobsService, { async *list() { yield await Promise.resolve({ jobDetails: details(1, hostile) }); } }),
    serve(PipelinesService, { async *list() { yield await Promise.resolve({ details: { pipelineId: { value: 'a'.repeat(32) }, name: hostile, metadata: { k: hostile } } }); } }),
  ]);
  const run = against(target);
  for (const args of [['list', 'jobs'], ['list', 'pipelines', '-o', 'wide'], ['list', 'jobs', '-o', 'json'], ['list', 'pipelines', '-o', 'yaml']]) {
    const { stdout } = await run(args);
    expect(stdout.replaceAll('\n', ''), args.join(' ')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
  }
  expect((await run(['list', 'jobs'])).stdout.trimEnd().split('\n')).toHaveLength(2);
  expect((JSON.parse((await run(['list', 'jobs', '-o', 'json'])).stdout) as { jobName: string }[])[0]!.jobName).toBe(hostile);
});

test('an error text of the platform cannot drive the terminal either', async () => {
  const target = await startGrpcServer([serve(JobsService, {
    status: () => ({ header: { code: -0x2001, messages: ['no job\u001b]0;title\u0007', 'more\u001b[2J', 'hint: try\u001b[31m this'] } }),
  })]);
  const { exitCode, stderr } = await against(target)(['describe', 'job', 'a'.repeat(32)]);
  expect(exitCode).toBe(4);
  expect(stderr).toBe('error: no job\\u001b]0;title\\u0007\nmore\\u001b[2J\nhint: try\\u001b[31m this\n');
});

describe('ids', () => {
  test('malformed, unknown and ambiguous ones have their own exit codes and texts', async () => {
    const { run } = await platform();
    const ids = ['1111', '1122'].map((start) => start.padEnd(32, '0'));
    for (const id of ids) await run(['create', 'pipelines', '-p', definitionFile(`p${id.slice(0, 4)}`, 'true'), '--id', id]);
    expect(await run(['describe', 'pipeline', 'xyz'])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining('error: `xyz` is not a pipeline id\n') as string });
    expect(await run(['describe', 'job', '-j', `${'a'.repeat(33)}`])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not a job id') as string });
    expect(await run(['describe', 'pipeline', 'ff'])).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no pipeline has an id that starts with `ff`') as string });
    expect(await run(['describe', 'job', 'f'.repeat(32)])).toMatchObject({ exitCode: 4, stdout: '' });
    expect(await run(['delete', 'payloads', 'f'.repeat(32)])).toMatchObject({ exitCode: 4, stdout: '' });
    const ambiguous = await run(['describe', 'pipeline', '11']);
    expect(ambiguous.exitCode).toBe(2);
    expect(ambiguous.stderr).toMatch(/^error: the pipeline id `11` is ambiguous: 2 ids start with it\n {2}11[12]/);
    for (const id of ids) expect(ambiguous.stderr).toContain(id);
    expect(await run(['describe', 'pipeline', '1112'.slice(0, 3)])).toMatchObject({ exitCode: 0 });
    // Two ids of one resource are one.
    expect(await run(['delete', 'pipelines', '111', ids[0]!, ids[0]!.toUpperCase()])).toMatchObject({ exitCode: 0, stdout: `PIPELINE_ID:${ids[0]!}\n` });
  });

  test('of several ids the good ones are done, and the exit code is that of the first bad one', async () => {
    const { run } = await platform();
    const id = await pipeline(run, 'good', 'true');
    const unknown = 'e'.repeat(32);
    const { exitCode, stdout, stderr } = await run(['delete', 'pipelines', unknown, id, '-o', 'json']);
    expect({ exitCode, deleted: JSON.parse(stdout) as unknown }).toEqual({ exitCode: 4, deleted: [{ pipelineId: id }] });
    expect(stderr).toMatch(/error: [^]*error: 1 of 2 pipelines failed\n$/);
  });
});

describe('definitions', () => {
  test.each([
    ['a missing file', ['create', 'pipelines', '-p', '/dev/shm/no-such-folder/x.yaml'], /^error: cannot read the definition \/dev\/shm\/no-such-folder\/x\.yaml \(there is no such file\)\n$/],
    ['a folder', ['create', 'pipelines', '-p', '/'], /^error: cannot read the definition \/ \(it is a folder\)\nhint: name the YAML file in it\n$/],
    ['an id that is none', ['create', 'pipelines', '-p', '/dev/null', '--id', 'abc'], /^error: --id: `abc` is not an id\n/],
    ['standard input twice', ['create', 'pipelines', '-p', '-', '-p', '-'], /^error: standard input can be read once only\n$/],
  ])('%s is refused before the platform is asked', async (_what, args, stderr) => {
    expect(await clara(args, { env: { CLARA_HOST: await closedPort() } })).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(stderr) as string });
  });

  test('a huge file, bytes that are no text, and what the platform refuses', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'huge.yaml'), Buffer.alloc(5 * 1024 * 1024, 'a'));
    writeFileSync(join(folder, 'latin.yaml'), Buffer.from('name: Universit\xe4t\n', 'latin1'));
    writeFileSync(join(folder, 'cycle.yaml'), 'api-version: 0.4.0\nname: x\noperators: [\n');
    const { run } = await platform();
    expect(await run(['create', 'pipelines', '-p', join(folder, 'huge.yaml')])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is too large for a definition') as string });
    expect(await run(['create', 'pipelines', '-p', join(folder, 'latin.yaml')])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not UTF-8 text') as string });
    expect(await run(['create', 'pipelines', '-p', join(folder, 'cycle.yaml')])).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error: /) as string });
    expect(await run(['list', 'pipelines', '-q'])).toMatchObject({ stdout: '' });
  });
});
