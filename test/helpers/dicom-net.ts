import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { encodePdu } from '../../src/dicom/net/pdu/codec.ts';
import { type Command } from '../../src/dicom/net/dimse/commands.ts';
import { MessageReader } from '../../src/dicom/net/dimse/message-reader.ts';
import { PduReader } from '../../src/dicom/net/pdu/reader.ts';
import { type AssociateRequest, type Pdu } from '../../src/dicom/net/pdu/types.ts';
import { type AssociationEnd } from '../../src/dicom/net/association/end.ts';
import { openAssociation, type ScuOptions, verificationContext } from '../../src/dicom/net/scu/open.ts';
import { type ScuAssociation } from '../../src/dicom/net/scu/association.ts';
import { startScp, type Scp, type ScpOptions } from '../../src/dicom/net/scp/server.ts';
import { type AssociationRequest, type IncomingInstance, type ScpEvent, type StoreAnswer } from '../../src/dicom/net/scp/types.ts';
import { verificationClass } from '../../src/dicom/uids/well-known.ts';

export const ctImageStorage = '1.2.840.10008.5.1.4.1.1.2';
export const explicitLittle = '1.2.840.10008.1.2.1';
export const implicitLittle = '1.2.840.10008.1.2';
export const ctContext = { abstractSyntax: ctImageStorage, transferSyntaxes: [explicitLittle] };

export interface Kept extends Omit<IncomingInstance, 'data'> {
  readonly bytes: Buffer;
  readonly request: AssociationRequest;
}

export interface Receiver {
  readonly scp: Scp;
  readonly port: number;
  readonly kept: Kept[];
  readonly events: ScpEvent[];
  /** How associations ended, as their handlers were told. */
  readonly ends: AssociationEnd[];
}

/** A receiver on a free port that keeps what it gets in memory; `store` comes before that. */
export async function startReceiver(options: Partial<ScpOptions> & { store?(instance: IncomingInstance, request: AssociationRequest): Promise<StoreAnswer | undefined> } = {}): Promise<Receiver> {
  const [kept, events, ends]: [Kept[], ScpEvent[], AssociationEnd[]] = [[], [], []];
  const { store, ...scpOptions } = options;
  const scp = await startScp({
    host: '127.0.0.1', port: 0, onEvent: (event) => events.push(event),
    decide: (request) => ({
      accept: true,
      context: ({ abstractSyntax, transferSyntaxes }) => (abstractSyntax === verificationClass || abstractSyntax.startsWith('1.2.840.10008.5.1.4.1.1.') ? { transferSyntax: transferSyntaxes[0]! } : { refuse: 'abstract syntax not supported' }),
      handler: {
        async store(instance) {
          const answer = await store?.(instance, request);
          if (answer !== undefined) return answer;
          const pieces: Buffer[] = [];
          for await (const piece of instance.data) pieces.push(piece);
          const { data: _data, ...facts } = instance;
          kept.push({ ...facts, bytes: Buffer.concat(pieces), request });
          return 0;
        },
        ended: (end) => { ends.push(end); },
      },
    }),
    ...scpOptions,
  });
  onTestFinished(() => scp.close());
  return { scp, port: scp.port, kept, events, ends };
}

/** An association with a receiver on this machine that ends with the test. */
export async function associate(port: number, options: Partial<ScuOptions> = {}): Promise<ScuAssociation> {
  const association = await openAssociation({ host: '127.0.0.1', port, calledAe: 'CLARA', callingAe: 'TEST', contexts: [verificationContext, ctContext], ...options });
  onTestFinished(() => association.abort());
  return association;
}

/** A connection that sends any bytes, and reads PDUs. */
export interface RawPeer {
  readonly socket: Socket;
  readonly pdus: Pdu[];
  /** Command sets that have arrived. */
  readonly commands: Command[];
  send(...bytes: readonly (Buffer | Pdu)[]): void;
  /** The next PDU that arrives, or `closed`. */
  next(): Promise<Pdu | 'closed'>;
}

export async function rawPeer(port: number): Promise<RawPeer> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  onTestFinished(() => { socket.destroy(); });
  const pdus: Pdu[] = [];
  const commands: Command[] = [];
  const messages = new MessageReader({ command: (_contextId, command) => { commands.push(command); }, data: () => undefined });
  let [taken, isClosed]: [number, boolean] = [0, false];
  let wake: () => void = () => undefined;
  const reader = new PduReader({ begins: () => undefined, pdu: (pdu) => { pdus.push(pdu); }, data: (...value) => messages.data(...value) });
  socket.on('data', (chunk) => { reader.push(chunk); wake(); });
  socket.on('error', () => undefined);
  socket.on('close', () => { isClosed = true; wake(); });
  await once(socket, 'connect');
  return {
    socket, pdus, commands,
    send: (...bytes) => { for (const part of bytes) socket.write(Buffer.isBuffer(part) ? part : encodePdu(part)); },
    async next() {
      while (taken === pdus.length && !isClosed) await new Promise<void>((resolve) => { wake = resolve; });
      return taken === pdus.length ? 'closed' : pdus[taken++]!;
    },
  };
}

export const plainRequest: AssociateRequest = {
  type: 'A-ASSOCIATE-RQ', protocolVersion: 1, calledAe: 'CLARA', callingAe: 'RAW', applicationContext: '1.2.840.10008.3.1.1.1',
  contexts: [{ id: 1, abstractSyntax: verificationClass, transferSyntaxes: [implicitLittle] }, { id: 3, ...ctContext }], user: { maximumLength: 16384 },
};

/** A port that was free a moment ago, for programs that cannot choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export interface Peer {
  readonly pid: number;
  /** What it has printed so far. */
  output(): string;
  /** Kills it; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Runs a server program until the test ends; resolves when its port takes connections. */
export async function startPeer(program: string, args: readonly string[], port: number, cwd?: string): Promise<Peer> {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TCP_NODELAY: '1' } });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => { output += text; });
  let exit: number | null | undefined;
  child.once('exit', (code) => { exit = code; });
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  onTestFinished(stop);
  for (const end = Date.now() + 30_000; ;) {
    const socket = connect({ host: '127.0.0.1', port });
    const open = await new Promise<boolean>((resolve) => { socket.once('connect', () => resolve(true)).once('error', () => resolve(false)); });
    socket.destroy();
    if (open) return { output: () => output, pid: child.pid!, stop };
    if (exit !== undefined || Date.now() > end) throw new Error(`${program} does not listen on ${port}: ${output}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
