import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FastifyInstance } from 'fastify';
import { version } from '../../core/version.ts';

export interface ApiPageOptions {
  readonly title: string;
  /** What the API is for, in a sentence. */
  readonly description: string;
  /** The groups of its routes. */
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  /** The folder of Swagger UI. */
  readonly assets: string;
  /** An application like the one that is described, without routes; the page is added to it. */
  readonly app: FastifyInstance;
  /** Adds the routes that are described. */
  readonly describe: (app: FastifyInstance) => void;
}

/** An API as a page for people, `/swagger`, and as OpenAPI. Rejects where the files of Swagger UI are missing. */
export async function createApiPage({ title, description, tags, assets, app, describe }: ApiPageOptions): Promise<FastifyInstance> {
  const [{ fastifySwagger }, { fastifySwaggerUi }, logo] = await Promise.all([import('@fastify/swagger'), import('@fastify/swagger-ui'), readFile(join(assets, 'logo.svg'))]);
  await app.register(fastifySwagger, { openapi: { openapi: '3.0.3', info: { title, version, description }, tags: [...tags] } });
  await app.register(fastifySwaggerUi, { routePrefix: '/swagger', baseDir: assets, logo: { type: 'image/svg+xml', content: logo }, staticCSP: true, transformStaticCSP: withoutUpgrade });
  describe(app);
  // Where tools for the original look for it.
  app.get('/swagger/v1/swagger.json', { schema: { hide: true } as object }, () => app.swagger());
  await app.ready();
  return app;
}

/** The page is served without TLS on this machine: a browser that asks for TLS instead would find nothing. */
function withoutUpgrade(policy: string): string {
  return policy.replace('upgrade-insecure-requests;', '');
}
