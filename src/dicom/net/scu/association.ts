import { type Socket } from 'node:net';
import { ClaraError } from '../../../core/errors.ts';
import { verificationClass } from '../../uids/well-known.ts';
import { type AssociationEnd } from '../association/end.ts';
import { UpperLayer, type UpperLayerUser } from '../association/upper-layer.ts';
import { encodeCommand } from '../dimse/command-codec.ts';
import { type Command, commandFields, responseBit } from '../dimse/commands.ts';
import { frameCommand, payloadOf } from '../dimse/framing.ts';
import { MessageReader } from '../dimse/message-reader.ts';
import { invalid } from '../pdu/protocol-error.ts';
import { defaultPduLimits } from '../pdu/reader.ts';
import { type AssociateAccept, type AssociateRequest, type UserInformation } from '../pdu/types.ts';
import { associationError, type Peer, peerName } from './errors.ts';
import { PdvWriter } from './pdv-writer.ts';

export interface ScuTimeouts {
  /** For the connection, with its TLS. */
  readonly connectMs: number;
  /** For the answer to our request. */
  readonly associateMs: number;
  /** How long the peer may take no byte of a request, and send none of its response. */
  readonly responseMs: number;
  /** For the answer to a release. */
  readonly releaseMs: number;
}

/** A presentation context that the peer accepted. */
export interface UsableContext {
  readonly id: number;
  readonly abstractSyntax: string;
  readonly transferSyntax: string;
}

/** What a C-STORE sends (PS3.7 9.1.1). */
export interface StoreRequest {
  readonly sopClass: string;
  readonly sopInstance: string;
  /** Of the bytes of `data`: nothing is converted. */
  readonly transferSyntax: string;
  /** The data set. A piece is done with when the next but one is asked for. */
  readonly data: AsyncIterable<Buffer> | Iterable<Buffer>;
  readonly moveOriginator?: { readonly ae: string; readonly messageId: number };
}

/** The peer's answer; dimse/commands.ts has its meaning. */
export interface StoreResult {
  readonly status: number;
  readonly comment: string | undefined;
}

/** Longest PDU that we send to a peer that has no limit of its own. */
const ownLimit = 128 * 1024;

interface Waiting {
  resolve(response: Command): void;
  reject(error: ClaraError): void;
  readonly messageId: number;
}

/** An association that we asked for. One operation at a time; each throws a ClaraError where the association ends instead. */
export class ScuAssociation implements UpperLayerUser {
  readonly peer: Peer;
  readonly #timeouts: ScuTimeouts;
  readonly #layer: UpperLayer;
  readonly #proposed: AssociateRequest;
  #contexts: readonly UsableContext[] = [];
  #user: UserInformation = { maximumLength: 0 };
  #payload = 0;
  #messageId = 0;
  #answer: { resolve(): void; reject(error: ClaraError): void } | undefined;
  #waiting: Waiting | undefined;
  #onEnd: (() => void) | undefined;
  #end: AssociationEnd | undefined;
  readonly #messages = new MessageReader({ command: (_contextId, command) => this.#responded(command), data: () => undefined });

