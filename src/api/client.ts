import { Client, credentials, Metadata, type CallOptions, type ChannelCredentials } from '@grpc/grpc-js';
import { ClaraError } from '../core/errors.ts';
import {
  withDefaults, type Loose, type MethodShape, type RequestOf, type ResponseOf, type ServiceShape, type WithResponseHeader,
} from './contract.ts';
import { markedEnd } from './extensions.ts';
import { checkHeader, toClaraError } from './failures.ts';
import { asLast } from './stream-end.ts';
import { Watchdog } from './watchdog.ts';

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

/**
 * Bytes that a peer may send before it waits for us: HTTP/2's own default of 64 KiB caps a transfer at 64 KiB per round
 * trip, and on one machine costs a third of the speed.
 */
const flowControlWindow = 4 * 1024 * 1024;

/** Bytes of one stream that may wait for the network; more would hold files in memory. */
const maxUnsentBytes = 1024 * 1024;

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
      'grpc-node.flow_control_window': flowControlWindow,
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
        // Only the first message is sure to carry a header (Clara guide, ResponseHeader).
        if (first) checkHeader(response as WithResponseHeader);
        first = false;
        watchdog.hold();
        yield response;
        watchdog.watch();
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
    let answered = false;
    // Wakes the loop below, which waits for room or for the platform's (early) answer.
    let wake = () => {};
    let settle: { resolve: (value: unknown) => void; reject: (reason: unknown) => void };
    const reply = new Promise<unknown>((resolve, reject) => { settle = { resolve, reject }; });
    reply.catch(() => undefined);
    const call = this.#client.makeClientStreamRequest<Buffer, unknown>(
      method.path, (bytes) => bytes, method.responseDeserialize, this.#metadataFor({ ...control, metadata: { ...control.metadata, [markedEnd.key]: markedEnd.value } }), {},
      (error, response) => {
        answered = true;
        if (error) settle.reject(error);
        else settle.resolve(response);
        wake();
      },
    );
    // A write after the platform has ended the call fails; the call's own status says why.
    call.on('error', () => undefined);
    const watchdog = new Watchdog(control.timeoutMs ?? this.#timeoutMs, control.signal, () => call.cancel());
    let header: Loose<unknown> = { header: this.#header };
    let unsent = 0;
    const send = (bytes: Buffer) => {
      unsent += bytes.length;
      call.write(bytes, () => {
        unsent -= bytes.length;
        watchdog.touch();
        wake();
      });
    };
    // Waits for the next, because it may be the last one.
    let held: Buffer | undefined;
    let complete = false;
    try {
      const source = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
      try {
        // What is left need not be read once the platform has answered: it may do so early, with an error.
        while (!answered) {
          watchdog.hold();
          const next = await source.next();
          watchdog.watch();
          if (next.done === true) {
            complete = true;
            if (held !== undefined) send(asLast(held));
            call.end();
            break;
          }
          const bytes = (method.requestSerialize as (value: unknown) => Buffer)(
            withDefaults(method.requestDeserialize, { ...header, ...(next.value as Loose<unknown>) }),
          );
          // The first message alone needs the header (Clara guide, RequestHeader).
          header = {};
          if (held !== undefined) send(held);
          held = bytes;
          while (unsent > maxUnsentBytes && !answered) await new Promise<void>((resolve) => { wake = resolve; });
        }
      } finally {
        await source.return?.();
      }
      const response = await reply;
      checkHeader(response as WithResponseHeader);
      if (!complete) throw new ClaraError('failed', `the platform at ${this.target} ended the call before it had everything`);
      return response;
    } catch (thrown) {
      call.cancel();
      throw watchdog.expired ? timedOut(this.target) : toClaraError(thrown, this.target);
    } finally {
      watchdog.stop();
    }
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new ClaraError('interrupted', 'interrupted');
}

function timedOut(target: string): ClaraError {
  return new ClaraError('unreachable', `the platform at ${target} did not answer in time`, {
    hint: 'check that the address is that of a Clara platform, or raise the limit with CLARA_TIMEOUT (seconds)',
  });
}
