import { type AddressInfo } from 'node:net';
import { fastify, type FastifyInstance } from 'fastify';
import { isLoopback, splitAddress } from '../../core/addresses.ts';
import { ClaraError, messageOf, systemCode } from '../../core/errors.ts';
import { takeJsonBodies } from '../../system/http/json-bodies.ts';
import { type Logger } from '../../system/log.ts';
import { type Operation } from '../operate/operation.ts';
import { type AdapterStore } from '../store/store.ts';
import { addConfiguration } from './configuration.ts';
import { addHealth, addOperation } from './operation.ts';
import { addPage } from './page.ts';
import { notFound, problemOf } from './problems.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Title of the problem where the database fails. */
    readonly failing?: string;
  }
}

export interface RestOptions {
  readonly listen: string;
  /** 0: any free one. */
  readonly port: number;
  readonly store: AdapterStore;
  readonly operation: Operation;
  /** Adds the routes of other parts. */
  readonly more: readonly ((app: FastifyInstance) => void)[];
  /** The folder of what the page `/swagger` is made of. */
  readonly pages: string;
  readonly log: Logger;
}

/** Of a part of a path: a transaction of 256 bytes, each of them escaped. */
const longestParameter = 1024;
/** Longest body: an AE title with many settings. */
const bodyLimit = 1024 * 1024;

const properties = ['name', 'aeTitle', 'overwriteSameInstance', 'ignoredSopClasses', 'processor', 'processorSettings', 'hostIp', 'port', 'pipelineId', 'timeout'];

/** Opens the REST API: configuration, health and status. Returns its port. */
export async function openRest(options: RestOptions): Promise<{ readonly port: number; close(): Promise<void> }> {
  const app = createApp(options);
  try {
    await app.listen({ host: options.listen, port: options.port });
  } catch (thrown) {
    const why = systemCode(thrown) === 'EADDRINUSE' ? 'another program uses it' : systemCode(thrown) === 'EACCES' ? 'this user may not bind it' : messageOf(thrown);
    throw new ClaraError('failed', `the REST API cannot listen at port ${options.port} of ${options.listen} (${why})`, { cause: thrown, hint: 'choose another one with --rest-port, or 0 for any free one' });
  }
  return { port: (app.server.address() as AddressInfo).port, close: () => app.close() };
}

function createApp(options: RestOptions): FastifyInstance {
  const app = bareApp(options);
  addRoutes(app, options);
  addPage(app, { assets: options.pages, describe: (page) => addRoutes(page, options), bare: () => bareApp(options) });
  return app;
}

function addRoutes(app: FastifyInstance, { store, operation, more }: RestOptions): void {
  addConfiguration(app, store.entities);
  addHealth(app, operation);
  addOperation(app, operation);
  for (const add of more) add(app);
}

function bareApp({ log, listen }: Pick<RestOptions, 'log' | 'listen'>): FastifyInstance {
  const app = fastify({
    bodyLimit, forceCloseConnections: true, routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, maxParamLength: longestParameter },
    // Nothing is turned into what it is not: a number is no text.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false, allowUnionTypes: true } },
  });
  takeJsonBodies(app, { properties });
  app.addHook('onRequest', async ({ headers }, reply) => {
    // Programs of this machine, and not the pages that its browsers show, may change who sends and where results go.
    const site = headers['sec-fetch-site'];
    const isForeign = (site !== undefined && site !== 'same-origin' && site !== 'none') || (isLoopback(listen) && headers.host !== undefined && !isLoopback(hostOf(headers.host)));
    if (isForeign) await reply.code(403).send({ title: 'Forbidden', status: 403, detail: 'pages of other sites are not answered' });
  });
  app.setErrorHandler((thrown, request, reply) => {
    const problem = problemOf(thrown, request.routeOptions.config.failing ?? 'Internal Server Error');
    if (problem.status >= 500) log.error({ err: thrown, method: request.method, route: request.routeOptions.url }, 'a request failed');
    return reply.code(problem.status).type('application/problem+json; charset=utf-8').serializer(JSON.stringify).send(problem);
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).type('application/problem+json; charset=utf-8').send(notFound));
  return app;
}

function hostOf(header: string): string {
  return /:\d+$/.test(header) ? splitAddress(header).host : header.replace(/^\[(.*)\]$/, '$1');
}
