import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { type AssociationEnd, describeEnd } from '../association/end.ts';
import { rejections, rejectionText } from '../pdu/rejection.ts';

/** Whom an association is with. */
export interface Peer {
  readonly host: string;
  readonly port: number;
  readonly calledAe: string;
  readonly callingAe: string;
}

/** `MYPACS at 10.0.0.6:104`. */
export function peerName({ host, port, calledAe }: Peer): string {
  return `${calledAe} at ${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const connectionFailures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused', ENOTFOUND: 'no such host', EAI_AGAIN: 'the host name cannot be looked up now', EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network', ETIMEDOUT: 'no answer', ECONNRESET: 'the connection was closed at once',
};

/** No connection, or no TLS over it. */
export function connectionError(peer: Peer, thrown: unknown, isTls: boolean): ClaraError {
  // Several addresses of a host were tried: the first failure stands for all.
  const first = thrown instanceof AggregateError ? thrown.errors[0] as unknown : thrown;
  const code = systemCode(first);
  const known = code === undefined ? undefined : connectionFailures[code];
  if (known !== undefined) {
    return new ClaraError('unreachable', `no DICOM receiver answered: ${peerName(peer)} (${known})`, { hint: 'check host and port, and that the receiver runs', cause: thrown });
  }
  return new ClaraError('failed', `no connection to ${peerName(peer)} (${messageOf(first)})`, {
    hint: isTls ? 'check that the receiver speaks TLS on this port, and which authority signed its certificate' : 'check host and port', cause: thrown,
  });
}

/** Why an association is not or no longer there. */
export function associationError(peer: Peer, end: AssociationEnd): ClaraError {
  const name = peerName(peer);
  switch (end.kind) {
    case 'refused':
      return new ClaraError('failed', `${name} rejected the association (${rejectionText(end)})`, { hint: rejectionHint(peer, end) });
    case 'timed out':
      return new ClaraError('unreachable', `the association with ${name} was given up (${end.message})`, { hint: 'check that a DICOM receiver listens on this port, and whether it is overloaded' });
    case 'aborted by us':
      return new ClaraError('interrupted', `the association with ${name} was aborted (${end.message})`);
    case 'released': case 'rejected': case 'aborted by peer': case 'protocol error': case 'connection lost':
      return new ClaraError('failed', `the association with ${name} ended (${describeEnd(end)})`, { hint: 'the log of the receiver may say why' });
  }
}

function rejectionHint({ calledAe, callingAe }: Peer, { source, reason }: { readonly source: number; readonly reason: number }): string {
  const is = (name: keyof typeof rejections) => rejections[name].source === source && rejections[name].reason === reason;
  if (is('called AE title not recognized')) return `the receiver is not called ${calledAe}; capital and small letters count`;
  if (is('calling AE title not recognized')) return `the receiver has to be told of ${callingAe} and of the address that it calls from`;
  if (source === 3) return 'the receiver is busy; try again later';
  return 'the log of the receiver may say why';
}
