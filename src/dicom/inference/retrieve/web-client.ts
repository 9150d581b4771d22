import { Agent as HttpAgent, request as httpRequest, STATUS_CODES, type IncomingMessage, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { hostProblem, type HostRule } from '../request/host-rule.ts';
import { lookupUnder } from './lookup.ts';
import { paced } from './paced.ts';

export interface WebLimits {
  /** How long a server may be silent, in ms: until it answers, and in the middle of an answer. */
  readonly silenceMs: number;
  /** Pauses before a question is repeated that was not answered, or by a server in trouble, in ms. */
  readonly pausesMs: readonly number[];
  readonly redirects: number;
}

/** Pauses as the original makes them (dicom-adapter 13, FHIR). */
export const defaultWebLimits: WebLimits = { silenceMs: 60_000, pausesMs: [250, 500, 500], redirects: 5 };

export interface Question {
  readonly accept: string;
  readonly authorization: string | undefined;
  readonly signal: AbortSignal;
}

/** An answer whose status is 2xx. Read `body`, or destroy it. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** Texts of the Warning headers (RFC 7234 5.5). */
  readonly warning: string;
  readonly body: AsyncIterable<Buffer>;
  /** Ends the transfer, however far it has come. */
  discard(): void;
}

/** A status that is no success; paths are left out of messages, for they name patients' studies. */
export class AnswerError extends ClaraError {
  readonly status: number;

  constructor(url: URL, status: number) {
    super('failed', `${url.origin} answered ${status} (${STATUS_CODES[status] ?? 'unknown'})`);
    this.status = status;
  }
}

const isTrouble = (status: number) => status >= 500 || status === 408 || status === 429;

/** Asks DICOMweb and FHIR servers, within limits of time and only where the operator allows. Throws ClaraErrors without paths and secrets. */
export class WebClient {
  readonly #hosts: HostRule;
  readonly #limits: WebLimits;
  readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 8 });
  readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 8 });

  constructor(hosts: HostRule, limits: WebLimits = defaultWebLimits) {
    this.#hosts = hosts;
    this.#limits = limits;
  }

  /** GET; what fails before an answer begins, and what a server in trouble answers, is repeated a few times. */
  async get(uri: string, question: Question): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.#follow(new URL(uri), question);
      } catch (thrown) {
        const pause = this.#limits.pausesMs[attempt];
        question.signal.throwIfAborted();
        const isFinal = thrown instanceof AnswerError ? !isTrouble(thrown.status) : !(thrown instanceof ClaraError) || thrown.kind !== 'unreachable';
        if (pause === undefined || isFinal) throw thrown;
        await sleep(pause, undefined, { signal: question.signal });
      }
    }
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  async #follow(first: URL, question: Question): Promise<Answer> {
    let url = first;
    let { authorization } = question;
    for (let redirects = 0; redirects <= this.#limits.redirects; redirects += 1) {
      const response = await this.#ask(url, { ...question, authorization });
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) return this.#answer(url, response);
      response.destroy();
      const to = [301, 302, 303, 307, 308].includes(status) ? response.headers.location : undefined;
      if (to === undefined) throw new AnswerError(url, status);
      const next = redirected(url, to);
      // Whoever is named there is somebody else.
      if (next.origin !== url.origin) authorization = undefined;
      url = next;
    }
    throw new ClaraError('failed', `${first.origin} redirects more than ${this.#limits.redirects} times`);
  }

  #answer(url: URL, response: IncomingMessage): Answer {
    const { 'content-encoding': encoding = 'identity', 'content-type': contentType = '', warning } = response.headers;
    if (encoding !== 'identity') {
      response.destroy();
      throw new ClaraError('failed', `${url.origin} answers in the encoding ${encoding.slice(0, 20)}, which was not asked for`);
    }
    return {
      status: response.statusCode!, contentType, warning: warning ?? '', discard: () => response.destroy(),
      body: translated(paced(response, this.#limits.silenceMs * 2), url),
    };
  }

  #ask(url: URL, { accept, authorization, signal }: Question): Promise<IncomingMessage> {
    const problem = hostProblem(url, this.#hosts);
    if (problem !== undefined) return Promise.reject(new ClaraError('failed', problem));
    const isSecure = url.protocol === 'https:';
    const options: RequestOptions = {
      signal, agent: isSecure ? this.#https : this.#http, lookup: lookupUnder(this.#hosts),
      headers: { accept, 'accept-encoding': 'identity', 'user-agent': 'clara-dicom', ...(authorization === undefined ? {} : { authorization }) },
    };
    return new Promise((resolved, reject) => {
      const silent = new ClaraError('unreachable', `${url.origin} said nothing for ${this.#limits.silenceMs / 1000} s`);
      const request = isSecure ? httpsRequest(url, options) : httpRequest(url, options);
      // Headers that trickle in keep the socket busy: the answer has to begin in time all the same.
      const deadline = setTimeout(() => request.destroy(silent), this.#limits.silenceMs);
      request.setTimeout(this.#limits.silenceMs, () => request.destroy(silent));
      request.once('response', (response) => {
        clearTimeout(deadline);
        // Else its reader would be told of a broken connection.
        request.prependOnceListener('timeout', () => response.destroy(silent));
        resolved(response);
      });
      request.on('error', (thrown) => {
        clearTimeout(deadline);
        reject(webError(url, thrown));
      });
      request.end();
    });
  }
}

/** http may become https, nothing else. */
function redirected(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) throw new ClaraError('failed', `${from.origin} redirects to what is no address`);
  const to = new URL(location, from);
  if (to.protocol !== from.protocol && to.protocol !== 'https:') throw new ClaraError('failed', `${from.origin} redirects from ${from.protocol.slice(0, -1)} to ${to.protocol.slice(0, -1)}, which is refused`);
  return to;
}

async function* translated(body: AsyncIterable<Buffer>, url: URL): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* body;
  } catch (thrown) {
    throw webError(url, thrown, 'in the middle of its answer');
  }
}

/** Our own end of it passes through. */
function webError(url: URL, thrown: unknown, when = ''): unknown {
  if (thrown instanceof ClaraError || (thrown instanceof Error && thrown.name === 'AbortError')) return thrown;
  const why = systemCode(thrown) ?? messageOf(thrown);
  return new ClaraError('unreachable', `${url.origin} cannot be reached${when === '' ? '' : ` any more, ${when}`} (${why})`, { cause: thrown });
}
