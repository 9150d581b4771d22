import { type FastifyInstance } from 'fastify';
import { authTypes, problemsOfWebDestination, type WebDestination } from '../entities/web-destination.ts';
import { type Sealing } from '../inference/sealing.ts';
import { addKind, check, type Kind } from '../rest/configuration.ts';
import { notFound } from '../rest/problems.ts';
import { problem } from '../rest/schemas.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { type AdapterStore } from '../store/store.ts';
import { echo } from './echo.ts';
import { destinationTargets, type Target } from './target.ts';

export interface DestinationParts {
  readonly store: AdapterStore;
  readonly sealing: Sealing;
  readonly scu: AdapterSettings['scu'];
}

/** Longest wait for each step of a sign of life. */
const mostEchoMs = 10_000;

const text = { type: 'string' } as const;
const shape = { type: 'object', properties: { name: text, url: text, authType: { type: 'string', enum: [...authTypes] }, tlsCa: { type: 'boolean' } } } as const;
const body = {
  type: 'object', required: ['name', 'url'],
  properties: {
    name: text, url: text, authType: shape.properties.authType, tlsCa: { ...text, description: 'PEM: the authority of its certificate' },
    authID: { ...text, description: 'Basic: user:password in base64; Bearer: the token. Never shown again' },
  },
} as const;
/** A destination of either kind, as `clara dicom send` wants to know it. */
const anyShape = { type: 'object', additionalProperties: true } as const;
const byName = { type: 'object', properties: { name: { ...text, description: 'name of the destination' } } } as const;

/** The routes that the original has not got: destinations with a URL, a sign of life from any of them, and what became of exports. */
export function addDestinations(app: FastifyInstance, parts: DestinationParts): void {
  addKind(app, webDestinations(parts));
  addExports(app, parts);
  const find = (name: string) => named(destinationTargets(parts.store, parts.sealing), name);
  app.get<{ Params: { name: string } }>('/api/destinations/:name', {
    schema: { tags: ['operation'], summary: 'Show a destination of either kind, and what we call ourselves there', params: byName, response: { 200: { ...anyShape, description: 'as it is' }, 404: problem } },
  }, ({ params }, reply) => {
    const target = find(params.name);
    return target === undefined ? reply.code(404).send(notFound) : reply.send(shown(target, parts));
  });
  app.post<{ Params: { name: string } }>('/api/destinations/:name/echo', {
    schema: { tags: ['operation'], summary: 'Ask a destination for a sign of life (C-ECHO, or a search by DICOMweb)', params: byName, response: { 200: { ...anyShape, description: 'round trip, or what went wrong' }, 404: problem } },
  }, async ({ params }, reply) => {
    const target = find(params.name);
    if (target === undefined) return reply.code(404).send(notFound);
    const gone = new AbortController();
    reply.raw.once('close', () => gone.abort());
    return reply.send(await echo(target, patient(parts.scu), gone.signal));
  });
}

/** What became of a task, file by file. */
function addExports(app: FastifyInstance, { store }: DestinationParts): void {
  app.get<{ Params: { taskId: string } }>('/api/exports/:taskId', {
    schema: {
      tags: ['operation'], summary: 'Show what became of a task of the Results Service, file by file', params: { type: 'object', properties: { taskId: { ...text, description: 'id of the task, whole' } } },
      response: { 200: { ...anyShape, description: 'its state, and each file at each destination' }, 404: problem },
    },
  }, ({ params }, reply) => {
    const found = store.exports.get(params.taskId.toLowerCase());
    return found === undefined ? reply.code(404).send(notFound) : reply.send(found);
  });
}

function webDestinations({ store: { webDestinations: store }, sealing }: DestinationParts): Kind<WebDestination> {
  return {
    path: 'destinationdicomweb', word: 'DICOMweb Destination', one: 'receiver of results by DICOMweb', shape, body,
    list: () => store.all(), get: (name) => store.get(name),
    add: (given) => {
      const { name, url, authType = 'None', authID: authId = '', tlsCa = '' } = given as WebDestination & { readonly authID?: string };
      check(problemsOfWebDestination({ name, url, authType, authId, tlsCa }));
      store.add({ name, url, authType, tlsCa, secret: authType === 'None' ? undefined : sealing.seal(authId) });
      return { name, url, authType, tlsCa };
    },
    remove: ({ name }) => store.delete(name),
    locator: ({ name }) => name,
    shown: ({ name, url, authType, tlsCa }) => ({ name, url, authType, tlsCa: tlsCa !== '' }),
  };
}

/** Somebody waits for the answer. */
function patient({ aeTitle, timeouts }: AdapterSettings['scu']): Pick<AdapterSettings['scu'], 'aeTitle' | 'timeouts'> {
  const atMost = (ms: number) => Math.min(ms, mostEchoMs);
  return { aeTitle, timeouts: { connectMs: atMost(timeouts.connectMs), associateMs: atMost(timeouts.associateMs), responseMs: atMost(timeouts.responseMs) } };
}

/** As tasks name it: whatever the case, one that is spelled so first. */
function named(targets: readonly Target[], name: string): Target | undefined {
  return targets.find((target) => target.name === name) ?? targets.find((target) => target.name.toLowerCase() === name.toLowerCase());
}

function shown(target: Target, { store, scu }: DestinationParts): object {
  if (target.kind === 'dicom') return { kind: target.kind, ...target.destination, callingAe: scu.aeTitle };
  const { name, url, authType, tlsCa } = store.webDestinations.get(target.name)!;
  // The authority of a certificate is no secret.
  return { kind: target.kind, name, url, authType, tlsCa };
}
