import { type FastifyError } from 'fastify';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { isDatabaseFailure } from '../../system/database/sqlite.ts';

/** An answer that says what is wrong (RFC 7807), as ASP.NET gives it. */
export interface Problem {
  readonly type?: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
}

export const notFound: Problem = { type: 'https://tools.ietf.org/html/rfc7231#section-6.5.4', title: 'Not Found', status: 404 };

/** What a failure of a request means to its sender. `failing` is the title where the database fails. */
export function problemOf(thrown: unknown, failing: string): Problem {
  if (thrown instanceof ClaraError && thrown.kind === 'not-found') return notFound;
  if (thrown instanceof ClaraError) return { title: 'Validation error.', status: 400, detail: [thrown.message, ...thrown.details].join('\n') };
  if (isDatabaseFailure(thrown)) return { title: failing, status: 500, detail: messageOf(thrown) };
  const { statusCode = 500 } = thrown as Partial<FastifyError>;
  if (statusCode === 415) return { type: 'https://tools.ietf.org/html/rfc7231#section-6.5.13', title: 'Unsupported Media Type', status: 415, detail: 'send application/json' };
  if (statusCode < 500) return { title: 'Validation error.', status: statusCode, detail: messageOf(thrown) };
  return { title: failing, status: 500, detail: 'the request failed; the log of the adapter says why' };
}
