import { request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { hostAndPort } from '../../core/addresses.ts';

/** Where a Results Service is. */
export type ResultsEndpoint =
  | { readonly kind: 'network'; readonly host: string; readonly port: number; /** Present, or with `tlsCa` (PEM of its certificate authority): TLS. */ readonly tls?: boolean; readonly tlsCa?: Buffer; readonly token?: string }
  /** The socket that operators have. */
  | { readonly kind: 'socket'; readonly path: string };

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface Question {
  readonly method: 'GET' | 'POST' | 'PUT';
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** The address, as messages name it. */
export function nameOf(endpoint: ResultsEndpoint): string {
  return endpoint.kind === 'socket' ? endpoint.path : hostAndPort(endpoint.host, endpoint.port);
}

/** More than any answer is (platform/results/store.ts). */
const answerLimit = 64 * 1024 * 1024;

/** Asks once. @throws ClaraError `unreachable` where there is no answer, `interrupted` where the signal fired */
export function ask(endpoint: ResultsEndpoint, question: Question): Promise<Answer> {
  const body = question.body === undefined ? undefined : Buffer.from(JSON.stringify(question.body));
  const options: RequestOptions = {
    method: question.method, path: question.path, timeout: question.timeoutMs, signal: question.signal,
    headers: {
      accept: 'application/json', ...question.headers,
      ...(body === undefined ? { 'content-length': 0 } : { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length }),
      ...(endpoint.kind === 'network' && endpoint.token !== undefined ? { authorization: `Bearer ${endpoint.token}` } : {}),
    },
    ...(endpoint.kind === 'socket' ? { socketPath: endpoint.path } : { host: endpoint.host, port: endpoint.port }),
  };
  return new Promise((resolve, reject) => {
    const fail = (thrown: unknown) => reject(explained(endpoint, thrown, question.signal));
    const take = (response: IncomingMessage) => void collect(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), fail);
    const isSecure = endpoint.kind === 'network' && (endpoint.tls === true || endpoint.tlsCa !== undefined);
    const sent = isSecure ? secureRequest({ ...options, ...(endpoint.tlsCa === undefined ? {} : { ca: endpoint.tlsCa }) }, take) : plainRequest(options, take);
    sent.once('timeout', () => sent.destroy(new Error(`no answer after ${question.timeoutMs / 1000} s`))).once('error', fail).end(body);
  });
}

async function collect(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > answerLimit) throw new Error(`an answer of more than ${answerLimit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function explained(endpoint: ResultsEndpoint, thrown: unknown, signal: AbortSignal | undefined): ClaraError {
  if (signal?.aborted === true) return signal.reason instanceof ClaraError ? signal.reason : new ClaraError('interrupted', 'interrupted', { cause: thrown });
  // Of several addresses of a name, each has its reason; the first will do.
  const reason = thrown instanceof AggregateError ? messageOf(thrown.errors[0]) : messageOf(thrown);
  return new ClaraError('unreachable', `the Results Service at ${nameOf(endpoint)} cannot be reached (${reason})`, { cause: thrown });
}
