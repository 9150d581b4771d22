import { type FastifyInstance } from 'fastify';
import { ClaraError } from '../../core/errors.ts';
import { claraAeTitle, problemsOfAeTitle, problemsOfDestination, problemsOfSource, type ClaraAeTitle, type Destination, type Source } from '../entities/entities.ts';
import { type EntityStore } from '../store/entities.ts';
import { notFound } from './problems.ts';
import { aeTitleBody, aeTitleShape, destinationBody, destinationShape, problem, sourceBody, sourceShape } from './schemas.ts';

/** How one kind of entity is kept and called. */
export interface Kind<Entity> {
  readonly path: string;
  /** In titles of failures: `Clara`. */
  readonly word: string;
  /** On the page about the API. */
  readonly one: string;
  readonly shape: object;
  readonly body: object;
  list(): Entity[];
  get(name: string): Entity | undefined;
  /** Throws a `usage` error with all that is wrong. */
  add(body: unknown): Entity;
  remove(entity: Entity): void;
  /** As the path of the new entity has it. */
  locator(entity: Entity): string;
  shown(entity: Entity): object;
}

/** The routes below `/api/config` (dicom-adapter 12.1). */
export function addConfiguration(app: FastifyInstance, store: EntityStore): void {
  addKind(app, aeTitles(store));
  addKind(app, sources(store));
  addKind(app, destinations(store));
}

export function addKind<Entity>(app: FastifyInstance, kind: Kind<Entity>): void {
  const base = `/api/config/${kind.path}`;
  const failures = { 404: problem, 500: problem };
  const [tags, byName] = [['configuration'], { type: 'object', properties: { name: { type: 'string', description: `name of the ${kind.one}` } } }];
  app.get(base, { schema: { tags, summary: `List: ${kind.one}`, response: { 200: { description: 'all of them', type: 'array', items: kind.shape }, 500: problem } }, config: { failing: 'Error querying database.' } }, () => kind.list().map((entity) => kind.shown(entity)));
  app.get<{ Params: { name: string } }>(`${base}/:name`, { schema: { tags, summary: `Show one: ${kind.one}`, params: byName, response: { 200: { description: 'as it is', ...kind.shape }, ...failures } }, config: { failing: `Error querying ${kind.word} Application Entity.` } }, ({ params }, reply) => {
    const entity = kind.get(params.name);
    return entity === undefined ? reply.code(404).send(notFound) : reply.send(kind.shown(entity));
  });
  app.post(base, { schema: { tags, summary: `Add: ${kind.one}`, consumes: ['application/json'], body: kind.body, response: { 201: { description: 'as it was added; it takes effect at once', ...kind.shape }, 400: problem, 415: problem, 500: problem } }, config: { failing: `Error adding new ${kind.word} Application Entity.` } }, ({ body }, reply) => {
    const entity = kind.add(body);
    return reply.code(201).header('location', `${base}/${encodeURIComponent(kind.locator(entity))}`).send(kind.shown(entity));
  });
  app.delete<{ Params: { name: string } }>(`${base}/:name`, { schema: { tags, summary: `Delete: ${kind.one}`, params: byName, response: { 200: { description: 'what was deleted', ...kind.shape }, ...failures } }, config: { failing: `Error deleting ${kind.word} Application Entity.` } }, ({ params }, reply) => {
    const entity = kind.get(params.name);
    if (entity === undefined) return reply.code(404).send(notFound);
    kind.remove(entity);
    return reply.send(kind.shown(entity));
  });
}

type AeTitleBody = { readonly aeTitle: string; readonly pipelineId?: string | null; readonly timeout?: number | null } & { readonly [Key in keyof ClaraAeTitle]?: ClaraAeTitle[Key] | null };

function aeTitles(store: EntityStore): Kind<ClaraAeTitle> {
  return {
    path: 'claraaetitle', word: 'Clara', one: 'AE title that senders call', shape: aeTitleShape, body: aeTitleBody,
    list: () => store.aeTitles(), get: (name) => store.aeTitle(name),
    add: (body) => {
      const { name, aeTitle, overwriteSameInstance, ignoredSopClasses, processor, processorSettings, pipelineId, timeout } = body as AeTitleBody;
      // The body of 0.6 to 0.7.1 names one pipeline, and a time-out that counts as it is.
      const older = pipelineId === undefined || pipelineId === null ? {} : { [`pipeline-${name || aeTitle}`]: pipelineId, timeout: String(timeout ?? 0) };
      const entity = claraAeTitle({
        aeTitle, name: name ?? '', processor: processor ?? '', overwriteSameInstance: overwriteSameInstance ?? false, ignoredSopClasses: ignoredSopClasses ?? [],
        exactTimeout: 'timeout' in older,
        processorSettings: Object.fromEntries(Object.entries({ ...older, ...processorSettings }).map(([key, value]) => [key, String(value)])),
      });
      check(problemsOfAeTitle(entity));
      store.addAeTitle(entity);
      return entity;
    },
    remove: ({ name }) => store.deleteAeTitle(name),
    locator: ({ aeTitle }) => aeTitle,
    shown: ({ exactTimeout: _, ...entity }) => entity,
  };
}

function sources(store: EntityStore): Kind<Source> {
  return {
    path: 'sourceaetitle', word: 'Source', one: 'sender that may send', shape: sourceShape, body: sourceBody,
    list: () => store.sources(), get: (name) => store.source(name),
    add: (body) => {
      const { aeTitle, hostIp } = body as Source;
      check(problemsOfSource({ aeTitle, hostIp }));
      store.addSource({ aeTitle, hostIp });
      return { aeTitle, hostIp };
    },
    remove: ({ aeTitle }) => store.deleteSource(aeTitle),
    locator: ({ aeTitle }) => aeTitle,
    shown: (entity) => entity,
  };
}

function destinations(store: EntityStore): Kind<Destination> {
  return {
    path: 'destinationaetitle', word: 'Destination', one: 'receiver of results', shape: destinationShape, body: destinationBody,
    list: () => store.destinations(), get: (name) => store.destination(name),
    add: (body) => {
      const { name, aeTitle, hostIp, port } = body as Destination;
      check(problemsOfDestination({ name, aeTitle, hostIp, port }));
      store.addDestination({ name, aeTitle, hostIp, port });
      return { name, aeTitle, hostIp, port };
    },
    remove: ({ name }) => store.deleteDestination(name),
    locator: ({ name }) => name,
    shown: (entity) => entity,
  };
}

export function check(problems: readonly string[]): void {
  if (problems.length > 0) throw new ClaraError('usage', problems[0]!, { details: problems.slice(1) });
}
