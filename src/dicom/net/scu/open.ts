import { ClaraError } from '../../../core/errors.ts';
import { implementationClassUid, implementationVersionName } from '../../uids/implementation.ts';
import { dicomApplicationContext, implicitLittleEndian, verificationClass } from '../../uids/well-known.ts';
import { type AssociateRequest } from '../pdu/types.ts';
import { type TlsClientOptions } from '../tls.ts';
import { ScuAssociation, type ScuTimeouts } from './association.ts';
import { openConnection } from './connect.ts';
import { type Peer, peerName } from './errors.ts';

/** A presentation context to propose. */
export interface ContextProposal {
  readonly abstractSyntax: string;
  /** At least one, the best first; the peer chooses one. */
  readonly transferSyntaxes: readonly string[];
}

export interface ScuOptions extends Peer {
  /** 1 to 128. */
  readonly contexts: readonly ContextProposal[];
  readonly tls?: TlsClientOptions;
  readonly timeouts?: Partial<ScuTimeouts>;
  /** Aborts the association, or the attempt at one. */
  readonly signal?: AbortSignal;
}

export const defaultScuTimeouts: ScuTimeouts = { connectMs: 10_000, associateMs: 30_000, responseMs: 120_000, releaseMs: 10_000 };

/** For C-ECHO. */
export const verificationContext: ContextProposal = { abstractSyntax: verificationClass, transferSyntaxes: [implicitLittleEndian] };

/** Contexts are numbered with odd ids of one byte (PS3.8 9.3.2.2). */
export const mostContexts = 128;
/** A response has no data set worth mentioning; this is what others announce. */
const maximumLength = 128 * 1024;

/**
 * Opens an association. Throws a ClaraError: `unreachable` where nobody answers (in time), `failed` with the peer's reason where
 * it says no or accepts none of the contexts, `interrupted` by the signal.
 */
export async function openAssociation(options: ScuOptions): Promise<ScuAssociation> {
  const { host, port, calledAe, callingAe, contexts, signal } = options;
  if (contexts.length === 0 || contexts.length > mostContexts) throw new Error(`an association has 1 to ${mostContexts} presentation contexts, not ${contexts.length}`);
  const timeouts = { ...defaultScuTimeouts, ...options.timeouts };
  const peer = { host, port, calledAe, callingAe };
  const request: AssociateRequest = {
    type: 'A-ASSOCIATE-RQ', protocolVersion: 1, calledAe, callingAe, applicationContext: dicomApplicationContext,
    contexts: contexts.map((context, index) => ({ id: 2 * index + 1, ...context })),
    user: { maximumLength, implementationClassUid, implementationVersionName },
  };
  const socket = await openConnection(peer, options.tls, timeouts.connectMs, signal);
  const association = new ScuAssociation(peer, socket, request, timeouts);
  const interrupt = () => association.abort('it was interrupted');
  if (signal?.aborted === true) interrupt();
  signal?.addEventListener('abort', interrupt);
  socket.once('close', () => signal?.removeEventListener('abort', interrupt));
  await association.request();
  if (association.contexts.length === 0) {
    await association.release();
    throw new ClaraError('failed', `${peerName(peer)} accepted none of the presentation contexts`, { hint: 'it does not take this kind of objects, or not in these transfer syntaxes' });
  }
  return association;
}
