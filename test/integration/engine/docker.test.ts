import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { containerName } from '../../../src/platform/backends/docker.ts';
import { missing } from '../../helpers/require.ts';
import { canceled, faulted, healthy, shellPipeline, startEngine, until, Status, type Harness } from './harness.ts';

const without = missing('docker');

/** The same definitions as on the host, on an image. */
function imagePipeline(...args: Parameters<typeof shellPipeline>): string {
  return shellPipeline(...args).replaceAll('"image":"host"', '"image":"busybox","tag":"local"');
}

const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim();

const containersOf = (h: Harness) => docker('ps', '--all', '--quiet', '--filter', `label=clara.home=${h.home}`);

test.skipIf(without)('a chain of containers hands its files on and leaves no container', async () => {
  const h = await startEngine();
  const id = await h.submit(imagePipeline({
    one: 'cat /input/a > /output/b; echo said one; echo and this >&2',
    two: { run: 'tr a-z A-Z < /from/one/b > /output/c; touch /input/x || echo read-only', after: ['one'] },
  }), { files: { a: 'hello' } });
  expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(readFileSync(h.output(id, 'two', 'c'), 'utf8')).toBe('HELLO');
  expect((await h.log(id, 'one')).sort()).toEqual(['and this', 'said one']);
  expect(await h.log(id, 'two')).toContain('read-only');
  await until(() => containersOf(h) === '', 'containers to be removed');
});

test.skipIf(without)('a container sees the contract\'s variables, values as they are, and no network', async () => {
  const h = await startEngine();
  const id = await h.submit(imagePipeline({
    show: {
      run: 'env | sort; echo --; ls /sys/class/net; printf %s "$MULTI"',
      extra: { variables: { MULTI: 'one\ntwo "x" $HOME', PLAIN: ' a=b \'c\' #d ', PATH: '/bin' } },
    },
  }), { name: 'a job' });
  expect(await h.stopped(id)).toMatchObject(healthy);
  const log = await h.log(id, 'show');
  const job = h.job(id);
  expect(log.slice(0, log.indexOf('--'))).toEqual(expect.arrayContaining([
    'NVIDIA_CLARA_INPUTPATHS=:/input', 'NVIDIA_CLARA_OUTPUTPATHS=:/output', `NVIDIA_CLARA_JOBID=${id}`, 'NVIDIA_CLARA_JOBNAME=a job',
    'NVIDIA_CLARA_STAGENAME=show', `NVIDIA_CLARA_PAYLOADID=${job.payloadId}`, 'NVIDIA_CLARA_NOSYNCLOCK=TRUE', 'PATH=/bin', 'PLAIN= a=b \'c\' #d ',
  ]));
  expect(log.slice(log.indexOf('--') + 1)).toEqual(['lo', 'one', 'two "x" $HOME']);
});

test.skipIf(without)('an exit code is the command\'s, and what docker refuses is told apart', async () => {
  const h = await startEngine();
  const failing = await h.submit(imagePipeline({ bad: 'echo why >&2; exit 125' }));
  expect(await h.stopped(failing)).toMatchObject({ ...faulted, messages: ['operator bad failed with exit code 125', 'bad: why'] });
  const unknown = await h.submit(imagePipeline({ bad: 'true' }).replace('/bin/sh', '/no/such/program'));
  expect((await h.stopped(unknown)).messages[0]).toMatch(/^operator bad could not be started: .*no such file/);
  await until(() => containersOf(h) === '', 'containers to be removed');
});

test.skipIf(without)('an image that is not here is refused at the start, and the job stays as it was', async () => {
  const h = await startEngine();
  const definition = imagePipeline({ one: 'true' }).replace('"busybox"', '"example/not-here"');
  const id = h.create(definition);
  await expect(h.engine.start(id, [])).rejects.toThrow('the image example/not-here:local of operator one is not on this machine');
  await expect(h.engine.start(id, [])).rejects.toMatchObject({ hint: expect.stringContaining('docker pull example/not-here:local') });
  expect(h.job(id).queuedAt).toBeUndefined();
});

