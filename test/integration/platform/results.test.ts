import { request, Agent } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { serverHome, startServer, type ServerOptions } from '../../helpers/platform.ts';
import { clients, failure } from './helpers.ts';

const results = { pipelineId: 'p', jobId: 'j', payloadId: 'l', parameters: '"MYPACS"', uris: ['/operators/w/dicom/1.dcm'] };
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

async function service(options: ServerOptions = {}) {
  const server = await startServer(options);
  const ask = (path: string, init?: RequestInit) => fetch(`http://${server.ready.results}${path}`, init);
  const json = { 'content-type': 'application/json' };
  return {
    server, ask,
    register: async (agent: string, body: object = results, headers: Record<string, string> = {}) => {
      const response = await ask(`/api/tasks/register/${agent}`, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
      expect(response.status).toBe(200);
      return await response.json() as string;
    },
    put: (path: string, body?: object) => ask(`/api/tasks/${path}`, { method: 'PUT', ...(body === undefined ? {} : { headers: json, body: JSON.stringify(body) }) }),
    task: async (id: string) => await (await ask(`/api/tasks/${id}`)).json() as { state: string; retries: number },
  };
}

test('the flow of the guide, with its shapes and codes', async () => {
  const { ask, register, put, task } = await service();
  const nothing = await ask('/api/tasks/ClaraSCU/pending');
  expect([nothing.status, await nothing.text()]).toEqual([204, '']);
  const id = await register('ClaraSCU');
  expect(id).toMatch(guid);
  const looked = await ask('/api/tasks/ClaraSCU?size=1');
  expect(looked.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(await looked.json()).toEqual([{ ...results, taskId: id, state: 'Pending', retries: 0, agent: 'ClaraSCU' }]);
  expect(await (await ask('/api/Tasks/clarascu/PENDING?size=10')).json()).toEqual([{ ...results, taskId: id, state: 'Pending', retries: 0, agent: 'ClaraSCU' }]);
  expect((await ask('/api/tasks/ClaraSCU/pending')).status).toBe(204);
  expect(await (await ask('/api/tasks/ClaraSCU/inProgress')).json()).toMatchObject([{ taskId: id, state: 'InProgress' }]);
  // The original's client spells it so.
  const failed = await put(`failure/${id}`, { RetryLater: true });
  expect([failed.status, await failed.text()]).toEqual([200, '']);
  expect(await task(id)).toMatchObject({ state: 'Pending', retries: 1 });
  expect(await (await ask('/api/tasks/ClaraSCU/1')).json()).toMatchObject([{ taskId: id, retries: 1 }]);
  const succeeded = await put(`success/${id.toUpperCase()}`);
  expect([succeeded.status, await succeeded.text()]).toEqual([200, '']);
  expect(await task(id)).toMatchObject({ state: 'Succeeded', retries: 1 });
  expect((await put(`retry/${id}`)).status).toBe(200);
  expect(await task(id)).toMatchObject({ state: 'Pending', retries: 0 });
  expect((await put(`failure/${id}`, {})).status).toBe(200);
  expect(await task(id)).toMatchObject({ state: 'Failed' });
});

test('a report is taken with a body of no length and no type, as the guide sends it', async () => {
  const { server, register, task } = await service();
  const id = await register('a');
  const [host, port] = server.ready.results!.split(':');
  const status = await new Promise<number>((resolve, reject) => {
    const put = request({ host, port, method: 'PUT', path: `/api/tasks/success/${id}`, headers: { 'transfer-encoding': 'chunked' } }, (response) => resolve(response.resume().statusCode!));
    put.once('error', reject).end();
  });
  expect(status).toBe(200);
  expect(await task(id)).toMatchObject({ state: 'Succeeded' });
});

test('what is wrong is refused with one line', async () => {
  const { ask, put } = await service();
  const json = { 'content-type': 'application/json' };
  const post = (agent: string, body: string, headers: Record<string, string> = json) => ask(`/api/tasks/register/${agent}`, { method: 'POST', headers, body });
  const cases: [Promise<Response>, number, RegExp][] = [
    [post('Clara_SCU', JSON.stringify(results)), 400, /agent/],
    [post('a'.repeat(33), JSON.stringify(results)), 400, /agent/],
    [post('a', JSON.stringify({ ...results, uris: [] })), 400, /uris/],
    [post('a', JSON.stringify({ ...results, uris: 'x' })), 400, /uris/],
    [post('a', JSON.stringify({ ...results, jobId: undefined })), 400, /jobId/],
    [post('a', JSON.stringify({ ...results, parameters: '["A"' })), 400, /parameters/],
    [post('a', '{"pipelineId": }'), 400, /not valid JSON/],
    [post('a', ''), 400, /pipelineId/],
    [post('a', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }), 415, /Media Type/],
    [ask('/api/tasks/a?size=0'), 400, /size/],
    [ask('/api/tasks/a?size=-1'), 400, /size/],
    [ask('/api/tasks/a?size=many'), 400, /size/],
    [ask('/api/tasks/a/waiting'), 400, /no state/],
    [ask('/api/tasks/0a12ef41-e9d9-4a92-a3e6-2e1be82151f7'), 404, /no task/],
    [put('success/0a12ef41-e9d9-4a92-a3e6-2e1be82151f7'), 404, /no task/],
    [put('success/nonsense'), 404, /no task/],
    [put('failure/0a12ef41-e9d9-4a92-a3e6-2e1be82151f7', { retryLater: false }), 404, /no task/],
    [put('failure/0a12ef41-e9d9-4a92-a3e6-2e1be82151f7', { retryLater: 'yes' }), 400, /retryLater/],
    [ask('/api/elsewhere'), 404, /nothing at/],
  ];
  for (const [asked, status, text] of cases) {
    const response = await asked;
    const body = await response.json() as { error: string };
    expect([response.status, body.error, Object.keys(body)]).toEqual([status, expect.stringMatching(text), ['error']]);
    expect(body.error).not.toContain('\n');
  }
});

test('other types of JSON are taken, and names in any case', async () => {
  const { ask } = await service();
  for (const type of ['application/json-patch+json', 'text/json', 'application/json; charset=utf-8', 'application/vnd.clara+json']) {
    const response = await ask('/api/Tasks/register/a', { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify({ PipelineId: 'p', JobID: 'j', payloadid: 'l', URIS: ['x'], other: 1 }) });
    expect([type, response.status]).toEqual([type, 200]);
  }
  expect(await (await ask('/api/tasks/a?size=2')).json()).toMatchObject([{ pipelineId: 'p', jobId: 'j', payloadId: 'l', uris: ['x'], parameters: null }, {}]);
});

const count = 20_000;

test('50 exporters of one name drain 20,000 tasks, each of them once', async () => {
  const { server, register, ask } = await service();
  const agent = new Agent({ keepAlive: true, maxSockets: 50 });
  const get = (path: string) => new Promise<{ taskId: string }[]>((resolve, reject) => {
    request(`http://${server.ready.results}${path}`, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => { text += piece; }).once('end', () => resolve(text === '' ? [] : JSON.parse(text) as { taskId: string }[]));
    }).once('error', reject).end();
  });
  const registered: string[] = [];
  const producer = (async () => {
    for (let at = 0; at < count; at += 20) registered.push(...await Promise.all(Array.from({ length: 20 }, () => register('drain'))));
  })();
  let over = false;
  const taken: string[] = [];
  const poller = async () => {
    for (;;) {
      const last = over;
      const tasks = await get('/api/tasks/drain/pending?size=3');
      taken.push(...tasks.map(({ taskId }) => taskId));
      if (tasks.length === 0 && last) return;
    }
  };
  const pollers = Array.from({ length: 50 }, poller);
  await producer;
  over = true;
  await Promise.all(pollers);
  agent.destroy();
  expect(taken).toHaveLength(count);
  expect(taken.sort()).toEqual(registered.sort());
  expect((await ask('/api/tasks/drain/pending')).status).toBe(204);
}, 400_000);

