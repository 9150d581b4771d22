import { type Socket } from 'node:net';
import { systemCode } from '../../../core/errors.ts';
import { encodePdu } from '../pdu/codec.ts';
import { type AbortReason, abortReasons, ProtocolError } from '../pdu/protocol-error.ts';
import { type PduLimits, PduReader } from '../pdu/reader.ts';
import { type Rejection, rejections } from '../pdu/rejection.ts';
import { type AssociateAccept, type AssociateRequest, type Pdu, type PduName } from '../pdu/types.ts';
import { type AssociationEnd } from './end.ts';
import { IdleTimer } from './idle-timer.ts';
import { type AssociationEvent, type State, transition } from './states.ts';

/** The side that uses the association: gets the indications and confirmations of PS3.8 7. */
export interface UpperLayerUser {
  /** A-ASSOCIATE indication: answer with `accept` or `reject`, now or later. */
  associate?(request: AssociateRequest): void;
  /** A-ASSOCIATE confirmation, positive. */
  accepted?(accept: AssociateAccept): void;
  /** P-DATA indication; see PduSink.data. */
  data(contextId: number, command: boolean, ends: boolean, bytes: Buffer): void;
  /** A-RELEASE indication: answer with `respondRelease` when nothing is left to send. */
  releaseIndicated(): void;
  /** Called once, when there is no association (any more). The transport may still be open for a moment. */
  ended(end: AssociationEnd): void;
  /** Whether the peer waits for us: then its silence is no idleness. */
  isBusy(): boolean;
}

export interface UpperLayerOptions {
  /** The timer of PS3.8 9.1.5: how long a connection may go without a request, and how long it may take to close. */
  readonly artimMs: number;
  /** How long the peer of an established association may be silent; 0 is for ever. */
  readonly idleMs: number;
  readonly limits: PduLimits;
}

/** What is read and thrown away after an abort before the connection is cut. */
const lingerBytes = 1024 * 1024;

/** The upper layer protocol (PS3.8 9.2) on one connection, for either side: carries out what the state table says. */
export class UpperLayer {
  readonly socket: Socket;
  readonly #role: 'acceptor' | 'requestor';
  readonly #user: UpperLayerUser;
  readonly #options: UpperLayerOptions;
  #state: State = 'Sta1';
  #reader: PduReader | undefined;
  #artim: NodeJS.Timeout | undefined;
  readonly #idle: IdleTimer;
  #discarded = 0;
  #ended = false;
  /** After a protocol error nobody knows where the next PDU begins. */
  #lost = false;
  #failure = 'the peer closed the connection';

