import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { JobState, JobStatus } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { startServer, type TestServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { buildTriton, tritonImage, zip } from '../../helpers/triton.ts';
import { clients, failure, register } from './helpers.ts';

const without = missing('docker') || missing('node-base');

beforeAll(() => {
  if (!without) buildTriton();
});

interface Wanting {
  readonly models: readonly string[];
  readonly container?: object;
  readonly after?: string;
}

const container = { image: 'busybox', tag: 'local', command: ['sh', '-c', 'env > /output/env; wget -qO /output/files "http://$NVIDIA_TRITON_HTTPURI/"; [ -z "$NVIDIA_TRITON_HTTPURI" ] || wget -qO /dev/null "http://$NVIDIA_TRITON_GRPCURI/"; ls /sys/class/net > /output/networks; true'] };

function definition(operators: Readonly<Record<string, Wanting>>): string {
  return JSON.stringify({
    'api-version': '0.6.0', name: 'infer',
    operators: Object.entries(operators).map(([name, { models, after, ...over }]) => ({
      name, container: over.container ?? container, input: [after === undefined ? { name: 'in', path: '/input', type: 'stream', 'element-type': 'any' } : { from: after, name: 'out', path: '/input', type: 'stream', 'element-type': 'any' }],
      output: [{ name: 'out', path: '/output', type: 'stream', 'element-type': 'any' }], models: models.map((model) => ({ name: model })),
    })),
  });
}

async function upload(server: TestServer, name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await clients(server).models.uploadModel([{ details: { modelId: undefined, name, type: 1, metadata: {} }, data: await zip(files) }]);
}

async function create(server: TestServer, text: string) {
  const { value: pipeline } = await register(clients(server), text);
  const { jobId, payloadId } = await clients(server).jobs.create({ name: 'infer', pipelineId: { value: pipeline } });
  return { jobId, output: (...names: string[]) => readFileSync(join(server.home, 'payloads', payloadId!.value, 'operators', ...names), 'utf8') };
}

async function run(server: TestServer, text: string) {
  const { jobId, output } = await create(server, text);
  await clients(server).jobs.start({ jobId });
  return { ...await stopped(server, jobId), output };
}

async function stopped(server: TestServer, jobId: Awaited<ReturnType<typeof create>>['jobId']) {
  for (const deadline = Date.now() + 60_000; ;) {
    const status = await clients(server).jobs.status({ jobId });
    if (status.state === JobState.JOB_STATE_STOPPED) return { status };
    if (Date.now() > deadline) throw new Error(`the job does not end: ${server.stderr()}`);
    await sleep(20);
  }
}

const remains = (server: TestServer) => [
  ...readdirSync(join(server.home, 'services')), execFileSync('docker', ['ps', '--all', '--quiet', '--filter', `label=clara.home=${server.home}`], { encoding: 'utf8' }).trim(),
].filter((text) => text !== '');

/** A server of the tests is killed in the end, and would leave what it is about to remove. */
const gone = (server: TestServer) => expect.poll(() => remains(server), { timeout: 20_000 }).toEqual([]);

test('a model that the repository lacks is refused at the start, by name, and so is a platform without an inference server', async () => {
  const server = await startServer();
  await upload(server, 'liver', { 'config.pbtxt': 'name: "liver"', '1/model.plan': 'x' });
  const start = async (models: Readonly<Record<string, Wanting>>) => failure(clients(server).jobs.start({ jobId: (await create(server, definition(models))).jobId }));
  const host = { image: 'host', command: ['true'] };
  expect(await start({ one: { models: ['liver', 'spleen'], container: host }, two: { models: ['lung'], container: host } })).toMatchObject({
    wireCode: WireCode.jobStart, message: expect.stringMatching(/^job \w+ needs the model spleen for operator one, and the repository has none of that name$/) as unknown,
    details: ['operator two: there is no model lung either'], hint: expect.stringContaining('clara create model') as unknown,
  });
  expect(await start({ one: { models: ['liver'], container: host } })).toMatchObject({
    wireCode: WireCode.jobStart, message: expect.stringMatching(/has no inference server to serve them with$/) as unknown, details: ['operator one: liver'], hint: expect.stringContaining('--triton-image') as unknown,
  });
});

test.skipIf(without)('an image of Triton that is not here is refused like that of an operator', async () => {
  const server = await startServer({ args: ['--triton-image', 'example/triton:none'] });
  await upload(server, 'liver', { '1/model.plan': 'x' });
  const { jobId } = await create(server, definition({ one: { models: ['liver'] } }));
  expect(await failure(clients(server).jobs.start({ jobId }))).toMatchObject({ message: 'the image example/triton:none of inference server of liver is not on this machine' });
});

test.skipIf(without)('the wanted models are served: one server for the job, its address in the documented variables of who asked', async () => {
  const server = await startServer({ args: ['--triton-image', tritonImage] });
  await upload(server, 'liver', { 'config.pbtxt': 'name: "liver"', '1/model.plan': 'x' });
  await upload(server, 'lung', { 'lung/config.pbtxt': 'name: "lung"', 'lung/1/model.plan': 'x' });
  await upload(server, 'other', { '1/model.plan': 'x' });
  const ask = { image: 'host', command: [process.execPath, '-e', `fetch('http://' + process.env.NVIDIA_TRITON_HTTPURI).then((r) => r.text()).then((text) => require('fs').writeFileSync('/output/files', text))`] };
  const { status, output } = await run(server, definition({
    one: { models: ['liver', 'lung'] }, plain: { models: [] }, two: { models: ['liver'], after: 'one', container: ask },
  }));
  expect(status).toMatchObject({ status: JobStatus.JOB_STATUS_HEALTHY, messages: [] });
  const files = ['liver', 'liver/1', 'liver/1/model.plan', 'liver/config.pbtxt', 'lung', 'lung/1', 'lung/1/model.plan', 'lung/config.pbtxt'];
  expect([output('one', 'out', 'files').split('\n'), output('two', 'out', 'files').split('\n')]).toEqual([files, files]);
  const environment = Object.fromEntries(output('one', 'out', 'env').split('\n').map((line) => line.split('=') as [string, string]));
  const { NVIDIA_TRITON_HTTPURI: http, NVIDIA_TRITON_GRPCURI: grpc, CLARA_TRITON_URI: legacy, NVIDIA_CLARA_TRTISURI: older } = environment;
  expect(http).toMatch(/^[\w-]+:8000$/);
  expect([grpc, legacy, older]).toEqual([http!.replace(':8000', ':8001'), http, http]);
  expect(output('plain', 'out', 'env')).not.toContain('TRITON');
  expect(output('plain', 'out', 'networks')).toBe('lo\n');
  await gone(server);
});

test.skipIf(without)('an operator keeps its server through a restart, although a model was uploaded anew meanwhile', async () => {
  const first = await startServer({ args: ['--triton-image', tritonImage] });
  await upload(first, 'liver', { '1/model.plan': 'x' });
  const waiting = { image: 'busybox', tag: 'local', command: ['sh', '-c', 'echo begun; until [ -e /input/go ]; do sleep 0.05; done; wget -qO /output/files "http://$NVIDIA_TRITON_HTTPURI/"'] };
  const { jobId, output } = await create(first, definition({ one: { models: ['liver'], container: waiting } }));
  await clients(first).jobs.start({ jobId });
  await expect.poll(() => existsSync(join(first.home, 'jobs', jobId!.value, 'one/log')) && readFileSync(join(first.home, 'jobs', jobId!.value, 'one/log'), 'utf8'), { timeout: 20_000 }).toContain('begun');
  await upload(first, 'liver', { '2/model.plan': 'x' });
  expect(await first.stop('SIGUSR2')).toBe(0);
  const next = await startServer({ home: first.home, args: ['--triton-image', tritonImage] });
  writeFileSync(join(next.home, 'payloads', (await clients(next).jobs.status({ jobId })).payloadId!.value, 'input/go'), '');
  const { status } = await stopped(next, jobId);
  expect(status).toMatchObject({ status: JobStatus.JOB_STATUS_HEALTHY, messages: [] });
  expect(output('one', 'out', 'files').split('\n')).toEqual(['liver', 'liver/1', 'liver/1/model.plan']);
  await gone(next);
});

test.skipIf(without)('models that never get ready fail the job with the server\'s last lines', async () => {
  const server = await startServer({ args: ['--triton-image', tritonImage, '--service-timeout', '3'] });
  await upload(server, 'broken', { 'config.pbtxt': 'name: "broken"' });
  const { status } = await run(server, definition({ one: { models: ['broken'] } }));
  expect(status.status).toBe(JobStatus.JOB_STATUS_FAULTED);
  expect(status.messages[0]).toMatch(/^operator one could not be started: inference server of broken does not answer at port 8000 within 3 s/);
  expect(status.messages.slice(1)).toEqual(['inference server of broken: serving broken', 'inference server of broken: a model has no version']);
  await gone(server);
});

test.skipIf(without)('an archive that is none fails the job and names the model', async () => {
  const server = await startServer({ args: ['--triton-image', tritonImage] });
  await clients(server).models.uploadModel([{ details: { modelId: undefined, name: 'junk', type: 1, metadata: {} }, data: Buffer.from('no zip') }]);
  const { status } = await run(server, definition({ one: { models: ['junk'] } }));
  expect(status.status).toBe(JobStatus.JOB_STATUS_FAULTED);
  expect(status.messages[0]).toMatch(/^operator one could not be started: the model junk cannot be unpacked \(.*\) \(upload it anew/);
});
