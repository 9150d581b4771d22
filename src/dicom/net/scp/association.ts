import { type Socket } from 'node:net';
import { ClaraError } from '../../../core/errors.ts';
import { dicomApplicationContext, isUid, verificationClass } from '../../uids/well-known.ts';
import { type AssociationEnd, describeEnd } from '../association/end.ts';
import { UpperLayer, type UpperLayerOptions, type UpperLayerUser } from '../association/upper-layer.ts';
import { encodeCommand } from '../dimse/command-codec.ts';
import { type Command, commandFields, responseBit, statuses } from '../dimse/commands.ts';
import { frameCommand, payloadOf } from '../dimse/framing.ts';
import { MessageReader } from '../dimse/message-reader.ts';
import { invalid } from '../pdu/protocol-error.ts';
import { rejections } from '../pdu/rejection.ts';
import { type AssociateRequest } from '../pdu/types.ts';
import { IncomingData } from './incoming-data.ts';
import { type AcceptedContext, answerContexts } from './negotiate.ts';
import { type AssociationDecision, type AssociationHandler, type AssociationRequest, type ScpEvent, type StoreAnswer } from './types.ts';

/** What an association needs of its server. */
export interface AssociationHost {
  readonly layer: UpperLayerOptions;
  /** Announced to peers: the longest P-DATA-TF, in bytes. */
  readonly maximumLength: number;
  decide(request: AssociationRequest): AssociationDecision | Promise<AssociationDecision>;
  /** A request has come: calls `go` when there is room, or returns false where too many wait already. */
  enter(association: ScpAssociation, go: () => void): boolean;
  /** The association is over and its handler done. */
  left(association: ScpAssociation): void;
  nextNumber(): number;
  tell(event: ScpEvent): void;
}

interface Message {
  readonly contextId: number;
  readonly command: Command;
  readonly data: IncomingData | undefined;
}

/** Longest command PDU that we send to a peer without a limit. */
const ownCommandLimit = 16 * 1024;

/** One connection to the server, from its first byte to its end: association, messages one after the other, answers. */
export class ScpAssociation implements UpperLayerUser {
  readonly #host: AssociationHost;
  readonly #layer: UpperLayer;
  readonly #remote: { readonly remoteAddress: string; readonly remotePort: number };
  #facts: AssociationRequest | undefined;
  #contexts: ReadonlyMap<number, AcceptedContext> = new Map();
  #payload = 0;
  #handler: AssociationHandler | undefined;
  #messages: MessageReader | undefined;
  readonly #waiting: Message[] = [];
  /** The data set that is arriving. */
  #arriving: IncomingData | undefined;
  #isWorking = false;
  /** The peer does not read our answers. */
  #isDraining = false;
  #isReleasing = false;
  #isStopping: string | undefined;
  #end: AssociationEnd | undefined;
  #holds = 0;

  constructor(socket: Socket, host: AssociationHost) {
    this.#host = host;
    // ::ffff:10.0.0.5 is how a socket for both families writes 10.0.0.5 (RFC 4291 2.5.5.2).
    this.#remote = { remoteAddress: (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/i, ''), remotePort: socket.remotePort ?? 0 };
    this.#layer = new UpperLayer(socket, 'acceptor', this, host.layer);
  }

