import {
  Metadata, status, type Server, type ServerReadableStream, type ServerUnaryCall, type ServerWritableStream, type ServiceDefinition,
  type sendUnaryData, type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { ClaraError } from '../core/errors.ts';
import { withDefaults, type Loose, type MethodShape, type RequestOf, type ResponseOf, type ServiceShape } from './contract.ts';
import { markedEnd } from './extensions.ts';
import { hintPrefix } from './failures.ts';
import { isLast } from './stream-end.ts';

/** What a handler knows of its call. */
export interface CallContext {
  /** Fires when the caller went away, its deadline passed, or the server is being stopped. */
  readonly signal: AbortSignal;
  /** The first value of a gRPC metadata key. */
  metadata(key: string): string | undefined;
}

type Result<T> = Promise<Loose<T>> | Loose<T>;

/** One function per method: a value for unary and client streams, an async generator for server streams. */
export type ServiceHandlers<S extends ServiceShape> = {
  readonly [K in keyof S]: S[K]['requestStream'] extends true
    ? (requests: AsyncIterable<RequestOf<S[K]>>, context: CallContext) => Result<ResponseOf<S[K]>>
    : S[K]['responseStream'] extends true
      ? (request: RequestOf<S[K]>, context: CallContext) => AsyncIterable<Loose<ResponseOf<S[K]>>>
      : (request: RequestOf<S[K]>, context: CallContext) => Result<ResponseOf<S[K]>>;
};

/** Told of every exception that is not a ClaraError: a bug, or the machine failing under us. */
export type OnUnexpected = (thrown: unknown, method: string) => void;

/** A message of a client stream. */
interface Received {
  readonly message: unknown;
  /** Whether it has the mark of the last one. */
  readonly last: boolean;
}

type AnyCall = ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown> | ServerWritableStream<unknown, unknown>;

/**
 * Adds a service to a gRPC server. A ClaraError with a wire code becomes the response header of the reply, or of the
 * first message of a stream; later, and for anything else, the call ends with a gRPC status (platform-api 2.2).
 */
export function addService<S extends ServiceShape>(server: Server, definition: S, handlers: ServiceHandlers<S>, onUnexpected: OnUnexpected): void {
  const implementation: UntypedServiceImplementation = {};
  const methods: Record<string, MethodShape> = {};
  for (const [name, method] of Object.entries(definition)) {
    const handler = (handlers as Record<string, (input: never, context: CallContext) => unknown>)[name]!.bind(handlers);
    // Streams are encoded and decoded here: what waits for the network is known in bytes, and the last message by its mark.
    methods[name] = {
      ...method,
      ...(method.responseStream ? { responseSerialize: (bytes: Buffer) => bytes } : {}),
      ...(method.requestStream ? { requestDeserialize: (bytes: Buffer): Received => ({ message: method.requestDeserialize(bytes), last: isLast(bytes) }) } : {}),
    };
    implementation[name] = method.responseStream
      ? (call: ServerWritableStream<unknown, Buffer>) => void respondStream(method, call, handler as never, onUnexpected)
      : (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => void respondOnce(method, call, reply, handler as never, onUnexpected);
  }
  server.addService(methods as unknown as ServiceDefinition, implementation);
}

async function respondOnce(
  method: MethodShape, call: AnyCall, reply: sendUnaryData<unknown>,
  handler: (input: unknown, context: CallContext) => Promise<unknown>, onUnexpected: OnUnexpected,
): Promise<void> {
  const context = contextOf(call);
  try {
    const input = method.requestStream ? untilEnd(call as ServerReadableStream<Received, unknown>, context) : (call as ServerUnaryCall<unknown, unknown>).request;
    reply(null, withDefaults(method.responseDeserialize, (await handler(input, context)) as Loose<unknown>));
  } catch (thrown) {
    if (context.signal.aborted) {
      reply({ code: status.CANCELLED, details: 'the caller went away' });
      return;
    }
    const header = headerOf(thrown);
    if (header !== undefined) reply(null, withDefaults(method.responseDeserialize, { header } as Loose<unknown>));
    else reply(toStatus(thrown, method, onUnexpected));
  }
}

/**
 * The messages of a client stream. A caller that cancels looks at first like one that has finished: Node.js ends a stream
 * before it resets it. So the end only counts where the last message has its mark, if the caller marks it, and when no
 * reset comes with it; otherwise this throws.
 */
async function* untilEnd(call: ServerReadableStream<Received, unknown>, { signal, metadata }: CallContext): AsyncGenerator<unknown> {
  const marked = metadata(markedEnd.key) === markedEnd.value;
  let complete = true;
  for await (const { message, last } of call) {
    complete = last || !marked;
    yield message;
  }
  // The reset is mostly in the same packet, and is told two turns of the event loop later.
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted || !complete) throw new ClaraError('interrupted', 'the caller went away');
}

async function respondStream(
  method: MethodShape, call: ServerWritableStream<unknown, Buffer>,
  handler: (input: unknown, context: CallContext) => AsyncIterable<unknown>, onUnexpected: OnUnexpected,
): Promise<void> {
  let sent = false;
  const context = contextOf(call);
  const unsent = new Unsent(context.signal);
  const send = (message: Loose<unknown>) => {
    const bytes = (method.responseSerialize as (value: unknown) => Buffer)(withDefaults(method.responseDeserialize, message));
    unsent.add(bytes.length);
    call.write(bytes, () => unsent.remove(bytes.length));
  };
  try {
    for await (const message of handler(call.request, context)) {
      if (context.signal.aborted) return;
      sent = true;
      send(message as Loose<unknown>);
      await unsent.room();
    }
    call.end();
  } catch (thrown) {
    if (context.signal.aborted) return;
    const header = sent ? undefined : headerOf(thrown);
    if (header !== undefined) {
      send({ header } as Loose<unknown>);
      call.end();
    } else {
      // Not destroy(): grpc-js ends the call with the status of an error event; a destroyed call never ends for its caller.
      call.emit('error', Object.assign(new Error(), toStatus(thrown, method, onUnexpected)));
    }
  }
}

/**
 * What one call may have waiting for its reader. The number of messages keeps long lists of small ones from being made
 * ahead of the network, which would hold up the first of them, and every other call, until the last.
 */
const maxUnsent = { bytes: 1024 * 1024, messages: 64 };

/** What a call has written and the network has not taken yet. */
class Unsent {
  #bytes = 0;
  #messages = 0;
  #aborted = false;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => {
      this.#aborted = true;
      this.#wake?.();
    }, { once: true });
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    this.#messages += 1;
  }

  remove(bytes: number): void {
    this.#bytes -= bytes;
    this.#messages -= 1;
    if (!this.#tooMuch()) this.#wake?.();
  }

  /** Waits while there is too much, unless the reader has gone. */
  async room(): Promise<void> {
    while (this.#tooMuch() && !this.#aborted) {
      await new Promise<void>((resolve) => { this.#wake = resolve; });
      this.#wake = undefined;
    }
  }

  #tooMuch(): boolean {
    return this.#bytes > maxUnsent.bytes || this.#messages > maxUnsent.messages;
  }
}

function contextOf(call: AnyCall): CallContext {
  const controller = new AbortController();
  if (call.cancelled) controller.abort();
  (call as NodeJS.EventEmitter).on('cancelled', () => controller.abort());
  return { signal: controller.signal, metadata: (key) => call.metadata.get(key)[0]?.toString() };
}

function headerOf(thrown: unknown): { code: number; messages: string[] } | undefined {
  if (!(thrown instanceof ClaraError) || thrown.wireCode === undefined) return undefined;
  const hint = thrown.hint === undefined ? [] : [`${hintPrefix}${thrown.hint}`];
  return { code: thrown.wireCode, messages: [thrown.message, ...thrown.details, ...hint] };
}

function toStatus(thrown: unknown, method: MethodShape, onUnexpected: OnUnexpected): { code: status; details: string; metadata: Metadata } {
  if (thrown instanceof ClaraError) return { code: thrown.kind === 'unreachable' ? status.UNAVAILABLE : status.FAILED_PRECONDITION, details: thrown.message, metadata: new Metadata() };
  onUnexpected(thrown, method.path);
  return { code: status.INTERNAL, details: 'the platform failed; its log says why (`clara platform logs`)', metadata: new Metadata() };
}
