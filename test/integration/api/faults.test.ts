import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { connect as dial, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Connection, type ConnectOptions } from '../../../src/api/client.ts';
import { ClaraService, JobsService, PayloadsService } from '../../../src/api/services.ts';
import { serve, startGrpcServer } from '../../helpers/grpc-server.ts';

function connect(target: string, options: Omit<ConnectOptions, 'target'> = {}): Connection {
  const connection = new Connection({ target, ...options });
  onTestFinished(() => connection.close());
  return connection;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A TCP server that keeps its sockets open until the test ends. */
async function tcp(onSocket: (socket: Socket) => void): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

/** One call of each kind; each must fail in the same words. */
const calls: readonly [string, (connection: Connection, signal?: AbortSignal) => Promise<unknown>][] = [
  ['unary', (connection, signal) => connection.service(ClaraService).version({}, control(signal))],
  ['server stream', async (connection, signal) => { for await (const _ of connection.service(JobsService).list({}, control(signal))); }],
  ['client stream', (connection, signal) => connection.service(PayloadsService).upload([{}], control(signal))],
];
const control = (signal?: AbortSignal) => (signal === undefined ? {} : { signal });

describe.each(calls)('%s', (_kind, call) => {
  test('nobody listens', async () => {
    const closed = createServer();
    const refused = await listen(closed);
    await new Promise((resolve) => { closed.close(resolve); });
    await expect(call(connect(refused))).rejects.toMatchObject({
      kind: 'unreachable', message: `no platform answered at ${refused} (connection refused)`, hint: expect.stringContaining('clara platform start') as string,
    });
  });

  test('the host has no such name', async () => {
    await expect(call(connect('no-such-host.invalid:30031'))).rejects.toMatchObject({
      kind: 'unreachable', message: 'no platform answered at no-such-host.invalid:30031 (unknown host name)',
    });
  });

  test('a server that accepts and never answers', async () => {
    const target = await tcp(() => undefined);
    await expect(call(connect(target, { timeoutMs: 200 }))).rejects.toMatchObject({
      kind: 'unreachable', message: `the platform at ${target} did not answer in time`, hint: expect.stringContaining('CLARA_TIMEOUT') as string,
    });
  });

  test('a gRPC server that takes the call and never answers', async () => {
    const never = () => new Promise<never>(() => undefined);
    const target = await startGrpcServer([
      serve(ClaraService, { version: never }),
      serve(JobsService, { async *list() { await never(); } }),
      serve(PayloadsService, { upload: never }),
    ]);
    await expect(call(connect(target, { timeoutMs: 200 }))).rejects.toMatchObject({
      kind: 'unreachable', message: `the platform at ${target} did not answer in time`,
    });
  });

  test('a server that speaks HTTP/1', async () => {
    const server = createHttpServer((_request, response) => response.end('<html>hello</html>'));
    onTestFinished(() => void server.close());
    const target = await listen(server);
    await expect(call(connect(target, { timeoutMs: 5_000 }))).rejects.toMatchObject({
      kind: 'unreachable', message: `no platform answered at ${target} (it does not speak gRPC)`,
    });
  });

  test.each([404, 502])('a server that speaks HTTP/2 and answers %i', async (code) => {
    const server = createHttp2Server();
    const sessions: ServerHttp2Session[] = [];
    server.on('session', (session) => sessions.push(session));
    server.on('stream', (stream) => { stream.on('error', () => undefined); stream.respond({ ':status': code, 'content-type': 'text/html' }); stream.end('<html>'); });
    onTestFinished(() => { for (const session of sessions) session.destroy(); server.close(); });
    const target = await listen(server);
    await expect(call(connect(target, { timeoutMs: 5_000 }))).rejects.toMatchObject({
      kind: 'unreachable', message: `no platform answered at ${target} (it does not speak gRPC: HTTP status ${code})`,
    });
  });

  test('a server that sends noise', async () => {
    const target = await tcp((socket) => socket.write(Buffer.alloc(4096, 0xa5)));
    await expect(call(connect(target, { timeoutMs: 5_000 }))).rejects.toMatchObject({
      kind: 'unreachable', message: `no platform answered at ${target} (it does not speak gRPC)`,
    });
  });

  test('a server that hangs up at once', async () => {
    const target = await tcp((socket) => socket.destroy());
    await expect(call(connect(target, { timeoutMs: 5_000 }))).rejects.toMatchObject({ kind: 'unreachable' });
  });

  test('a gRPC server that is no platform', async () => {
    const target = await startGrpcServer([]);
    await expect(call(connect(target))).rejects.toMatchObject({
      kind: 'failed', message: expect.stringContaining('does not offer this call') as string, hint: expect.stringContaining('not a Clara platform') as string,
    });
  });

  test('an abort before and during the call', async () => {
    const target = await tcp(() => undefined);
    await expect(call(connect(target), AbortSignal.abort())).rejects.toMatchObject({ kind: 'interrupted' });
    const controller = new AbortController();
    const pending = call(connect(target), controller.signal);
    setImmediate(() => controller.abort());
    await expect(pending).rejects.toMatchObject({ kind: 'interrupted' });
  });
});

/** Lets a test cut the connections that run through it. */
async function relay(target: string): Promise<{ address: string; cut(): void }> {
  const sockets: Socket[] = [];
  const [host, port] = target.split(':') as [string, string];
  const address = await tcp((socket) => {
    const upstream = dial(Number(port), host);
    upstream.on('error', () => undefined);
    sockets.push(socket, upstream);
    socket.pipe(upstream).pipe(socket);
  });
  return { address, cut: () => { for (const socket of sockets) socket.destroy(); } };
}

test('a connection that dies while a stream is read', async () => {
  const target = await startGrpcServer([serve(JobsService, {
    async *list(_request, { signal }) {
      yield {};
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  })]);
  const { address, cut } = await relay(target);
  let seen = 0;
  await expect((async () => {
    for await (const _ of connect(address).service(JobsService).list({})) {
      seen += 1;
      cut();
    }
  })()).rejects.toMatchObject({ kind: 'unreachable', message: expect.stringContaining(address) as string });
  expect(seen).toBe(1);
});

test('a connection that dies while a stream is sent', async () => {
  let received = 0;
  const target = await startGrpcServer([serve(PayloadsService, {
    async upload(requests) {
      for await (const _ of requests) {
        received += 1;
        if (received === 20) cut();
      }
      return {};
    },
  })]);
  const { address, cut } = await relay(target);
  const endless = (function* () { for (;;) yield { data: Buffer.alloc(100_000) }; })();
  await expect(connect(address).service(PayloadsService).upload(endless)).rejects.toMatchObject({ kind: 'unreachable' });
  // The source was told to end.
  expect(endless.next().done).toBe(true);
});

test('a reader who takes longer than the limit between two messages is not cut off', async () => {
  const target = await startGrpcServer([serve(JobsService, { async *list() { yield* [{}, {}, {}]; } })]);
  let seen = 0;
  for await (const _ of connect(target, { timeoutMs: 50 }).service(JobsService).list({})) {
    seen += 1;
    await new Promise((resolve) => setTimeout(resolve, 120));
  }
  expect(seen).toBe(3);
});

test('a source that takes longer than the limit between two messages is not cut off', async () => {
  const target = await startGrpcServer([serve(PayloadsService, {
    async upload(requests) {
      for await (const _ of requests);
      return {};
    },
  })]);
  const slow = (async function* () {
    for (let message = 0; message < 3; message += 1) {
      await new Promise((resolve) => setTimeout(resolve, 120));
      yield { data: Buffer.from('x') };
    }
  })();
  await connect(target, { timeoutMs: 50 }).service(PayloadsService).upload(slow);
});

test('a stream that is left early is cancelled on the platform', async () => {
  const ended = new Promise<void>((resolve) => {
    void startGrpcServer([serve(JobsService, {
      async *list(_request, { signal }) {
        signal.addEventListener('abort', () => resolve());
        for (;;) yield {};
      },
    })]).then(async (target) => {
      for await (const _ of connect(target).service(JobsService).list({})) break;
    });
  });
  await ended;
});

test('sending does not hold more in memory than the network takes', async () => {
  let taken = 0;
  const target = await tcp((socket) => socket.pause());
  const source = (function* () {
    for (;;) {
      taken += 100_000;
      yield { data: Buffer.alloc(100_000) };
    }
  })();
  await expect(connect(target, { timeoutMs: 300 }).service(PayloadsService).upload(source)).rejects.toMatchObject({ kind: 'unreachable' });
  // One MiB is ours, one is what grpc-js keeps to repeat a call.
  expect(taken).toBeLessThan(2_500_000);
});