  /** Aborts it, unless it is in the middle of a message: then after that. */
  stop(message: string): void {
    if (this.#isWorking) this.#isStopping = message;
    else this.abort(message);
  }

  abort(message: string): void {
    this.#layer.abort(message);
  }

  /** Cuts the connection. */
  drop(why: string): void {
    this.#layer.drop(why);
  }

  isBusy(): boolean {
    return this.#isWorking && !this.#isDraining && (this.#arriving === undefined || this.#holds > 0);
  }

  associate(request: AssociateRequest): void {
    const { callingAe, calledAe, contexts, user } = request;
    const facts = { number: this.#host.nextNumber(), callingAe, calledAe, ...this.#remote, contexts, user };
    this.#facts = facts;
    // PS3.8 7.1.1.2.
    if (request.applicationContext !== dicomApplicationContext) this.#layer.reject(rejections['application context name not supported']);
    else if (!this.#host.enter(this, () => void this.#decide(request, facts))) this.#layer.reject(rejections['local limit exceeded']);
  }

  async #decide(request: AssociateRequest, facts: AssociationRequest): Promise<void> {
    try {
      const decision = await this.#host.decide(facts);
      if (this.#end !== undefined) return;
      if (!decision.accept) return this.#layer.reject(decision.rejection);
      this.#payload = payloadOf(request.user.maximumLength, ownCommandLimit);
      const { accept, contexts } = answerContexts(request, (proposed) => decision.context(proposed), this.#host.maximumLength);
      this.#contexts = contexts;
      this.#handler = decision.handler;
      this.#messages = new MessageReader({ command: (contextId, command) => this.#received(contextId, command), data: (bytes, ends) => this.#arrived(bytes, ends) });
      this.#layer.accept(accept);
      this.#host.tell({ kind: 'associated', request: facts, accepted: contexts.size });
    } catch (error) {
      this.#host.tell({ kind: 'failed', request: facts, doing: 'decide', error });
      this.#layer.reject(rejections['temporary congestion']);
    }
  }

  data(contextId: number, command: boolean, ends: boolean, bytes: Buffer): void {
    if (!this.#contexts.has(contextId)) throw invalid(`presentation context ${contextId} was not accepted`);
    this.#messages!.data(contextId, command, ends, bytes);
  }

  #received(contextId: number, command: Command): void {
    const data = command.hasDataSet ? new IncomingData((hold) => this.#hold(hold)) : undefined;
    this.#arriving = data;
    // PS3.7 9.3.2.3: a cancel request has no response; what it would cancel is done before it is read.
    if (command.field === commandFields['C-CANCEL'] && data === undefined) return;
    if ((command.field & responseBit) !== 0) throw invalid('a response came that nobody asked for');
    if (command.messageId === undefined) throw invalid('a request has no Message ID');
    this.#waiting.push({ contextId, command, data });
    if (!this.#isWorking) void this.#work();
    // Several operations at once were not agreed on: who sends them nevertheless waits after a buffer full.
    else if (this.#waiting.length === 1) this.#hold(true);
  }

  #arrived(bytes: Buffer, ends: boolean): void {
    this.#arriving!.push(bytes, ends);
    if (ends) this.#arriving = undefined;
  }

  /** Answers the messages that have come, one after the other. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let message = this.#waiting.shift(), first = true; message !== undefined; message = this.#waiting.shift(), first = false) {
      if (!first && this.#waiting.length === 0) this.#hold(false);
      const answer = this.#end === undefined ? await this.#perform(message) : undefined;
      await message.data?.discard();
      if (answer !== undefined && this.#end === undefined && !this.#respond(message, answer)) {
        // Who does not read its answers gets no further ones.
        this.#isDraining = true;
        await this.#layer.drained();
        this.#isDraining = false;
      }
      if (this.#isStopping !== undefined) this.abort(this.#isStopping);
    }
    this.#isWorking = false;
    if (this.#end !== undefined) this.#leave(this.#end);
    else if (this.#isReleasing) this.#layer.respondRelease();
  }

  async #perform({ contextId, command, data }: Message): Promise<StoreAnswer> {
    const context = this.#contexts.get(contextId)!;
    if (command.field === commandFields['C-ECHO']) return this.#attempt('echo', () => this.#handler!.echo?.() ?? statuses.success);
    if (command.field !== commandFields['C-STORE']) return statuses.unrecognizedOperation;
    const { sopClass, sopInstance } = command;
    if (context.abstractSyntax === verificationClass || sopClass === undefined || !isUid(sopClass)) return statuses.sopClassNotSupported;
    if (sopInstance === undefined || !isUid(sopInstance)) return statuses.invalidSopInstance;
    if (data === undefined) return { status: statuses.processingFailure, comment: 'no data set' };
    return this.#attempt('store', () => this.#handler!.store({
      messageId: command.messageId!, sopClass, sopInstance, ...context, priority: command.priority ?? 0, moveOriginator: command.moveOriginator, data,
    }));
  }

  async #attempt(doing: 'echo' | 'store', perform: () => StoreAnswer | Promise<StoreAnswer>): Promise<StoreAnswer> {
    try {
      return await perform();
    } catch (error) {
      // The end of the association is told by itself.
      if (this.#end === undefined) this.#host.tell({ kind: 'failed', request: this.#facts!, doing, error });
      return statuses.processingFailure;
    }
  }

  /** PS3.7 9.3.1.2, 9.3.5.2: the response, command and headers in one piece. False: the connection takes no more for now. */
  #respond({ contextId, command }: Message, answer: StoreAnswer): boolean {
    const { status, comment } = typeof answer === 'number' ? { status: answer, comment: undefined } : answer;
    const response = encodeCommand({
      sopClass: command.sopClass, field: command.field | responseBit, respondedTo: command.messageId!, hasDataSet: false,
      status, errorComment: comment, sopInstance: command.sopInstance,
    });
    return this.#layer.sendData(frameCommand(contextId, response, this.#payload));
  }

  /** Stops and resumes reading from the peer; two may want it stopped: a data set that nobody reads, and messages that wait. */
  #hold(hold: boolean): void {
    this.#holds += hold ? 1 : -1;
    if (this.#holds > 0) this.#layer.socket.pause();
    else this.#layer.socket.resume();
  }

  releaseIndicated(): void {
    this.#isReleasing = true;
    if (!this.#isWorking) this.#layer.respondRelease();
  }

  ended(end: AssociationEnd): void {
    this.#end = end;
    this.#arriving?.fail(new ClaraError('failed', `the data set is not whole: ${describeEnd(end)}`));
    if (!this.#isWorking) this.#leave(end);
  }

  #leave(end: AssociationEnd): void {
    const request = this.#facts;
    if (request === undefined) this.#host.tell({ kind: 'dropped', remoteAddress: this.#remote.remoteAddress, why: describeEnd(end) });
    else {
      try {
        this.#handler?.ended?.(end);
      } catch (error) {
        this.#host.tell({ kind: 'failed', request, doing: 'ended', error });
      }
      this.#host.tell({ kind: 'ended', request, end });
    }
    this.#host.left(this);
  }
}
