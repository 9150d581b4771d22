import { once } from 'node:events';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChildProcess } from 'node:child_process';
import { expect, test } from 'vitest';
import { JobsService } from '../../../src/api/services.ts';
import { serve, startGrpcServer } from '../../helpers/grpc-server.ts';
import { startServer, serverHome } from '../../helpers/platform.ts';
import { tempDir } from '../../helpers/run.ts';
import { against, definitionFile, idIn, ok, pipeline, platform, until } from './helpers.ts';

/** Runs until the test writes a file into the job's input. */
const untilTold = 'until [ -e /input/go ]; do sleep 0.05; done';

/** Lets such a job end: an operator sees nothing of this machine but the folders of its payload. */
function tell(home: string, payloadId: string): void {
  writeFileSync(join(home, 'payloads', payloadId, 'input', 'go'), '');
}

function payloadIdIn(text: string): string {
  return /^PAYLOAD_ID:(.*)$/m.exec(text)![1]!;
}

test('a job that fails is exit 6 with the end of its log; a job that succeeds is exit 0', async () => {
  const { run } = await platform();
  const bad = await pipeline(run, 'bad', 'for i in $(seq 30); do echo line $i; done; echo the reason >&2; exit 3');
  const { exitCode, stdout, stderr } = await run(['create', 'job', '-n', 'x', '-p', bad, '--start', '--wait']);
  expect({ exitCode, lines: stdout.trim().split('\n').length }).toEqual({ exitCode: 6, lines: 2 });
  expect(stderr).toMatch(/^error: job [0-9a-f]{32} ended with JOB_STATUS_FAULTED \(operator work failed\)\n[^]*exit code 3[^]* {2}the reason\nhint: `clara logs [0-9a-f]{32}\/work` shows the whole log\n$/);
  expect(stderr).toContain('  line 30\n');
  expect(stderr.match(/the reason/g)).toHaveLength(1);
});

test('what a failed operator wrote is said once, wherever a failure is shown', async () => {
  const { run } = await platform();
  const command = 'echo the reason >&2; exit 3';
  const id = await pipeline(run, 'bad', command);
  const job = (await ok(run(['create', 'job', '-n', 'x', '-p', id, '-q']))).trim();
  for (const [args, status] of [
    [['start', 'job', '-j', job, '--wait'], 6],
    [['describe', 'job', '-j', job], 0],
    [['watch', job], 6],
    [['run', '-p', definitionFile('bad', command)], 6],
  ] as const) {
    const { exitCode, stdout, stderr } = await run(args);
    expect({ args, exitCode, said: (stdout + stderr).match(/the reason/g), why: (stdout + stderr).match(/exit code 3/g) })
      .toEqual({ args, exitCode: status, said: ['the reason'], why: ['exit code 3'] });
  }
});

test('what is over is told in the order in which it happened; its files are listed by name, and it takes no more', async () => {
  const { run } = await platform();
  const names = Array.from({ length: 20 }, (_, n) => `f${n}`);
  const id = await pipeline(run, 'many', 'cd /output; for n in $(seq 0 19); do echo x > f$n; done');
  const folder = tempDir();
  writeFileSync(join(folder, 'more'), 'x');
  const created = await ok(run(['create', 'job', '-n', 'x', '-p', id, '-f', folder, '--start', '--wait']));
  expect((await ok(run(['watch', idIn(created)]))).split('\n').slice(0, 2)).toEqual(['work: completed', 'job: stopped']);
  const { files } = JSON.parse(await ok(run(['describe', 'payload', payloadIdIn(created), '-o', 'json']))) as { files: { name: string }[] };
  expect(files.map(({ name }) => name)).toEqual(['/input/more', ...names.map((name) => `/operators/work/${name}`).sort()]);
  const refused = await run(['upload', idIn(created), folder]);
  expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/is read-only: job \w+ has been started\n[^]*\nhint: create another job for other files\n$/) as string });
});

test('a job that needs models that are not there is not started: they are named, with what to do', async () => {
  const { run } = await platform();
  const file = definitionFile('served', 'true');
  appendFileSync(file, '  models: [{name: spleen_v1}, {name: liver_v2}]\n');
  const id = (await run(['create', 'pipelines', '-p', file, '-q'])).stdout.trim();
  const { exitCode, stderr } = await run(['create', 'job', '-n', 'x', '-p', id, '--start']);
  expect({ exitCode, stderr: stderr.replaceAll(/[0-9a-f]{32}/g, '<id>') }).toEqual({ exitCode: 1, stderr: expect.stringMatching(
    /^error: job <id> needs the model spleen_v1 for operator work, and the repository has none of that name\noperator work: there is no model liver_v2 either\n[^]*hint: clara create model -p FOLDER uploads one; /) as string });
  expect((JSON.parse((await run(['list', 'jobs', '-o', 'json'])).stdout) as { state: string }[])[0]!.state).toBe('JOB_STATE_PENDING');
});

test('a wait that runs out of time is exit 3, and the job goes on', async () => {
  const { server, run } = await platform();
  const id = await pipeline(run, 'slow', untilTold);
  const { exitCode, stdout, stderr } = await run(['create', 'job', '-n', 'x', '-p', id, '--start', '--wait=500ms']);
  const job = idIn(stdout);
  expect(exitCode).toBe(3);
  expect(stderr).toBe(`error: job ${job} had not stopped after 0.5s; it goes on\nhint: \`clara describe job -j ${job}\` shows how far it is\n`);
  tell(server.home, payloadIdIn(stdout));
  const seen = await until(async () => {
    const { state } = JSON.parse((await run(['describe', 'job', job, '-o', 'json'])).stdout) as { state: string };
    return state === 'JOB_STATE_STOPPED' ? state : undefined;
  }, 'the job ends');
  expect(seen).toBe('JOB_STATE_STOPPED');
});

