import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { ClaraError } from '../../core/errors.ts';
import { createApiPage } from '../../system/http/api-page.ts';
import { takeJsonBodies } from '../../system/http/json-bodies.ts';
import { type Logger } from '../../system/log.ts';
import { isDatabaseFailure } from '../../system/database/sqlite.ts';
import { addRoutes, type TaskQueue } from './routes.ts';

/** File names of a series of tens of thousands of instances. */
const bodyLimit = 16 * 1024 * 1024;

/** The original's client sends `RetryLater`. */
const properties = ['pipelineId', 'jobId', 'payloadId', 'parameters', 'uris', 'retryLater'];

export interface AppOptions {
  readonly queue: TaskQueue;
  readonly log: Logger;
}

/** The Results Service without a socket: `routing` takes requests. */
export async function createApp({ queue, log }: AppOptions): Promise<FastifyInstance> {
  const app = bareApp(log);
  addRoutes(app, queue);
  await app.ready();
  return app;
}

/** The same routes as a page for people, `/swagger`, and as OpenAPI; an application of its own, because few look at it. */
export function createPage({ queue, log }: AppOptions, assets: string): Promise<FastifyInstance> {
  return createApiPage({
    title: 'Results Service', description: 'Hands what pipelines have made to exporters, which deliver it.', assets, app: bareApp(log), describe: (app) => addRoutes(app, queue),
    tags: [
      { name: 'producers', description: 'operators that register what was made' },
      { name: 'exporters', description: 'programs that deliver it' },
      { name: 'observers', description: 'people, and programs that only look' },
    ],
  });
}

function bareApp(log: Logger): FastifyInstance {
  const app = fastify({
    bodyLimit,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    // Nothing is turned into what it is not: a number is no text.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
  });
  takeJsonBodies(app, { properties, empty: {} });
  app.setErrorHandler<FastifyError | ClaraError>((thrown, request, reply) => {
    const [status, message] = explained(thrown);
    if (status >= 500) log.error({ err: thrown, method: request.method, route: request.routeOptions.url }, 'a request for results failed');
    return reply.code(status).type('application/json; charset=utf-8').serializer(JSON.stringify).send({ error: message });
  });
  app.setNotFoundHandler((request, reply) => reply.code(404).send({ error: `there is nothing at ${request.method} ${request.url.split('?')[0]}` }));
  return app;
}

function explained(thrown: FastifyError | ClaraError): readonly [status: number, message: string] {
  if (thrown instanceof ClaraError) return [thrown.kind === 'not-found' ? 404 : 400, thrown.message];
  if (isDatabaseFailure(thrown)) return [503, 'the database cannot be written; try again later'];
  const status = thrown.statusCode ?? 500;
  return status >= 500 ? [500, 'the request failed; the log of the platform says why'] : [status, thrown.message];
}
