import { chmodSync, mkdirSync, openSync, closeSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { hostAndPort } from '../../core/addresses.ts';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { resultsPort, resultsSocket } from '../../core/results.ts';
import { type Logger } from '../../system/log.ts';
import { type Database } from '../../system/database/sqlite.ts';
import { tokenCheck } from '../access.ts';
import type * as appModule from './app.ts';
import { type AppOptions } from './app.ts';
import { GroupCommit } from '../../system/database/group-commit.ts';
import { isAboutPage, isRegistration, refusalOf } from './guard.ts';
import { TaskStore } from './store.ts';

export interface ResultsOptions {
  readonly listen: string;
  /** 0 takes any free one; undefined the usual one, or any free one where that is taken. */
  readonly port: number | undefined;
  /** PEM. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | undefined;
  readonly token: string | undefined;
  /** How long an exporter may have a task without reporting; 0 for ever. */
  readonly leaseMs: number;
  /** Where the socket for operators is made. */
  readonly folder: string;
  /** Where the files of the page about the service are. */
  readonly assets: string;
}

export interface RunningResults {
  /** `host:port`. */
  readonly address: string;
  readonly store: TaskStore;
  close(): Promise<void>;
}

/** What requests get to finish when the platform ends, in milliseconds; then they are cut. */
const patienceMs = 2000;
/** An exporter polls twice a second: its connection is kept. */
const keepAliveMs = 65_000;

/**
 * Opens the Results Service: at an address for everybody, and at a socket through which operators register, wherever they
 * run and whatever the address asks for. What answers is loaded with the first request: a start does not wait for it, and
 * a platform without exporters does without its memory.
 */
export async function openResults(db: Database, options: ResultsOptions, log: Logger): Promise<RunningResults> {
  const store = new TaskStore(db, options.leaseMs);
  const answer = answering({ queue: { store, commits: new GroupCommit(db) }, log }, options.assets);
  const isTokenOf = options.token === undefined ? undefined : tokenCheck(options.token);
  const door = await makeServer(options.tls, (request, response) => {
    const refusal = refusalOf(request, { isTokenOf, listen: options.listen });
    if (refusal === undefined) answer(request, response);
    else refuse(response, refusal.status, refusal.message);
  });
  const inner = createServer((request, response) => {
    if (isRegistration(request)) answer(request, response);
    else refuse(response, 403, 'operators can register results here, and nothing else');
  });
  door.keepAliveTimeout = keepAliveMs;
  const port = await listen(door, options, log);
  try {
    await listenAtSocket(inner, options.folder);
  } catch (thrown) {
    await shut(door);
    throw thrown;
  }
  return {
    address: hostAndPort(options.listen, port),
    store,
    async close() {
      // The folder stays: operators that go on find the next platform's socket there.
      rmSync(join(options.folder, resultsSocket), { force: true });
      await Promise.all([shut(door), shut(inner)]);
    },
  };
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** Passes requests on to what is loaded with the first of them. */
function answering(parts: AppOptions, assets: string): Handler {
  const load = (make: (module: typeof appModule) => Promise<{ routing: Handler }>) => {
    let app: Promise<{ routing: Handler }> | undefined;
    return () => (app ??= import('./app.ts').then(make));
  };
  const [service, page] = [load(({ createApp }) => createApp(parts)), load(({ createPage }) => createPage(parts, assets))];
  return (request, response) => {
    (isAboutPage(request.url ?? '') ? page() : service()).then(({ routing }) => routing(request, response)).catch((thrown: unknown) => {
      parts.log.error({ err: thrown }, 'the Results Service cannot answer');
      if (!response.headersSent) refuse(response, 500, 'the request failed; the log of the platform says why');
    });
  };
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}), connection: 'close' })
    .end(JSON.stringify({ error: message }));
}

async function makeServer(tls: ResultsOptions['tls'], handler: Handler): Promise<Server> {
  if (tls === undefined) return createServer(handler);
  const https = await import('node:https');
  return https.createServer(tls, handler);
}

async function listen(server: Server, { listen: host, port }: ResultsOptions, log: Logger): Promise<number> {
  try {
    await listening(server, { host, port: port ?? resultsPort });
  } catch (thrown) {
    if (port !== undefined || systemCode(thrown) !== 'EADDRINUSE') throw cannotListen(host, port ?? resultsPort, thrown);
    await listening(server, { host, port: 0 });
    log.warn({ port: (server.address() as AddressInfo).port }, `port ${resultsPort} is in use by another program; the Results Service took another one`);
  }
  return (server.address() as AddressInfo).port;
}

function listening(server: Server, where: { readonly host: string; readonly port: number } | { readonly path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(where, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function cannotListen(host: string, port: number, thrown: unknown): ClaraError {
  const hint = 'choose another with --results-port, or 0 for any free one';
  switch (systemCode(thrown)) {
    case 'EADDRINUSE': return new ClaraError('failed', `port ${port} of ${host}, for the Results Service, is in use by another program`, { cause: thrown, hint });
    case 'EACCES': return new ClaraError('failed', `port ${port}, for the Results Service, may not be bound by this user`, { cause: thrown, hint });
    default: return new ClaraError('failed', `the Results Service cannot listen at ${hostAndPort(host, port)} (${messageOf(thrown)})`, { cause: thrown, hint: 'name an address of this machine with --listen' });
  }
}

/** The path of a socket is short by nature (107 bytes): the folder goes by its descriptor, as long as the socket is being made. */
async function listenAtSocket(server: Server, folder: string): Promise<void> {
  // Containers run as other users; nobody else gets past the platform's own folder.
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  chmodSync(folder, 0o755);
  const descriptor = process.platform === 'linux' ? openSync(folder, 'r') : undefined;
  try {
    rmSync(join(folder, resultsSocket), { force: true });
    await listening(server, { path: join(descriptor === undefined ? folder : `/proc/self/fd/${descriptor}`, resultsSocket) });
    chmodSync(join(folder, resultsSocket), 0o666);
  } catch (thrown) {
    throw new ClaraError('failed', `the socket for operators cannot be made in ${folder} (${messageOf(thrown)})`, { cause: thrown });
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function shut(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const patience = setTimeout(() => server.closeAllConnections(), patienceMs);
    server.close(() => {
      clearTimeout(patience);
      resolve();
    });
    server.closeIdleConnections();
  });
}
