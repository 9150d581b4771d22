import { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { createApiPage } from '../../system/http/api-page.ts';

export interface PageOptions {
  /** The folder of Swagger UI. */
  readonly assets: string;
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

function createPage({ assets, bare, describe }: PageOptions): Promise<FastifyInstance> {
  return createApiPage({
    title: 'DICOM Adapter', description: 'Receives studies, turns them into jobs, and delivers their results.', assets, app: bare(), describe,
    tags: [
      { name: 'configuration', description: 'who may send, what runs, and where results go; changes take effect at once' },
      { name: 'inference', description: 'jobs on data that are retrieved from archives' },
      { name: 'health', description: 'for supervisors' },
      { name: 'operation', description: 'what the adapter is doing, and why' },
    ],
  });
}