test('a wait outlives a restart of the platform', async () => {
  const home = serverHome();
  const first = await startServer({ home, args: ['--backend', 'process'] });
  const run = against(first.target);
  const id = await pipeline(run, 'patient', untilTold);
  const created = await ok(run(['create', 'job', '-n', 'x', '-p', id, '--start']));
  const jobId = idIn(created);
  let watcher: ChildProcess | undefined;
  const watching = run(['describe', 'job', jobId, '--watch', '-o', 'json'], { onSpawn: (child) => { watcher = child; } });
  let text = '';
  watcher!.stdout!.on('data', (chunk: Buffer) => { text += chunk.toString(); });
  await until(() => (text.includes('JOB_STATE_RUNNING') ? true : undefined), 'the watch sees the job run');
  await first.stop('SIGUSR2');
  const port = first.target.split(':')[1]!;
  await startServer({ home, args: ['--backend', 'process', '--port', port] });
  tell(home, payloadIdIn(created));
  const { exitCode, stdout, stderr } = await watching;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  // One JSON object a line, the last one stopped.
  const states = stdout.trim().split('\n').map((line) => (JSON.parse(line) as { state: string }).state);
  expect(states.at(-1)).toBe('JOB_STATE_STOPPED');
  expect(states).toContain('JOB_STATE_RUNNING');
});

test('Ctrl-C while waiting is exit 130 and names the job, which goes on', async () => {
  const { run } = await platform();
  const id = await pipeline(run, 'long', untilTold);
  let text = '';
  const waiting = run(['create', 'job', '-n', 'x', '-p', id, '--start', '--wait'], {
    onSpawn: (child) => {
      child.stdout!.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      // The ids are printed before the waiting begins.
      void until(async () => (/"JOB_STATE_RUNNING"/.test((await run(['list', 'jobs', '-o', 'json'])).stdout) && text !== '' ? true : undefined), 'the job runs')
        .then(() => child.kill('SIGINT'));
    },
  });
  const { exitCode, stdout, stderr } = await waiting;
  const job = idIn(stdout);
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: `error: interrupted; job ${job} goes on\nhint: \`clara cancel jobs ${job}\` stops it\n` });
  expect(JSON.parse(await ok(run(['describe', 'job', job, '-o', 'json'])))).toMatchObject({ state: 'JOB_STATE_RUNNING' });
  expect(await ok(run(['cancel', 'jobs', job, '--wait=30', '-q']))).toBe(`${job}\n`);
});

test('list jobs --watch prints a job again when it changes, and ends quietly with Ctrl-C', async () => {
  const { run } = await platform();
  const id = await pipeline(run, 'quick', 'true');
  const jobId = idIn(await ok(run(['create', 'job', '-n', 'watched', '-p', id])));
  let text = '';
  const watching = run(['list', 'jobs', '--watch'], {
    onSpawn: (child) => {
      child.stdout!.on('data', (chunk: Buffer) => { text += chunk.toString(); });
      void (async () => {
        await until(() => (text.includes('PENDING') ? true : undefined), 'the first row');
        await run(['start', 'job', jobId, '--wait=30']);
        await until(() => (text.includes('STOPPED') ? true : undefined), 'the last row');
        child.kill('SIGINT');
      })();
    },
  });
  const { exitCode, stdout, stderr } = await watching;
  expect({ exitCode, stderr }).toEqual({ exitCode: 130, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines[0]).toMatch(/^JOB_ID +STATE +STATUS +PRIORITY +CREATED +NAME$/);
  expect(lines.slice(1).every((line) => line.startsWith(jobId) && line.endsWith('watched'))).toBe(true);
  expect(lines.at(-1)).toContain('STOPPED');
});

test('SIGTERM ends a command with 143; a call that hangs does not keep it', async () => {
  let asked: () => void;
  const called = new Promise<void>((resolve) => { asked = resolve; });
  const target = await startGrpcServer([serve(JobsService, { status: () => { asked(); return new Promise(() => undefined); } })]);
  const { exitCode, stdout } = await against(target)(['describe', 'job', 'a'.repeat(32)], { onSpawn: (child) => void called.then(() => child.kill('SIGTERM')) });
  expect({ exitCode, stdout }).toEqual({ exitCode: 143, stdout: '' });
});

test('the first rows of a long list come while the rest is still on its way, and a reader that leaves ends it quietly', async () => {
  let release: () => void;
  const held = new Promise<void>((resolve) => { release = resolve; });
  const row = (index: number) => ({
    jobDetails: {
      jobId: { value: index.toString(16).padStart(32, '0') }, payloadId: undefined, pipelineId: undefined, jobName: `job ${index}`, state: 3, status: 1, priority: 2,
      timestampCreated: '', timestampStarted: '', timestampStopped: '', created: undefined, started: undefined, stopped: undefined, metadata: {},
    } as const,
  });
  const target = await startGrpcServer([serve(JobsService, {
    async *list() {
      yield row(0);
      await held;
      for (let index = 1; index < 50_000; index += 1) yield row(index);
    },
  })]);
  let reader: ChildProcess | undefined;
  const listing = against(target)(['list', 'jobs'], { onSpawn: (child) => { reader = child; } });
  const [first] = await once(reader!.stdout!, 'data') as [Buffer];
  expect(first.toString()).toMatch(/^JOB_ID[^\n]*\n0{32} [^\n]*job 0\n$/);
  reader!.stdout!.destroy();
  release!();
  expect(await listing).toMatchObject({ exitCode: 0, stderr: '' });
});
