import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { version } from '../../core/version.ts';
import { type Logger } from '../../system/log.ts';

export interface PageOptions {
  /** The folder of Swagger UI. */
  readonly assets: string;
  readonly log: Logger;
  /** An application like the one that is described, without routes. */
  readonly bare: () => FastifyInstance;
  /** Adds the routes to it. */
  readonly describe: (app: FastifyInstance) => void;
}

/** The API as a page for people, `/swagger`, and as OpenAPI; an application of its own that is made when it is first asked for, because few look at it. */
export function addPage(app: FastifyInstance, options: PageOptions): void {
  let page: Promise<FastifyInstance> | undefined;
  app.addHook('onClose', async () => { await (await page?.catch(() => undefined))?.close(); });
  const answer = async (request: FastifyRequest, reply: FastifyReply) => {
    const { routing } = await (page ??= createPage(options));
    reply.hijack();
    routing(request.raw, reply.raw);
  };
  for (const path of ['/swagger', '/swagger/*']) app.get(path, { schema: { hide: true } as object }, answer);
}

async function createPage({ assets, bare, describe }: PageOptions): Promise<FastifyInstance> {
  const [{ fastifySwagger }, { fastifySwaggerUi }, logo] = await Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui'), readFile(join(assets, 'logo.svg'))]);
  const app = bare();
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'DICOM Adapter', version, description: 'Receives studies, turns them into jobs, and delivers their results.' },
      tags: [
        { name: 'configuration', description: 'who may send, what runs, and where results go; changes take effect at once' },
        { name: 'inference', description: 'jobs on data that are retrieved from archives' },
        { name: 'health', description: 'for supervisors' },
        { name: 'operation', description: 'what the adapter is doing, and why' },
      ],
    },
  });
  await app.register(fastifySwaggerUi, { routePrefix: '/swagger', baseDir: assets, logo: { type: 'image/svg+xml', content: logo }, staticCSP: true, transformStaticCSP: (policy) => policy.replace('upgrade-insecure-requests;', '') });
  describe(app);
  // Where tools for the original look for it.
  app.get('/swagger/v1/swagger.json', { schema: { hide: true } }, () => app.swagger());
  await app.ready();
  return app;
}
