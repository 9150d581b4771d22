import { Client, credentials, Metadata, type CallOptions, type ChannelCredentials, type ClientDuplexStream } from '@grpc/grpc-js';
import { ClaraError } from '../core/errors.ts';
import {
  withDefaults, type Loose, type MethodShape, type RequestOf, type ResponseOf, type ServiceShape, type WithResponseHeader,
} from './contract.ts';
import { checkHeader, toClaraError } from './failures.ts';

export interface ConnectOptions {
  /** `host:port`. */
  readonly target: string;
  /** Free text that names the caller in every request header. */
  readonly userAgent?: string;
  /** Milliseconds until a unary call is given up; for streams, the longest pause between two messages. */
  readonly timeoutMs?: number;
  /** PEM of the certificate authority; present means TLS. */
  readonly tlsCa?: Buffer;
  readonly token?: string;
}

export interface CallControl {
  readonly signal?: AbortSignal;
  /** Overrides the connection's; 0 means no limit (following logs, watching). */
  readonly timeoutMs?: number;
  /** Extra gRPC metadata, which platforms that do not know it ignore. */
  readonly metadata?: Readonly<Record<string, string>>;
}

type Requests<M extends MethodShape> = AsyncIterable<Loose<RequestOf<M>>> | Iterable<Loose<RequestOf<M>>>;

/** A service as the rest of the program calls it: promises for unary, async iterables for streams, ClaraError for failures. */
export type ServiceClient<S extends ServiceShape> = {
  readonly [K in keyof S]: S[K]['requestStream'] extends true
    ? (requests: Requests<S[K]>, control?: CallControl) => Promise<ResponseOf<S[K]>>
    : S[K]['responseStream'] extends true
      ? (request: Loose<RequestOf<S[K]>>, control?: CallControl) => AsyncGenerator<ResponseOf<S[K]>>
      : (request: Loose<RequestOf<S[K]>>, control?: CallControl) => Promise<ResponseOf<S[K]>>;
};

/** Messages up to this size are accepted and sent, in bytes (platform-api 2.7: be ready for 4 MiB of data in a message). */
export const maxMessageBytes = 8 * 1024 * 1024;

const defaultTimeoutMs = 30_000;
const apiVersion = { major: 0, minor: 8, patch: 1, label: '' };

/** A connection to one platform. Nothing is sent before the first call. */
export class Connection {
  readonly target: string;
  readonly #client: Client;
  readonly #timeoutMs: number;
  readonly #metadata: Readonly<Record<string, string>>;
  readonly #header;

