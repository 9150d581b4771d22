import { once } from 'node:events';
import { request as plainRequest, STATUS_CODES, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as secureRequest } from 'node:https';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';

/** A DICOMweb server. */
export interface WebServer {
  /** Of its DICOMweb services: `/studies` comes behind it. */
  readonly url: string;
  /** Value of the header; a secret. */
  readonly authorization: string | undefined;
  /** PEM: the authority of its certificate, where Node.js does not know it. */
  readonly ca: string | undefined;
}

export interface WebTimeouts {
  /** Until the connection is there. */
  readonly connectMs: number;
  /** How long the server may take no byte, and send none of its answer. */
  readonly responseMs: number;
}

export interface WebRequest {
  readonly method: 'GET' | 'POST';
  /** Behind the URL of the server: `/studies`. */
  readonly path: string;
  readonly accept: string;
  readonly body?: { readonly contentType: string; readonly bytes: number; pieces(): AsyncGenerator<Buffer, void, undefined> };
  readonly timeouts: WebTimeouts;
  readonly signal: AbortSignal;
}

export interface WebAnswer {
  readonly status: number;
  /** As much of it as anybody needs. */
  readonly text: string;
}

/** An answer names each instance of a request in a few hundred bytes. */
const mostAnswerBytes = 8 * 1024 * 1024;

/** `404 (Not Found)`. */
export function statusLine(status: number): string {
  return `${status} (${STATUS_CODES[status] ?? 'unknown'})`;
}

/**
 * Asks once; redirects are not followed. A server that answers before it has the whole body need not take the rest of it.
 * @throws ClaraError `unreachable` where there is no answer, `failed` where the body cannot be read, `interrupted` by the signal
 */
export async function askServer(server: WebServer, { method, path, accept, body, timeouts, signal }: WebRequest): Promise<WebAnswer> {
  const url = new URL(server.url.replace(/\/+$/, '') + path);
  const options: RequestOptions = {
    method, signal, agent: false,
    headers: {
      accept, 'user-agent': 'clara-dicom', ...(server.authorization === undefined ? {} : { authorization: server.authorization }),
      ...(body === undefined ? {} : { 'content-type': body.contentType, 'content-length': body.bytes }),
    },
  };
  const request = url.protocol === 'https:' ? secureRequest(url, { ...options, ...(server.ca === undefined ? {} : { ca: server.ca }) }) : plainRequest(url, options);
  const answered = answerTo(request, timeouts);
  // Who sends the body learns of it first, or below.
  answered.catch(() => undefined);
  try {
    if (body === undefined) request.end();
    else await send(request, body.pieces(), answered);
    const response = await answered;
    return { status: response.statusCode ?? 0, text: await textOf(response) };
  } catch (thrown) {
    if (signal.aborted) throw new ClaraError('interrupted', 'interrupted', { cause: thrown });
    throw translated(url, thrown);
  } finally {
    request.destroy();
  }
}

/** The answer's beginning; the connection's failures are its failures. */
function answerTo(request: ClientRequest, { connectMs, responseMs }: WebTimeouts): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => request.destroy(new Error(`no connection within ${connectMs / 1000} s`)), connectMs);
    request.once('socket', (socket) => {
      socket.once('connect', () => clearTimeout(late));
      socket.setNoDelay(true);
    });
    request.setTimeout(responseMs, () => request.destroy(new Error(`no answer within ${responseMs / 1000} s`)));
    request.once('close', () => clearTimeout(late));
    // There may be more than one: a server that does not want the rest of the body closes.
    request.on('error', reject);
    request.once('response', resolve);
  });
}

/** Writes the body as fast as it is taken, until it is all there or the server has answered. */
async function send(request: ClientRequest, pieces: AsyncGenerator<Buffer, void, undefined>, answered: Promise<IncomingMessage>): Promise<void> {
  let isAnswered = false;
  const settled = answered.then(() => { isAnswered = true; }, () => { isAnswered = true; });
  for await (const piece of pieces) {
    if (isAnswered) return;
    if (request.write(piece)) continue;
    const drained = new AbortController();
    await Promise.race([once(request, 'drain', { signal: drained.signal }).catch(() => undefined), settled]);
    drained.abort();
  }
  request.end();
}

async function textOf(response: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > mostAnswerBytes) throw new ClaraError('failed', `the answer has more than ${mostAnswerBytes} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Paths name studies, and URLs may hold passwords: neither is told. */
function translated(url: URL, thrown: unknown): ClaraError {
  if (thrown instanceof ClaraError) return thrown;
  const first = thrown instanceof AggregateError ? thrown.errors[0] as unknown : thrown;
  const code = systemCode(first);
  const why = code === 'ECONNREFUSED' ? 'connection refused' : code === 'ENOTFOUND' ? 'no such host' : code === 'ECONNRESET' ? 'the connection was closed' : messageOf(first);
  return new ClaraError('unreachable', `no DICOMweb server answered at ${url.origin} (${why})`, { cause: thrown, hint: 'check the URL, and that the server runs' });
}
