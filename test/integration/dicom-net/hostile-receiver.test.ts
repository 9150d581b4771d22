import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished, expect, test } from 'vitest';
import { encodePdu } from '../../../src/dicom/net/pdu/codec.ts';
import { PduReader } from '../../../src/dicom/net/pdu/reader.ts';
import { type AssociateRequest, type Pdu } from '../../../src/dicom/net/pdu/types.ts';
import { encodeCommand } from '../../../src/dicom/net/dimse/command-codec.ts';
import { type Command } from '../../../src/dicom/net/dimse/commands.ts';
import { frameCommand } from '../../../src/dicom/net/dimse/framing.ts';
import { associate } from '../../helpers/dicom-net.ts';
import { until } from '../../helpers/files.ts';

type Answer = (pdu: Pdu | 'data', socket: Socket) => readonly (Buffer | Pdu)[];

/** A receiver that answers what it is told to. */
async function startRawReceiver(answer: Answer): Promise<{ readonly port: number; readonly seen: string[] }> {
  const seen: string[] = [];
  const server = createServer((socket) => {
    const reply = (pdu: Pdu | 'data') => {
      seen.push(pdu === 'data' ? pdu : pdu.type);
      for (const part of answer(pdu, socket)) socket.write(Buffer.isBuffer(part) ? part : encodePdu(part));
    };
    const reader = new PduReader({ begins: () => undefined, pdu: reply, data: (_id, _command, ends) => { if (ends) reply('data'); } });
    socket.on('data', (chunk) => reader.push(chunk));
    socket.on('error', () => undefined);
    onTestFinished(() => { socket.destroy(); });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => { server.close(); });
  return { port: (server.address() as AddressInfo).port, seen };
}

function accept(request: AssociateRequest, change: object = {}): Pdu {
  return { ...request, type: 'A-ASSOCIATE-AC', contexts: request.contexts.map(({ id, transferSyntaxes }) => ({ id, result: 'accepted', transferSyntax: transferSyntaxes[0]! })), ...change };
}

const response: Command = { field: 0x8030, respondedTo: 1, status: 0, hasDataSet: false };
const framed = (command: Command, contextId = 1) => frameCommand(contextId, encodeCommand(command), 16_000);

test.each<readonly [string, (pdu: AssociateRequest, socket: Socket) => readonly (Buffer | Pdu)[], RegExp]>([
  ['garbage', () => [Buffer.from('HTTP/1.1 400 Bad Request\r\n')], /broke the protocol: there is no PDU of type 72/],
  ['an acceptance of 4 GiB', () => [Buffer.from('0200ffffffff', 'hex')], /broke the protocol: the A-ASSOCIATE-AC of 4294967295 bytes/],
  ['data at once', () => [framed(response)], /broke the protocol: an unexpected P-DATA-TF/],
  ['a context that was not proposed', (request) => [accept(request, { contexts: [{ id: 77, result: 'accepted', transferSyntax: '1.2' }] })], /presentation context 77 was accepted in another way than proposed/],
  ['a transfer syntax that was not proposed', (request) => [accept(request, { contexts: [{ id: 1, result: 'accepted', transferSyntax: '1.2' }] })], /in another way than proposed/],
  ['a maximum length of 3', (request) => [accept(request, { user: { maximumLength: 3 } })], /takes PDUs of no more than 3 bytes/],
  ['nothing, and closes', (_request, socket) => { socket.end(); return []; }, /ended \(the peer closed the connection\)/],
  ['an abort', () => [{ type: 'A-ABORT', source: 2, reason: 1 }], /the peer aborted the association \(its protocol layer, reason 1\)/],
])('a receiver that answers a request with %s', async (_name, answer, message) => {
  const { port } = await startRawReceiver((pdu, socket) => (pdu !== 'data' && pdu.type === 'A-ASSOCIATE-RQ' ? answer(pdu, socket) : []));
  await expect(associate(port)).rejects.toThrow(message);
});

test.each<readonly [string, readonly (Buffer | Pdu)[], RegExp]>([
  ['the response to another message', [framed({ ...response, respondedTo: 9 })], /a response came to nothing that was asked/],
  ['a request', [framed({ field: 0x0030, messageId: 1, hasDataSet: false })], /a request came from a peer that has no right to one/],
  ['half a response', [framed(response).subarray(0, 20)], /no answer within 0.3 s/],
  ['an abort', [{ type: 'A-ABORT', source: 0, reason: 0 }], /the peer aborted the association \(its application\)/],
  ['a release', [{ type: 'A-RELEASE-RQ' }], /ended \(released\)/],
])('a receiver that answers C-ECHO with %s', async (_name, answer, message) => {
  const { port } = await startRawReceiver((pdu) => (pdu === 'data' ? answer : pdu.type === 'A-ASSOCIATE-RQ' ? [accept(pdu)] : []));
  const association = await associate(port, { timeouts: { responseMs: 300 } });
  await expect(association.echo()).rejects.toThrow(message);
});

test('releases of both sides at once (PS3.8 9.2.2): each is answered', async () => {
  const { port, seen } = await startRawReceiver((pdu) => {
    if (pdu === 'data') return [framed(response)];
    if (pdu.type === 'A-ASSOCIATE-RQ') return [accept(pdu)];
    if (pdu.type === 'A-RELEASE-RQ') return [{ type: 'A-RELEASE-RQ' }];
    return pdu.type === 'A-RELEASE-RP' ? [{ type: 'A-RELEASE-RP' }] : [];
  });
  const association = await associate(port);
  expect(await association.echo()).toBe(0);
  await association.release();
  expect(association.end).toEqual({ kind: 'released' });
  await until(() => seen.length === 4);
  expect(seen).toEqual(['A-ASSOCIATE-RQ', 'data', 'A-RELEASE-RQ', 'A-RELEASE-RP']);
});

test('a release that is not answered ends in an abort', async () => {
  const { port, seen } = await startRawReceiver((pdu) => (pdu !== 'data' && pdu.type === 'A-ASSOCIATE-RQ' ? [accept(pdu)] : []));
  const association = await associate(port, { timeouts: { releaseMs: 100 } });
  await association.release();
  expect(association.end?.kind).toBe('aborted by us');
  await until(() => seen.includes('A-ABORT'));
});

test('a receiver that stops reading is given up', async () => {
  const { port } = await startRawReceiver((pdu, socket) => {
    if (pdu !== 'data' && pdu.type === 'A-ASSOCIATE-RQ') setImmediate(() => socket.pause());
    return pdu !== 'data' && pdu.type === 'A-ASSOCIATE-RQ' ? [accept(pdu)] : [];
  });
  const association = await associate(port, { timeouts: { responseMs: 500 } });
  const { sopClass, transferSyntax } = { sopClass: '1.2.840.10008.5.1.4.1.1.2', transferSyntax: '1.2.840.10008.1.2.1' };
  const pieces = (function* () { for (let index = 0; index < 2000; index += 1) yield Buffer.alloc(65_536); })();
  await expect(association.store({ sopClass, sopInstance: '1.2', transferSyntax, data: pieces })).rejects.toThrow(/no answer within 0.5 s/);
});