  constructor(options: ConnectOptions) {
    this.target = options.target;
    this.#timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
    this.#metadata = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
    this.#header = { apiVersion, userAgent: options.userAgent ?? 'clara' };
    const channel: ChannelCredentials = options.tlsCa === undefined ? credentials.createInsecure() : credentials.createSsl(options.tlsCa);
    this.#client = new Client(options.target, channel, {
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      'grpc.enable_retries': 0,
    });
  }

  /** The calls of one service; pass a definition of api/services.ts. */
  service<S extends ServiceShape>(definition: S): ServiceClient<S> {
    const calls: Record<string, unknown> = {};
    for (const [name, method] of Object.entries(definition)) {
      if (method.requestStream) {
        calls[name] = (requests: Requests<MethodShape>, control?: CallControl) => this.#sendStream(method, requests, control ?? {});
      } else if (method.responseStream) {
        calls[name] = (request: Loose<unknown>, control?: CallControl) => this.#readStream(method, request, control ?? {});
      } else {
        calls[name] = (request: Loose<unknown>, control?: CallControl) => this.#unary(method, request, control ?? {});
      }
    }
    return calls as ServiceClient<S>;
  }

  close(): void {
    this.#client.close();
  }

  #complete(method: MethodShape, request: Loose<unknown>): never {
    return withDefaults(method.requestDeserialize, { header: this.#header, ...request }) as never;
  }

  #metadataFor(control: CallControl): Metadata {
    const metadata = new Metadata();
    for (const [key, value] of Object.entries({ ...this.#metadata, ...control.metadata })) metadata.set(key, value);
    return metadata;
  }

  #unary(method: MethodShape, request: Loose<unknown>, control: CallControl): Promise<unknown> {
    const timeout = control.timeoutMs ?? this.#timeoutMs;
    const options: CallOptions = timeout > 0 ? { deadline: Date.now() + timeout } : {};
    return new Promise((resolve, reject) => {
      throwIfAborted(control.signal);
      const call = this.#client.makeUnaryRequest(
        method.path, method.requestSerialize as (value: unknown) => Buffer, method.responseDeserialize,
        this.#complete(method, request), this.#metadataFor(control), options,
        (error, response) => {
          control.signal?.removeEventListener('abort', cancel);
          try {
            if (error) throw toClaraError(error, this.target);
            checkHeader(response as WithResponseHeader);
            resolve(response);
          } catch (failure) {
            reject(failure as Error);
          }
        },
      );
      const cancel = () => call.cancel();
      control.signal?.addEventListener('abort', cancel, { once: true });
    });
  }

  async *#readStream(method: MethodShape, request: Loose<unknown>, control: CallControl): AsyncGenerator<unknown> {
    throwIfAborted(control.signal);
    const call = this.#client.makeServerStreamRequest(
      method.path, method.requestSerialize as (value: unknown) => Buffer, method.responseDeserialize,
      this.#complete(method, request), this.#metadataFor(control), {},
    );
    const watchdog = new Watchdog(control.timeoutMs ?? this.#timeoutMs, control.signal, () => call.cancel());
    try {
      let first = true;
      for await (const response of call) {
        watchdog.touch();
        // Only the first message is sure to carry a header (Clara guide, ResponseHeader).
        if (first) checkHeader(response as WithResponseHeader);
        first = false;
        yield response;
      }
    } catch (thrown) {
      throw watchdog.expired ? timedOut(this.target) : toClaraError(thrown, this.target);
    } finally {
      watchdog.stop();
      call.on('error', () => undefined);
      call.cancel();
    }
  }

  async #sendStream(method: MethodShape, requests: Requests<MethodShape>, control: CallControl): Promise<unknown> {
    throwIfAborted(control.signal);
    let settle: { resolve: (value: unknown) => void; reject: (reason: unknown) => void };
    const reply = new Promise<unknown>((resolve, reject) => { settle = { resolve, reject }; });
    const call = this.#client.makeClientStreamRequest(
      method.path, method.requestSerialize as (value: unknown) => Buffer, method.responseDeserialize,
      this.#metadataFor(control), {},
      (error, response) => (error ? settle.reject(error) : settle.resolve(response)),
    ) as unknown as ClientDuplexStream<unknown, unknown>;
    const watchdog = new Watchdog(control.timeoutMs ?? this.#timeoutMs, control.signal, () => call.cancel());
    let answered = false;
    const settled = reply.then(() => { answered = true; }, () => { answered = true; });
    try {
      for await (const request of requests) {
        // The platform may answer early, with an error: what is left need not be read.
        if (answered) break;
        if (!call.write(this.#complete(method, request as Loose<unknown>))) await Promise.race([drained(call), settled]);
        watchdog.touch();
      }
      if (!answered) call.end();
      const response = await reply;
      checkHeader(response as WithResponseHeader);
      return response;
    } catch (thrown) {
      call.cancel();
      reply.catch(() => undefined);
      throw watchdog.expired ? timedOut(this.target) : toClaraError(thrown, this.target);
    } finally {
      watchdog.stop();
    }
  }
}

function drained(call: ClientDuplexStream<unknown, unknown>): Promise<void> {
  return new Promise((resolve) => call.once('drain', () => resolve()));
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ClaraError('interrupted', 'interrupted');
}

function timedOut(target: string): ClaraError {
  return new ClaraError('unreachable', `the platform at ${target} did not answer in time`, {
    hint: 'check that the address is that of a Clara platform, or raise the limit with CLARA_TIMEOUT (seconds)',
  });
}

/** Cancels a stream that is aborted or has been silent for too long. */
class Watchdog {
  expired = false;
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #cancel: () => void;

  constructor(idleMs: number, signal: AbortSignal | undefined, cancel: () => void) {
    this.#cancel = cancel;
    this.#signal = signal;
    signal?.addEventListener('abort', cancel, { once: true });
    if (idleMs > 0) this.#timer = setTimeout(() => { this.expired = true; cancel(); }, idleMs);
  }

  touch(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#cancel);
  }
}
