import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fastify, type FastifyError, type FastifyInstance } from 'fastify';
import { ClaraError } from '../../core/errors.ts';
import { version } from '../../core/version.ts';
import { type Logger } from '../../system/log.ts';
import { isDatabaseFailure } from '../../system/sqlite.ts';
import { addRoutes, type TaskQueue } from './routes.ts';

/** File names of a series of tens of thousands of instances. */
const bodyLimit = 16 * 1024 * 1024;

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
export async function createPage({ queue, log }: AppOptions, assets: string): Promise<FastifyInstance> {
  const [{ fastifySwagger }, { fastifySwaggerUi }, logo] = await Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui'), readFile(join(assets, 'logo.svg'))]);
  const app = bareApp(log);
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Results Service', version, description: 'Hands what pipelines have made to exporters, which deliver it.' },
      tags: [
        { name: 'producers', description: 'operators that register what was made' },
        { name: 'exporters', description: 'programs that deliver it' },
        { name: 'observers', description: 'people, and programs that only look' },
      ],
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/swagger', baseDir: assets, logo: { type: 'image/svg+xml', content: logo }, staticCSP: true, transformStaticCSP: withoutUpgrade });
  addRoutes(app, queue);
  // Where tools for the original look for it.
  app.get('/swagger/v1/swagger.json', { schema: { hide: true } }, () => app.swagger());
  await app.ready();
  return app;
}

/** The page is served without TLS on this machine: a browser that asks for TLS instead would find nothing. */
function withoutUpgrade(policy: string): string {
  return policy.replace('upgrade-insecure-requests;', '');
}

function bareApp(log: Logger): FastifyInstance {
  const app = fastify({
    bodyLimit,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
    // Nothing is turned into what it is not: a number is no text.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: true } },
  });
  app.removeAllContentTypeParsers();
  // The guide's samples send `application/json-patch+json`; .NET takes all of these for JSON.
  app.addContentTypeParser(/^(application|text)\/([\w.-]+\+)?json\b/i, { parseAs: 'string' }, (_request, body, parsed) => {
    try {
      parsed(null, body.length === 0 ? {} : withKnownCase(JSON.parse(body.toString()) as unknown));
    } catch {
      parsed(new ClaraError('usage', 'the body is not valid JSON'), undefined);
    }
  });
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

/** Names of properties in any case (the original's client sends `RetryLater`). */
const names = new Map(['pipelineId', 'jobId', 'payloadId', 'parameters', 'uris', 'retryLater'].map((name) => [name.toLowerCase(), name]));

function withKnownCase(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).map(([key, value]) => [names.get(key.toLowerCase()) ?? key, value]));
}