  /** Takes an open connection. An acceptor then waits for the request; a requestor calls `request`. */
  constructor(socket: Socket, role: 'acceptor' | 'requestor', user: UpperLayerUser, options: UpperLayerOptions) {
    this.socket = socket;
    this.#role = role;
    this.#user = user;
    this.#options = options;
    this.#idle = new IdleTimer(options.idleMs, () => user.isBusy(), () => this.abort(`the peer was silent for ${options.idleMs / 1000} s`, 'timed out'));
    socket.on('data', (chunk: Buffer) => this.#received(chunk));
    socket.on('error', (error) => { this.#failure = `the connection broke (${systemCode(error) ?? error.message})`; });
    socket.on('close', () => this.#on('transport closed'));
    if (role === 'acceptor') this.#on('transport indicated');
  }

  get state(): State {
    return this.#state;
  }

  /** A-ASSOCIATE request. */
  request(request: AssociateRequest): void {
    this.#on('A-ASSOCIATE request');
    this.#on('transport confirmed', () => this.#send(request));
  }

  accept(accept: AssociateAccept): void {
    this.#on('A-ASSOCIATE response accept', () => this.#send(accept));
  }

  reject(rejection: Rejection): void {
    this.#on('A-ASSOCIATE response reject', () => this.#reject(rejection));
  }

  /** Writes P-DATA-TF PDUs. False: the connection takes no more for now; see `drained`. */
  sendData(pdus: Buffer): boolean {
    let flows = true;
    this.#on('P-DATA request', () => { flows = this.socket.write(pdus); });
    return flows;
  }

  /** Resolves when the connection takes data again, or never will. */
  drained(): Promise<void> {
    const { socket } = this;
    return new Promise((resolve) => {
      if (!socket.writableNeedDrain || socket.destroyed) return resolve();
      const done = () => {
        socket.off('drain', done).off('close', done);
        resolve();
      };
      socket.on('drain', done).on('close', done);
    });
  }

  release(): void {
    this.#on('A-RELEASE request');
  }

  respondRelease(): void {
    this.#on('A-RELEASE response');
  }

  /** A-ABORT request: sends one where there is an association, and closes the connection in any case. */
  abort(message: string, kind: 'aborted by us' | 'timed out' = 'aborted by us'): void {
    if (transition(this.#state, 'A-ABORT request') === undefined) this.socket.destroy();
    else this.#on('A-ABORT request', () => this.#abort(0, 'reason not specified', { kind, message }));
  }

  /** Cuts the connection without a word. */
  drop(message: string): void {
    this.#failure = message;
    this.socket.destroy();
  }

  #received(chunk: Buffer): void {
    if (this.#lost || this.#ended) {
      this.#discarded += chunk.length;
      if (this.#discarded > lingerBytes) this.socket.destroy();
      if (this.#lost) return;
    }
    this.#reader ??= new PduReader({
      begins: (type) => this.#begins(type),
      pdu: (pdu) => this.#pdu(pdu),
      data: (contextId, command, ends, bytes) => { if (!this.#ended) this.#user.data(contextId, command, ends, bytes); },
    }, this.#options.limits);
    try {
      this.#reader.push(chunk);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolError)) throw thrown;
      this.#lost = true;
      this.#on('invalid PDU', () => undefined, thrown);
    }
    this.#idle.received(chunk.length, this.#reader.isBetweenPdus);
  }

  /** Data are indicated with their header, so that those in a wrong state are noticed before they come; what else comes is too short to matter. */
  #begins(type: PduName): void {
    if (type === 'P-DATA-TF') this.#on('P-DATA-TF');
    // What to do with a right one is known when it is whole; that this is not its time is known now.
    else if ((type === 'A-ASSOCIATE-RQ' && this.#state !== 'Sta2') || (type === 'A-ASSOCIATE-AC' && this.#state !== 'Sta5')) this.#on(type);
  }

  #pdu(pdu: Pdu): void {
    switch (pdu.type) {
      case 'A-ASSOCIATE-RQ':
        if (this.#state === 'Sta2') this.#requested(pdu);
        break;
      case 'A-ASSOCIATE-AC':
        if (this.#state === 'Sta5') this.#on(pdu.type, () => this.#user.accepted?.(pdu));
        break;
      case 'A-ASSOCIATE-RJ':
        this.#on(pdu.type, () => this.#end({ kind: 'refused', result: pdu.result, source: pdu.source, reason: pdu.reason }));
        break;
      case 'A-ABORT':
        this.#on(pdu.type, () => this.#end({ kind: 'aborted by peer', source: pdu.source, reason: pdu.reason }));
        break;
      case 'A-RELEASE-RQ':
      case 'A-RELEASE-RP':
        this.#on(pdu.type);
    }
  }

  /** AE-6: stop ARTIM; a request that this protocol machine cannot take is rejected by itself. */
  #requested(request: AssociateRequest): void {
    this.#stopArtim();
    // PS3.8 9.3.2: only bit 0 of the version is tested.
    if ((request.protocolVersion & 1) === 1) {
      this.#state = 'Sta3';
      this.#user.associate?.(request);
    } else {
      this.#state = 'Sta13';
      this.#reject(rejections['protocol version not supported']);
    }
  }

  /** Goes to the next state and does what the table says; `effect` is the part of the action that has the event's content. */
  #on(event: AssociationEvent, effect: () => void = () => undefined, error?: ProtocolError): void {
    const step = transition(this.#state, event);
    if (step === undefined) return;
    const { action, next } = step;
    this.#state = typeof next === 'string' ? next : next[this.#role === 'requestor' ? 0 : 1];
    switch (action) {
      case 'AE-1': case 'DT-2': case 'AR-6': case 'AA-6': case 'AE-6':
        break;
      case 'AE-2': case 'DT-1': case 'AR-7': case 'AE-8':
        effect();
        break;
      case 'AE-3': case 'AE-7':
        this.#idle.start();
        effect();
        break;
      case 'AE-5':
        this.#startArtim();
        break;
      case 'AR-1':
        this.#send({ type: 'A-RELEASE-RQ' });
        break;
      case 'AR-2':
        this.#user.releaseIndicated();
        break;
      case 'AR-3':
        this.#end({ kind: 'released' });
        this.socket.destroySoon();
        break;
      case 'AR-4':
        this.#send({ type: 'A-RELEASE-RP' });
        this.#end({ kind: 'released' });
        this.#startArtim();
        break;
      case 'AR-8': case 'AR-10':
        // PS3.8 9.2.2: the requestor answers at once, the acceptor when it has got its answer.
        if (this.#state !== 'Sta10') this.#on('A-RELEASE response');
        break;
      case 'AR-9':
        this.#send({ type: 'A-RELEASE-RP' });
        break;
      case 'AR-5': case 'AA-5': case 'AA-4':
        this.#end({ kind: 'connection lost', message: this.#failure });
        this.#stopArtim();
        break;
      case 'AA-2':
        effect();
        this.#end({ kind: 'timed out', message: `the peer sent no request within ${this.#options.artimMs / 1000} s` });
        this.#stopArtim();
        this.socket.destroy();
        break;
      case 'AE-4': case 'AA-3':
        effect();
        this.socket.destroySoon();
        break;
      case 'AA-1':
        if (event === 'A-ABORT request') effect();
        // PS3.8 table 9-9, AA-1: before there is an association, the abort names no reason.
        else this.#abort(0, 'reason not specified', protocolError(event, error));
        break;
      case 'AA-7':
        // Once: who goes on after two aborts is no longer listened to.
        if (this.#lost && event !== 'invalid PDU') break;
        this.#lost = true;
        this.#send({ type: 'A-ABORT', source: 2, reason: abortReasons[error?.reason ?? 'unexpected PDU'] });
        this.socket.destroySoon();
        break;
      case 'AA-8':
        this.#abort(2, error?.reason ?? 'unexpected PDU', protocolError(event, error));
        break;
    }
  }

  #reject(rejection: Rejection): void {
    this.#send({ type: 'A-ASSOCIATE-RJ', ...rejection });
    this.#end({ kind: 'rejected', rejection });
    this.#startArtim();
  }

  #abort(source: 0 | 2, reason: AbortReason, end: AssociationEnd): void {
    this.#send({ type: 'A-ABORT', source, reason: abortReasons[reason] });
    this.#end(end);
    this.#startArtim();
    this.socket.end();
    // What still comes is thrown away, so that the peer can read the abort before the connection is gone.
    this.socket.resume();
  }

  #send(pdu: Pdu): void {
    if (this.socket.writable) this.socket.write(encodePdu(pdu));
  }

  #end(end: AssociationEnd): void {
    this.#idle.stop();
    if (this.#ended) return;
    this.#ended = true;
    this.#user.ended(end);
  }

  #startArtim(): void {
    this.#stopArtim();
    this.#artim = setTimeout(() => this.#on('ARTIM expired'), this.#options.artimMs);
  }

  #stopArtim(): void {
    clearTimeout(this.#artim);
    this.#artim = undefined;
  }
}

function protocolError(event: AssociationEvent, error: ProtocolError | undefined): AssociationEnd {
  return { kind: 'protocol error', reason: error?.reason ?? 'unexpected PDU', message: error?.message ?? `an unexpected ${event}` };
}