  constructor(peer: Peer, socket: Socket, proposed: AssociateRequest, timeouts: ScuTimeouts) {
    this.peer = peer;
    this.#timeouts = timeouts;
    this.#proposed = proposed;
    this.#layer = new UpperLayer(socket, 'requestor', this, { artimMs: timeouts.releaseMs, idleMs: 0, limits: defaultPduLimits });
    socket.on('timeout', () => this.#layer.abort(`no answer within ${timeouts.responseMs / 1000} s`, 'timed out'));
  }

  /** What the peer accepted. */
  get contexts(): readonly UsableContext[] {
    return this.#contexts;
  }

  /** What the peer told of itself. */
  get peerInformation(): UserInformation {
    return this.#user;
  }

  /** How the association ended, or undefined while it is there. */
  get end(): AssociationEnd | undefined {
    return this.#end;
  }

  /** For openAssociation: asks the peer, resolves when it accepted. */
  async request(): Promise<void> {
    const timer = setTimeout(() => this.#layer.abort(`no answer to the request within ${this.#timeouts.associateMs / 1000} s`, 'timed out'), this.#timeouts.associateMs);
    try {
      await new Promise<void>((resolve, reject) => {
        this.#answer = { resolve, reject };
        this.#layer.request(this.#proposed);
      });
    } finally {
      clearTimeout(timer);
    }
  }

  /** The context for instances of a class in a transfer syntax, or undefined where the peer took none. */
  contextFor(sopClass: string, transferSyntax: string): UsableContext | undefined {
    return this.#contexts.find((context) => context.abstractSyntax === sopClass && context.transferSyntax === transferSyntax);
  }

  /** C-ECHO (PS3.7 9.1.5): the status of the answer. */
  async echo(): Promise<number> {
    const context = this.#contexts.find(({ abstractSyntax }) => abstractSyntax === verificationClass);
    if (context === undefined) throw new ClaraError('failed', `${peerName(this.peer)} does not take C-ECHO on this association`, { hint: 'propose the Verification SOP class' });
    return (await this.#perform(context.id, { field: commandFields['C-ECHO'], sopClass: verificationClass, hasDataSet: false })).status!;
  }

  /** C-STORE: sends the data set as it is, and resolves to the peer's answer. */
  async store({ data, sopClass, sopInstance, transferSyntax, moveOriginator }: StoreRequest): Promise<StoreResult> {
    const context = this.contextFor(sopClass, transferSyntax);
    if (context === undefined) throw new ClaraError('failed', `${peerName(this.peer)} takes no instances of SOP class ${sopClass} in transfer syntax ${transferSyntax}`);
    const { status, errorComment } = await this.#perform(context.id, { field: commandFields['C-STORE'], sopClass, sopInstance, priority: 0, hasDataSet: true, ...(moveOriginator && { moveOriginator }) }, data);
    return { status: status!, comment: errorComment };
  }

  /** Ends the association. Never fails: where the peer does not answer in time, the association is aborted. */
  async release(): Promise<void> {
    if (this.#end !== undefined) return;
    const timer = setTimeout(() => this.abort('the release was not answered'), this.#timeouts.releaseMs);
    await new Promise<void>((resolve) => {
      this.#onEnd = resolve;
      this.#layer.release();
    });
    clearTimeout(timer);
  }

  /** Ends the association at once (A-ABORT); what is under way fails. */
  abort(why = 'it was given up'): void {
    this.#layer.abort(why);
  }

  async #perform(contextId: number, command: Omit<Command, 'messageId'>, data?: StoreRequest['data']): Promise<Command> {
    if (this.#end !== undefined) throw associationError(this.peer, this.#end);
    if (this.#waiting !== undefined) throw new Error('one operation at a time: the last one has not been answered');
    // PS3.7 9.3.1.1: unique among what is outstanding; beginning again with 1 is as good as any.
    this.#messageId = (this.#messageId % 0xffff) + 1;
    const messageId = this.#messageId;
    const response = new Promise<Command>((resolve, reject) => { this.#waiting = { resolve, reject, messageId }; });
    // Whoever sends learns of it first; there it is thrown once.
    response.catch(() => undefined);
    this.#layer.socket.setTimeout(this.#timeouts.responseMs);
    const framed = frameCommand(contextId, encodeCommand({ ...command, messageId }), this.#payload);
    try {
      if (data === undefined) this.#layer.sendData(framed);
      else await this.#send(new PdvWriter(framed, contextId, this.#payload, (block) => this.#write(block)), data);
      return await response;
    } catch (thrown) {
      // A message that was begun cannot be taken back (PS3.8 9.3.5): without its data the association is of no use.
      if (this.#end === undefined) this.abort('the data set could not be read');
      throw thrown;
    } finally {
      this.#waiting = undefined;
      this.#layer.socket.setTimeout(0);
    }
  }

  async #send(writer: PdvWriter, data: NonNullable<StoreRequest['data']>): Promise<void> {
    const pieces = Symbol.asyncIterator in data ? data[Symbol.asyncIterator]() : data[Symbol.iterator]();
    try {
      // The next piece is read while this one is sent.
      for (let next = pieces.next(); ;) {
        const piece = await next;
        if (piece.done === true) break;
        next = pieces.next();
        // Where sending fails, nobody waits for it any more.
        if (next instanceof Promise) next.catch(() => undefined);
        await writer.data(piece.value);
      }
    } catch (thrown) {
      await pieces.return?.();
      throw thrown;
    }
    await writer.end();
  }

  /** Undefined: the connection took it. Otherwise a promise for when it has sent enough. */
  #write(block: Buffer): Promise<void> | undefined {
    if (this.#end !== undefined) throw associationError(this.peer, this.#end);
    return this.#layer.sendData(block) ? undefined : this.#drained();
  }

  async #drained(): Promise<void> {
    await this.#layer.drained();
    if (this.#end !== undefined) throw associationError(this.peer, this.#end);
  }

  isBusy(): boolean {
    return true;
  }

  accepted(accept: AssociateAccept): void {
    this.#user = accept.user;
    this.#payload = payloadOf(accept.user.maximumLength, ownLimit);
    const proposed = new Map(this.#proposed.contexts.map((context) => [context.id, context]));
    this.#contexts = accept.contexts.filter(({ result }) => result === 'accepted').map(({ id, transferSyntax }) => {
      const context = proposed.get(id);
      if (context?.transferSyntaxes.includes(transferSyntax) !== true) throw invalid(`presentation context ${id} was accepted in another way than proposed`);
      return { id, abstractSyntax: context.abstractSyntax, transferSyntax };
    });
    this.#answer?.resolve();
  }

  data(contextId: number, command: boolean, ends: boolean, bytes: Buffer): void {
    this.#messages.data(contextId, command, ends, bytes);
  }

  #responded(response: Command): void {
    const waiting = this.#waiting;
    if ((response.field & responseBit) === 0) throw invalid('a request came from a peer that has no right to one');
    if (waiting === undefined || response.respondedTo !== waiting.messageId || response.status === undefined) throw invalid('a response came to nothing that was asked');
    waiting.resolve(response);
  }

  releaseIndicated(): void {
    this.#layer.respondRelease();
  }

  ended(end: AssociationEnd): void {
    this.#end = end;
    // Nobody has to be told of what it asked for itself.
    const error = associationError(this.peer, end);
    this.#answer?.reject(error);
    this.#waiting?.reject(error);
    this.#onEnd?.();
  }
}
