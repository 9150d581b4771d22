import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ClaraService, PayloadsService } from '../../../src/api/services.ts';
import { serverHome, startServer, StartFailed } from '../../helpers/platform.ts';

test('a server says where it is, answers, and ends at SIGTERM without a trace', async () => {
  const server = await startServer();
  expect(server.ready).toMatchObject({ pid: server.child.pid, tls: false, version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown });
  expect(JSON.parse(readFileSync(join(server.home, 'server.json'), 'utf8'))).toEqual(server.ready);
  const { version } = await server.connection.service(ClaraService).version({});
  expect(`${version!.major}.${version!.minor}.${version!.patch}`).toBe(server.ready.version);
  expect(await server.stop()).toBe(0);
  expect(existsSync(join(server.home, 'server.json'))).toBe(false);
});

test('Clara.Stop answers, then the server ends', async () => {
  const server = await startServer();
  await server.connection.service(ClaraService).stop({});
  const code = await new Promise((resolve) => server.child.once('close', resolve));
  expect(code).toBe(0);
});

test('a second platform on one home is refused and told who is there', async () => {
  const server = await startServer();
  const failure = await startServer({ home: server.home }).catch((thrown: unknown) => thrown as StartFailed);
  expect(failure).toBeInstanceOf(StartFailed);
  expect((failure as StartFailed).exitCode).toBe(1);
  expect((failure as StartFailed).stderr).toContain(`process ${server.pid}`);
  await server.connection.service(ClaraService).version({});
  expect(JSON.parse(readFileSync(join(server.home, 'server.json'), 'utf8'))).toEqual(server.ready);
});

test('a killed server leaves nothing that blocks the next one, and its payloads are there', async () => {
  const home = serverHome();
  const first = await startServer({ home });
  const { payloadId } = await first.connection.service(PayloadsService).create({ metadata: { a: '1' } });
  await first.kill();
  const second = await startServer({ home });
  const details = [];
  for await (const message of second.connection.service(PayloadsService).details({ payloadId })) details.push(message);
  expect(details).toMatchObject([{ payloadId, type: 2, metadata: { a: '1' } }]);
});

test('a port in use is an error that says which', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  try {
    const failure = await startServer({ args: ['--port', String(port)] }).catch((thrown: unknown) => thrown as StartFailed);
    expect(failure).toBeInstanceOf(StartFailed);
    expect((failure as StartFailed).stderr).toContain(`port ${port} of 127.0.0.1 is in use`);
  } finally {
    other.close();
  }
});

test.each(['localhost', '127.0.0.2'])('%s is loopback too', async (listen) => {
  const server = await startServer({ args: ['--listen', listen] });
  expect(server.ready.grpc).toMatch(new RegExp(`^${listen}:\\d+$`));
  await server.connection.service(ClaraService).version({});
});

test.each([
  [['--listen', '0.0.0.0'], 2, 'TLS (--tls-cert and --tls-key) and a token'],
  [['--listen', '203.0.113.1', '--insecure'], 1, 'cannot listen at 203.0.113.1'],
  [['--port', 'x'], 2, '--port must be'],
])('%j does not start, and says why to whoever started it', async (args, exitCode, message) => {
  const failure = await startServer({ args }).catch((thrown: unknown) => thrown as StartFailed);
  expect(failure).toBeInstanceOf(StartFailed);
  expect((failure as StartFailed).exitCode).toBe(exitCode);
  expect((failure as StartFailed).said).toContain(message);
  expect((failure as StartFailed).stderr).toContain(message);
});

test('a call that hangs does not keep the server from ending', async () => {
  const server = await startServer();
  const payloads = server.connection.service(PayloadsService);
  const { payloadId } = await payloads.create({});
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  const upload = payloads.upload((async function* () {
    yield { payloadId, details: { name: 'a', mode: 0, size: 0 }, data: Buffer.from('x') };
    await held;
  })()).then(() => 'stored', () => 'cut');
  expect(await server.stop()).toBe(0);
  release();
  expect(await upload).toBe('cut');
  const next = await startServer({ home: server.home });
  const details = [];
  for await (const message of next.connection.service(PayloadsService).details({ payloadId })) details.push(message.file);
  expect(details).toEqual([undefined]);
});
