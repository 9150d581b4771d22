import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { ClaraError } from '../../../core/errors.ts';
import { secureOptions, type TlsClientOptions } from '../tls.ts';
import { connectionError, type Peer, peerName } from './errors.ts';

/** Opens a connection, with TLS where it is asked for. Throws a ClaraError. */
export function openConnection(peer: Peer, tls: TlsClientOptions | undefined, timeoutMs: number, signal: AbortSignal | undefined): Promise<Socket> {
  const { host, port } = peer;
  const { serverName, ...pem } = tls ?? {};
  const options = tls === undefined ? undefined : { ...secureOptions(pem), ...(serverName !== undefined && { servername: serverName }) };
  return new Promise((resolve, reject) => {
    const socket = options === undefined ? connect({ host, port, noDelay: true }) : connectTls({ host, port, ...options });
    socket.setNoDelay(true);
    const fail = (error: ClaraError) => {
      settle();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const failed = (thrown: Error) => fail(connectionError(peer, thrown, tls !== undefined));
    const interrupted = () => fail(new ClaraError('interrupted', `connecting to ${peerName(peer)} was interrupted`));
    const timer = setTimeout(() => fail(new ClaraError('unreachable', `no DICOM receiver answered: ${peerName(peer)} (no connection within ${timeoutMs / 1000} s)`, { hint: 'check host and port, and the firewalls on the way' })), timeoutMs);
    const opened = () => {
      settle();
      resolve(socket);
    };
    const ready = tls === undefined ? 'connect' : 'secureConnect';
    const settle = () => {
      clearTimeout(timer);
      socket.off('error', failed).off(ready, opened);
      signal?.removeEventListener('abort', interrupted);
    };
    socket.once('error', failed).once(ready, opened);
    if (signal?.aborted === true) interrupted();
    else signal?.addEventListener('abort', interrupted);
  });
}
