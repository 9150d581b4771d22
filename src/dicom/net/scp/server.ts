import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { defaultPduLimits, type PduLimits } from '../pdu/reader.ts';
import { secureOptions, type TlsServerOptions } from '../tls.ts';
import { Admission } from './admission.ts';
import { type AssociationHost, ScpAssociation } from './association.ts';
import { type AssociationDecision, type AssociationRequest, type ScpEvent } from './types.ts';

export interface ScpOptions {
  /** An address of this machine; `0.0.0.0` for all of IPv4, `::` for all. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Accepts or rejects a request, once there is room for it. */
  decide(request: AssociationRequest): AssociationDecision | Promise<AssociationDecision>;
  /** For logs and counters; must not throw. */
  readonly onEvent?: (event: ScpEvent) => void;
  readonly tls?: TlsServerOptions;
  readonly limits?: Partial<ScpLimits>;
}

export interface ScpLimits {
  /** Associations at a time. Further requests wait, unanswered, as they would in the listen backlog. */
  readonly associations: number;
  /** Requests that may wait; further ones are rejected (2/3/2, local limit exceeded). */
  readonly waiting: number;
  /** Connections without an association. Where there are more, the oldest is cut: who connects and says nothing is in nobody's way. */
  readonly silent: number;
  /** Longest P-DATA-TF that is announced to peers, in bytes. Longer ones are taken all the same, up to `pdu.data`: they are never held. */
  readonly maximumLength: number;
  readonly pdu: PduLimits;
  /** PS3.8 9.1.5. */
  readonly artimMs: number;
  /** How long an association may be silent; 0 is for ever. */
  readonly idleMs: number;
}

export const defaultScpLimits: ScpLimits = {
  associations: 25, waiting: 128, silent: 2000, maximumLength: 256 * 1024, pdu: defaultPduLimits, artimMs: 30_000, idleMs: 300_000,
};

export interface Scp {
  readonly host: string;
  readonly port: number;
  /** Associations that are established, requests that wait for room, and connections without an association. */
  counts(): { readonly associations: number; readonly waiting: number; readonly silent: number };
  /** Takes no more connections; messages that are arriving or being handled get `graceMs` to end, then their associations are aborted. Resolves when no handler runs any more. */
  close(graceMs?: number): Promise<void>;
}

/** How long a peer may take to read the abort when the server closes. */
const lastWordMs = 500;

/** Listens for DICOM associations (PS3.8) and answers C-ECHO and C-STORE (PS3.7). Throws a ClaraError where it cannot listen. */
export async function startScp(options: ScpOptions): Promise<Scp> {
  const limits = { ...defaultScpLimits, ...options.limits };
  const tell = options.onEvent ?? (() => undefined);
  const admission = new Admission(limits);
  let numbers = 0;
  const host: AssociationHost = {
    layer: { artimMs: limits.artimMs, idleMs: limits.idleMs, limits: limits.pdu },
    maximumLength: limits.maximumLength,
    decide: (request) => options.decide(request),
    enter: (association, go) => admission.enter(association, go),
    left: (association) => admission.left(association),
    // A 32-bit number is enough for a log; it begins again with 1.
    nextNumber: () => { numbers = (numbers % 0xffffffff) + 1; return numbers; },
    tell,
  };
  const take = (socket: Socket) => admission.add(new ScpAssociation(socket, host), socket);
  const server = options.tls === undefined ? createServer({ noDelay: true }, take) : tlsServer(options.tls, limits, take, tell);
  await listen(server, options);
  server.on('error', (error) => tell({ kind: 'listener failed', error }));
  const address = server.address() as AddressInfo;
  return {
    host: address.address,
    port: address.port,
    counts: () => admission.counts(),
    async close(graceMs = 0) {
      const closed = once(server, 'close');
      server.close();
      admission.stop('the receiver is shutting down');
      if (!await admission.isEmptyWithin(graceMs)) admission.abort('the receiver is shutting down');
      if (!await admission.isEmptyWithin(lastWordMs)) admission.drop('the receiver has shut down');
      await admission.isEmptyWithin();
      await closed;
    },
  };
}

async function listen(server: Server, { host, port }: ScpOptions): Promise<void> {
  try {
    // The backlog is as long as the system allows.
    server.listen({ host, port, backlog: 4096 });
    await once(server, 'listening');
  } catch (thrown) {
    const code = systemCode(thrown);
    const why = code === 'EADDRINUSE' ? 'the port is in use' : code === 'EACCES' ? 'this port needs a privilege' : code === 'EADDRNOTAVAIL' ? 'this machine has no such address' : messageOf(thrown);
    throw new ClaraError('failed', `cannot listen for DICOM on ${host}:${port} (${why})`, {
      hint: code === 'EACCES' ? 'ports below 1024 are for root unless the system is told otherwise; use another one' : 'use another port or address, or end the program that has this one', cause: thrown,
    });
  }
}

function tlsServer(tls: TlsServerOptions, limits: ScpLimits, take: (socket: Socket) => void, tell: (event: ScpEvent) => void): Server {
  const server = createTlsServer({
    ...secureOptions({ certificate: tls.certificate, key: tls.key, ...(tls.clientCa !== undefined && { ca: tls.clientCa }) }),
    requestCert: tls.clientCa !== undefined, rejectUnauthorized: tls.clientCa !== undefined, handshakeTimeout: limits.artimMs, noDelay: true,
  }, take);
  const handshakes = new Map<string, Socket>();
  const key = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on('connection', (socket) => {
    const name = key(socket);
    handshakes.set(name, socket);
    socket.once('close', () => handshakes.delete(name));
    if (handshakes.size > limits.silent) handshakes.values().next().value!.destroy();
  });
  server.on('secureConnection', (socket) => handshakes.delete(key(socket)));
  server.on('tlsClientError', (error, socket) => {
    tell({ kind: 'tls failed', remoteAddress: socket.remoteAddress ?? '', why: error.message });
    // After a handshake that took too long Node.js leaves it open.
    socket.destroy();
  });
  return server;
}