test('whatever was answered survives kill -9', async () => {
  const home = serverHome();
  const first = await service({ home });
  const acknowledged: string[] = [];
  const claimed: string[] = [];
  // Killed amid registrations and claims.
  const busy = Promise.allSettled(Array.from({ length: 200 }, async (_, index) => {
    acknowledged.push(await first.register('a', { ...results, jobId: `j${index}` }));
    if (index % 3 === 0) claimed.push(...(await (await first.ask('/api/tasks/a/pending?size=1')).json() as { taskId: string }[]).map(({ taskId }) => taskId));
    if (acknowledged.length === 60) void first.server.kill();
  }));
  await busy;
  expect(acknowledged.length).toBeGreaterThanOrEqual(60);
  const second = await service({ home });
  const found = await (await second.ask('/api/tasks?size=1000')).json() as { taskId: string; state: string }[];
  const ids = found.map(({ taskId }) => taskId);
  expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
  expect(claimed.filter((id) => found.find(({ taskId }) => taskId === id)?.state !== 'InProgress')).toEqual([]);
});

test('a task comes back when its exporter has died, and goes when its time is over, with its payload', async () => {
  const home = serverHome();
  const { ask, register, put, server } = await service({ home, args: ['--results-lease', '0.3', '--results-retain', '0.4', '--results-remove-payloads'] });
  const { payloads } = clients(server);
  const payloadId = (await payloads.create({})).payloadId!.value;
  const id = await register('a', { ...results, payloadId });
  expect((await ask('/api/tasks/a/pending')).status).toBe(200);
  await until(async () => (await ask('/api/tasks/a/pending')).status === 200);
  await put(`success/${id}`);
  await until(async () => (await ask(`/api/tasks/${id}`)).status === 404);
  expect(await failure(payloads.details({ payloadId: { value: payloadId } }).next())).toMatchObject({ kind: 'not-found' });
});

