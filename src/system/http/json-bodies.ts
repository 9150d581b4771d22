import { type FastifyInstance } from 'fastify';
import { ClaraError } from '../../core/errors.ts';

export interface JsonBodies {
  /** Names of properties, which requests may write in any case, as .NET takes them. */
  readonly properties: readonly string[];
  /** What a request without a body says; without it that is an error. */
  readonly empty?: unknown;
}

/** Lets an application take JSON under all the types that .NET takes for it, and nothing else. A body that is none is a ClaraError. */
export function takeJsonBodies(app: FastifyInstance, { properties, empty }: JsonBodies): void {
  const names = new Map(properties.map((name) => [name.toLowerCase(), name]));
  const withKnownCase = (body: unknown): unknown => {
    if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
    return Object.fromEntries(Object.entries(body).map(([key, value]) => [names.get(key.toLowerCase()) ?? key, value]));
  };
  app.removeAllContentTypeParsers();
  // Samples of the guide send `application/json-patch+json`.
  app.addContentTypeParser(/^(application|text)\/([\w.-]+\+)?json\b/i, { parseAs: 'string' }, (_request, body, parsed) => {
    try {
      parsed(null, body.length === 0 && empty !== undefined ? empty : withKnownCase(JSON.parse(body.toString()) as unknown));
    } catch {
      parsed(new ClaraError('usage', 'the body is not valid JSON'), undefined);
    }
  });
}