test.skipIf(without)('a container that uses more memory than it requests is named as such', async () => {
  const h = await startEngine();
  const id = await h.submit(imagePipeline({
    eater: { run: 'x=aaaaaaaa; while :; do x=$x$x; done', extra: { requests: { memory: 32 } } },
  }));
  expect((await h.stopped(id)).messages[0]).toBe('operator eater failed with exit code 137 (as after SIGKILL): it used more than the 32 MB of memory that it requests');
});

test.skipIf(without)('cancelling stops a container', async () => {
  const h = await startEngine();
  const id = await h.submit(imagePipeline({ one: 'trap "exit 0" TERM; echo ready; while :; do sleep 0.05; done' }));
  await until(() => h.operator(id, 'one').status === Status.JOB_OPERATOR_STATUS_RUNNING && logText(h, id, 'one').includes('ready'), 'the container to run');
  expect(await h.engine.cancel(id, 'enough')).toMatchObject({ ...canceled, messages: ['canceled: enough'] });
  await until(() => containersOf(h) === '', 'containers to be removed');
});

test.skipIf(without)('a container that ignores SIGTERM is killed after the grace', async () => {
  const h = await startEngine({ limits: { graceMs: 300 } });
  const id = await h.submit(imagePipeline({ one: 'trap "" TERM; echo ready; while :; do sleep 0.05; done' }));
  await until(() => logText(h, id, 'one').includes('ready'), 'the container to run');
  expect(await h.engine.cancel(id, '')).toMatchObject(canceled);
});

test.skipIf(without || missing('root'))('outputs belong to the platform, whoever wrote them', async () => {
  const h = await startEngine();
  const id = await h.submit(imagePipeline({ one: 'mkdir /output/d; echo x > /output/d/f; chmod 4600 /output/d/f; chmod 700 /output/d; chown -R 1234:1234 /output/d' }));
  expect(await h.stopped(id)).toMatchObject(healthy);
  expect(lstatSync(h.output(id, 'one', 'd', 'f'))).toMatchObject({ uid: 0, gid: 0, mode: 0o100644 });
  expect(lstatSync(h.output(id, 'one', 'd'))).toMatchObject({ uid: 0, gid: 0, mode: 0o40755 });
});

test.skipIf(without)('a container outlives its platform, and the next one goes on with it', async () => {
  const first = await startEngine();
  const id = await first.submit(imagePipeline({
    one: 'echo begun; until [ -e /input/go ]; do sleep 0.05; done; echo done | tee /output/f',
    two: { run: 'cat /from/one/f > /output/g', after: ['one'] },
  }));
  await until(() => logText(first, id, 'one').includes('begun'), 'the container to run');
  await first.engine.close('detach');
  const next = await startEngine({ home: first.home });
  expect(next.operator(id, 'one').status).toBe(Status.JOB_OPERATOR_STATUS_RUNNING);
  execFileSync('touch', [next.payload(id, 'input', 'go')]);
  expect(await next.stopped(id)).toMatchObject(healthy);
  expect(readFileSync(next.output(id, 'two', 'g'), 'utf8')).toBe('done\n');
  expect(await next.log(id, 'one')).toEqual(['begun', 'done']);
});

test.skipIf(without)('a container whose docker program was killed is found again with all of its log', async () => {
  const first = await startEngine();
  const id = await first.submit(imagePipeline({ one: 'echo begun; until [ -e /input/go ]; do sleep 0.05; done; echo done' }));
  await until(() => logText(first, id, 'one').includes('begun'), 'the container to run');
  await first.engine.close('detach');
  const shell = Number(readFileSync(`${first.home}/jobs/${id}/one/pid`, 'utf8'));
  process.kill(-shell, 'SIGKILL');
  expect(docker('inspect', '--format', '{{.State.Running}}', containerName({ jobId: id, operator: 'one' }))).toBe('true');
  const next = await startEngine({ home: first.home });
  execFileSync('touch', [next.payload(id, 'input', 'go')]);
  expect(await next.stopped(id)).toMatchObject(healthy);
  expect(await next.log(id, 'one')).toEqual(['begun', 'done']);
});

function logText(h: Harness, jobId: string, operator: string): string {
  try {
    return readFileSync(`${h.home}/jobs/${jobId}/${operator}/log`, 'utf8');
  } catch {
    return '';
  }
}