test('a registration with a key that is known makes no second task', async () => {
  const { register, ask } = await service();
  const first = await register('a', results, { 'idempotency-key': 'j/register/0' });
  expect(await register('a', results, { 'Idempotency-Key': 'j/register/0' })).toBe(first);
  expect(await (await ask('/api/tasks/a')).json()).toHaveLength(1);
});

test('operators register through the socket, and can do nothing else there', async () => {
  const { server, ask } = await service();
  const socketPath = join(server.home, 'results', 'results.sock');
  const through = (method: string, path: string, body?: string) => new Promise<number>((resolve, reject) => {
    request({ socketPath, method, path, headers: { host: 'clara', ...(body === undefined ? {} : { 'content-type': 'application/json' }) } }, (response) => resolve(response.resume().statusCode!)).once('error', reject).end(body);
  });
  expect(await through('POST', '/api/tasks/register/a', JSON.stringify(results))).toBe(200);
  expect(await through('GET', '/api/tasks/a/pending')).toBe(403);
  expect(await through('PUT', '/api/tasks/success/0a12ef41-e9d9-4a92-a3e6-2e1be82151f7')).toBe(403);
  expect(await (await ask('/api/tasks/a')).json()).toHaveLength(1);
});

test('the service is described as OpenAPI, and has a page', async () => {
  const { ask } = await service();
  const page = await ask('/swagger');
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  for (const path of ['/swagger/static/swagger-ui-bundle.js', '/swagger/static/swagger-ui.css', '/swagger/static/swagger-initializer.js']) expect((await ask(path)).status).toBe(200);
  for (const path of ['/swagger/json', '/swagger/v1/swagger.json']) {
    const { openapi, paths } = await (await ask(path)).json() as { openapi: string; paths: object };
    expect(openapi).toMatch(/^3\./);
    expect(Object.keys(paths).sort()).toEqual([
      '/api/tasks', '/api/tasks/failure/{taskId}', '/api/tasks/register/{agent}', '/api/tasks/retry/{taskId}', '/api/tasks/success/{taskId}', '/api/tasks/{agent}', '/api/tasks/{agent}/{state}', '/api/tasks/{taskId}',
    ]);
  }
});

test('with a token it answers only who has it', async () => {
  const home = serverHome();
  const file = join(home, 'token');
  writeFileSync(file, 'a-token-of-this-test\n', { mode: 0o600 });
  const { ask } = await service({ home, args: ['--token-file', file] });
  const refused = await ask('/api/tasks/a');
  expect([refused.status, refused.headers.get('www-authenticate'), await refused.json()]).toEqual([401, 'Bearer', { error: 'this platform asks for a token' }]);
  expect((await ask('/api/tasks/a', { headers: { authorization: 'Bearer another-token' } })).status).toBe(401);
  expect((await ask('/api/tasks/a', { headers: { authorization: 'Bearer a-token-of-this-test' } })).status).toBe(204);
});

test('pages of other sites cannot take tasks', async () => {
  const { ask, register } = await service();
  await register('a');
  expect((await ask('/api/tasks/a/pending', { headers: { 'sec-fetch-site': 'cross-site' } })).status).toBe(403);
  expect(await (await ask('/api/tasks/a/1')).json()).toHaveLength(1);
});

/** Waits for something to become true; fails after ten seconds. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; !await condition();) {
    if (Date.now() > end) throw new Error('it did not happen');
    await sleep(20);
  }
}
