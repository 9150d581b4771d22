import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { commandLine } from '../../../src/system/supervise/process-tree.ts';
import { serverHome, startServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { clients, register } from '../platform/helpers.ts';
import { canceled, faulted, healthy, shellPipeline, startEngine, Status, until } from './harness.ts';

const without = missing('bwrap');

const runFile = (home: string, jobId: string, operator: string, file: string) => join(home, 'jobs', jobId, operator, file);
const textOf = (path: string) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Whether an operator is set up and waits to begin. */
const isSetUp = (home: string, jobId: string, operator: string) => /"gate"[^]*"child-pid"/.test(textOf(runFile(home, jobId, operator, 'status')));

/** Processes that hold the sandbox of an operator. */
function holders(home: string, jobId: string, operator: string): string[] {
  const name = `clara-operator:${join(home, 'jobs', jobId, operator)}`;
  return readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandLine(Number(pid)).includes(name));
}

test.skipIf(without)('an operator that was set up ahead sees what one sees that was not', async () => {
  const h = await startEngine({ capacity: { cpus: 1 } });
  const look = 'env -0 | sort -z | tr "\\0" "\\n" | grep -v "^_="; ls -A / /tmp /proc/self/fd; id -u; cat /proc/self/status | grep -E "^(Sig[BICP]|Cap|Groups|NoNewPrivs)"; ps -e 2>/dev/null | wc -l; cut -d" " -f7 /proc/$$/stat; umask; pwd; ls /from';
  const id = await h.submit(shellPipeline({ one: 'sleep 0.3', two: { run: look, after: ['one'] } }));
  expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(readFileSync(runFile(h.home, id, 'two', 'status'), 'utf8')).toContain('"begun"');
  const other = await startEngine({ capacity: { cpus: 1 } });
  const plain = await other.submit(shellPipeline({ two: { run: look, extra: { input: [{ path: '/input' }, { path: '/from/one' }] } } }));
  await other.stopped(plain);
  expect(readFileSync(runFile(other.home, plain, 'two', 'status'), 'utf8')).not.toContain('gate');
  const [seen, expected] = [await h.log(id, 'two'), await other.log(plain, 'two')].map((lines) => lines.map((line) => line
    .replaceAll(/[0-9a-f]{32}/g, 'ID').replace(/^(NVIDIA_CLARA_INPUTPATHS|CLARA_INPUT_URIS)=.*/, '$1')));
  expect(seen).toEqual(expected);
});

test.skipIf(without)('an operator that was set up ahead reads all that the one before it wrote, to the last', async () => {
  const h = await startEngine();
  const chain = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`op${n}`, n === 0 ? 'echo 0 > /output/x' : {
    run: `cat /from/op${n - 1}/x > /output/x; echo ${n} >> /output/x; ln -s x /output/link; mkdir /output/d && mkfifo /output/d/p && test ! -p /from/op${n - 1}/d/p`, after: [`op${n - 1}`],
  }]));
  const id = await h.submit(shellPipeline(chain));
  const job = await h.stopped(id);
  expect(job).toMatchObject(healthy);
  expect(readFileSync(h.output(id, 'op11', 'x'), 'utf8')).toBe(Array.from({ length: 12 }, (_, n) => `${n}\n`).join(''));
  expect(Object.keys(chain).filter((name) => textOf(runFile(h.home, id, name, 'status')).includes('"begun"')).length).toBeGreaterThan(6);
});

test.skipIf(without)('what was set up for an operator goes when the one before it fails, or the job is cancelled', async () => {
  const h = await startEngine();
  for (const [end, how] of [[faulted, 'fails'], [canceled, 'cancelled']] as const) {
    const id = await h.submit(shellPipeline({ one: `sleep ${how === 'fails' ? '0.4; exit 3' : '60'}`, two: { run: 'echo ran', after: ['one'] } }));
    await until(() => isSetUp(h.home, id, 'two'), 'the second operator to be set up');
    if (how === 'cancelled') await h.engine.cancel(id, '');
    expect(await h.stopped(id)).toMatchObject(end);
    expect(h.operator(id, 'two').status).toBe(Status.JOB_OPERATOR_STATUS_PENDING);
    await until(() => holders(h.home, id, 'two').length === 0 && readdirSync(join(h.home, 'jobs', id, 'two')).join() === 'log', 'nothing to be left of it');
    expect(await h.log(id, 'two')).toEqual([]);
  }
});

test.skipIf(without)('what was set up is not kept for long; the operator is then started as any other', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({ one: 'sleep 3', two: { run: 'echo ran; ls /from', after: ['one'] } }));
  await until(() => isSetUp(h.home, id, 'two'), 'the second operator to be set up');
  await until(() => holders(h.home, id, 'two').length === 0 && !existsSync(runFile(h.home, id, 'two', 'status')), 'it to be let go');
  expect(h.operator(id, 'one').status).toBe(Status.JOB_OPERATOR_STATUS_RUNNING);
  expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(await h.log(id, 'two')).toEqual(['ran', 'one']);
  expect(textOf(runFile(h.home, id, 'two', 'status'))).not.toContain('gate');
});

test.skipIf(without)('after kill -9 of the platform what was set up never begins, and the operator runs once in its turn', async () => {
  const home = serverHome();
  let server = await startServer({ home });
  const { value: pipelineId } = await register(clients(server), shellPipeline({ one: 'sleep 1', two: { run: 'echo ran', after: ['one'] } }));
  const { jobId } = await clients(server).jobs.create({ name: 'x', pipelineId: { value: pipelineId } });
  const id = jobId!.value;
  await clients(server).jobs.start({ jobId });
  await until(() => isSetUp(home, id, 'two'), 'the second operator to be set up');
  await server.kill();
  await until(() => holders(home, id, 'two').length === 0, 'what was set up to end');
  expect(textOf(runFile(home, id, 'two', 'status'))).not.toContain('"begun"');
  server = await startServer({ home });
  let status = await clients(server).jobs.status({ jobId });
  for (const deadline = Date.now() + 30_000; status.state !== JobState.JOB_STATE_STOPPED && Date.now() < deadline; status = await clients(server).jobs.status({ jobId })) await sleep(20);
  expect(status).toMatchObject({ state: JobState.JOB_STATE_STOPPED, status: JobStatus.JOB_STATUS_HEALTHY, messages: [] });
  expect(readFileSync(runFile(home, id, 'two', 'log'), 'utf8')).toBe('ran\n');
  await server.stop();
});
