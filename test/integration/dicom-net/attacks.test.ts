import { once } from 'node:events';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { encodePdu } from '../../../src/dicom/net/pdu/codec.ts';
import { encodeCommand } from '../../../src/dicom/net/dimse/command-codec.ts';
import { frameCommand, writeFrameHeader } from '../../../src/dicom/net/dimse/framing.ts';
import { type Command, commandFields } from '../../../src/dicom/net/dimse/commands.ts';
import { type Pdu } from '../../../src/dicom/net/pdu/types.ts';
import { verificationClass } from '../../../src/dicom/uids/well-known.ts';
import { associate, ctImageStorage, plainRequest, rawPeer, type RawPeer, startReceiver } from '../../helpers/dicom-net.ts';
import { until } from '../../helpers/files.ts';

const invalidParameter: Pdu = { type: 'A-ABORT', source: 2, reason: 6 };

function command(contextId: number, set: Command): Buffer {
  return frameCommand(contextId, encodeCommand(set), 16_000);
}

function pdv(contextId: number, bytes: Buffer, control: { readonly command?: boolean; readonly last?: boolean } = {}): Buffer {
  const framed = Buffer.alloc(12 + bytes.length);
  writeFrameHeader(framed, 0, contextId, bytes.length, control.command ?? false, control.last ?? false);
  bytes.copy(framed, 12);
  return framed;
}

const storeRequest: Command = { field: commandFields['C-STORE'], messageId: 1, sopClass: ctImageStorage, sopInstance: '1.2.3', priority: 0, hasDataSet: true };
const echoRequest: Command = { field: commandFields['C-ECHO'], messageId: 1, sopClass: verificationClass, hasDataSet: false };

/** A peer whose association has been accepted. */
async function associated(port: number): Promise<RawPeer> {
  const peer = await rawPeer(port);
  peer.send(plainRequest);
  expect(await peer.next()).toMatchObject({ type: 'A-ASSOCIATE-AC' });
  return peer;
}

const header = (type: number, length: number) => Buffer.from([type, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);

describe('before there is an association', () => {
  // PS3.8 table 9-9, AA-1: an abort by the service user without a reason.
  test.each<readonly [string, Buffer]>([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
    ['a request of 4 GiB', header(1, 0xffffffff)],
    ['data of 4 GiB', header(4, 0xffffffff)],
    ['data', pdv(1, Buffer.alloc(10))],
    ['a release', encodePdu({ type: 'A-RELEASE-RQ' })],
    ['an acceptance', encodePdu({ ...plainRequest, type: 'A-ASSOCIATE-AC', contexts: [] })],
    ['a request with a broken item', Buffer.concat([header(1, 74), Buffer.alloc(68), Buffer.of(0x10, 0, 0xff, 0xff, 1, 2)])],
  ])('%s is aborted', async (_name, bytes) => {
    const { port, events } = await startReceiver();
    const peer = await rawPeer(port);
    peer.send(bytes);
    expect(await peer.next()).toEqual({ type: 'A-ABORT', source: 0, reason: 0 });
    expect(await peer.next()).toBe('closed');
    expect(events.map(({ kind }) => kind)).toEqual(['dropped']);
    expect(await (await associate(port)).echo()).toBe(0);
  });

  test.each<readonly [string, object, object]>([
    ['another version of the protocol', { protocolVersion: 2 }, { result: 1, source: 2, reason: 2 }],
    ['another application context', { applicationContext: '1.2.3' }, { result: 1, source: 1, reason: 2 }],
  ])('%s is rejected', async (_name, change, rejection) => {
    const { port } = await startReceiver();
    const peer = await rawPeer(port);
    peer.send({ ...plainRequest, ...change });
    expect(await peer.next()).toEqual({ type: 'A-ASSOCIATE-RJ', ...rejection });
  });

  test('a truncated request, and one that trickles in, are cut when ARTIM expires', async () => {
    const { port, events, scp } = await startReceiver({ limits: { artimMs: 300 } });
    const whole = encodePdu(plainRequest);
    const truncated = await rawPeer(port);
    truncated.send(whole.subarray(0, -1));
    const slow = await rawPeer(port);
    let at = 0;
    const trickle = setInterval(() => slow.send(whole.subarray(at, at += 1)), 10);
    expect(await truncated.next()).toBe('closed');
    expect(await slow.next()).toBe('closed');
    clearInterval(trickle);
    await until(() => events.length === 2);
    expect(events.map((event) => 'why' in event && event.why)).toEqual(Array(2).fill('the peer sent no request within 0.3 s'));
    await until(() => scp.counts().silent === 0);
    expect(scp.counts()).toEqual({ associations: 0, waiting: 0, silent: 0 });
  });

  test('a request in pieces of one byte is a request', async () => {
    const { port } = await startReceiver();
    const whole = encodePdu(plainRequest);
    const peer = await rawPeer(port);
    for (let at = 0; at < whole.length; at += 1) peer.send(whole.subarray(at, at + 1));
    expect(await peer.next()).toMatchObject({ type: 'A-ASSOCIATE-AC' });
  });
});

describe('in an association', () => {
  test.each<[string, Buffer, Pdu]>([
    ['garbage', Buffer.from('garbage'), { type: 'A-ABORT', source: 2, reason: 1 }],
    ['data of 4 GiB', header(4, 0xffffffff), invalidParameter],
    ['another request', encodePdu(plainRequest), { type: 'A-ABORT', source: 2, reason: 2 }],
    ['a release response', encodePdu({ type: 'A-RELEASE-RP' }), { type: 'A-ABORT', source: 2, reason: 2 }],
    ['a context that was not accepted', pdv(5, Buffer.alloc(4), { command: true, last: true }), invalidParameter],
    ['a value that is longer than its PDU', Buffer.concat([header(4, 10), Buffer.from('ffffffff01030000', 'hex')]), invalidParameter],
    ['a data set without a command', pdv(3, Buffer.alloc(10)), invalidParameter],
    ['a command in the middle of a data set', Buffer.concat([command(3, storeRequest), pdv(3, Buffer.alloc(10)), command(3, storeRequest)]), invalidParameter],
    ['a data set in another context than its command', Buffer.concat([command(3, storeRequest), pdv(1, Buffer.alloc(10))]), invalidParameter],
    ['a command set without an end', Buffer.concat(Array.from({ length: 20 }, () => pdv(1, Buffer.alloc(1000), { command: true }))), invalidParameter],
    ['a command set that is no command set', pdv(1, randomBytes(100), { command: true, last: true }), invalidParameter],
    ['an empty command set', pdv(1, Buffer.alloc(0), { command: true, last: true }), invalidParameter],
    ['a response that nobody asked for', command(1, { ...echoRequest, field: 0x8030, respondedTo: 1, status: 0 }), invalidParameter],
  ])('%s is aborted', async (_name, bytes, abort) => {
    const { port, kept, ends } = await startReceiver();
    const peer = await associated(port);
    peer.send(bytes);
    expect(await peer.next()).toEqual(abort);
    expect(await peer.next()).toBe('closed');
    await until(() => ends.length === 1);
    expect(ends).toEqual([expect.objectContaining({ kind: 'protocol error' })]);
    expect(kept).toEqual([]);
    expect(await (await associate(port)).echo()).toBe(0);
  });

  test('a sender that goes away in the middle of an instance leaves nothing, and its place is free', async () => {
    const { port, kept, ends, scp } = await startReceiver({ limits: { associations: 1 } });
    const peer = await associated(port);
    peer.send(command(3, storeRequest), pdv(3, Buffer.alloc(10_000)));
    peer.socket.resetAndDestroy();
    await until(() => ends.length === 1);
    expect(ends).toEqual([{ kind: 'connection lost', message: expect.stringMatching(/connection/) }]);
    expect(kept).toEqual([]);
    expect(await (await associate(port)).echo()).toBe(0);
    expect(scp.counts().associations).toBe(1);
  });

  test('a data set that trickles in does not keep its association', async () => {
    const { port, ends } = await startReceiver({ limits: { idleMs: 300 } });
    const peer = await associated(port);
    peer.send(command(3, storeRequest), header(4, 1_000_000), Buffer.from('000f423a0300', 'hex'));
    const trickle = setInterval(() => peer.send(Buffer.of(0)), 10);
    expect(await peer.next()).toEqual({ type: 'A-ABORT', source: 0, reason: 0 });
    clearInterval(trickle);
    expect(ends).toEqual([{ kind: 'timed out', message: 'the peer was silent for 0.3 s' }]);
  });

  test('messages that come before their predecessors are answered are answered in their order', async () => {
    const { port, kept } = await startReceiver();
    const peer = await associated(port);
    const bytes = randomBytes(300_000);
    const pieces = Array.from({ length: 30 }, (_, index) => pdv(3, bytes.subarray(index * 10_000, (index + 1) * 10_000), { last: index === 29 }));
    const one = Buffer.concat([command(3, storeRequest), ...pieces]);
    peer.send(one, command(1, echoRequest), command(1, { field: commandFields['C-CANCEL'], respondedTo: 1, hasDataSet: false }), one, one, { type: 'A-RELEASE-RQ' });
    expect(await peer.next()).toEqual({ type: 'A-RELEASE-RP' });
    expect(kept.map((instance) => instance.bytes.equals(bytes))).toEqual([true, true, true]);
  });

  test('who does not read its answers gets no further ones, and is ended when it stays so', async () => {
    const { port, ends } = await startReceiver({ limits: { idleMs: 500 } });
    const peer = await associated(port);
    peer.socket.pause();
    const many = Buffer.concat(Array.from({ length: 1000 }, () => command(1, echoRequest)));
    for (let index = 0; index < 400; index += 1) peer.send(many);
    await until(() => ends.length === 1);
    expect(ends).toEqual([{ kind: 'timed out', message: 'the peer was silent for 0.5 s' }]);
  });

  test('a release is answered, and the connection closed by who asked', async () => {
    const { port, ends } = await startReceiver();
    const peer = await associated(port);
    peer.send({ type: 'A-RELEASE-RQ' });
    expect(await peer.next()).toEqual({ type: 'A-RELEASE-RP' });
    peer.socket.end();
    await until(() => ends.length === 1);
    expect(ends).toEqual([{ kind: 'released' }]);
  });

  test('an abort after an abort is not answered for ever', async () => {
    const { port } = await startReceiver();
    const peer = await associated(port);
    for (let index = 0; index < 100; index += 1) peer.send(plainRequest);
    const seen = [];
    for (let pdu = await peer.next(); pdu !== 'closed'; pdu = await peer.next()) seen.push(pdu.type);
    expect(seen.length).toBeLessThanOrEqual(2);
  });
});

test.each<readonly [string, number, Command, number]>([
  ['C-FIND', 3, { field: commandFields['C-FIND'], messageId: 9, sopClass: ctImageStorage, priority: 0, hasDataSet: true }, 0x0211],
  ['N-ACTION', 3, { field: commandFields['N-ACTION'], messageId: 9, hasDataSet: false }, 0x0211],
  ['an unknown command', 3, { field: 0x0666, messageId: 9, hasDataSet: false }, 0x0211],
  ['C-STORE of the verification class', 1, { ...storeRequest, messageId: 9, sopClass: verificationClass }, 0x0122],
  ['C-STORE without a data set', 3, { ...storeRequest, messageId: 9, hasDataSet: false }, 0x0110],
])('%s is answered with its status, and the association goes on', async (_name, contextId, request, status) => {
  const { port } = await startReceiver();
  const peer = await associated(port);
  peer.send(command(contextId, request));
  if (request.hasDataSet) peer.send(pdv(contextId, Buffer.alloc(100), { last: true }));
  peer.send(command(1, echoRequest));
  await until(() => peer.commands.length === 2);
  expect(peer.commands).toMatchObject([{ field: request.field | 0x8000, respondedTo: 9, status, hasDataSet: false }, { field: 0x8030, status: 0 }]);
});

test('two thousand connections that say nothing are in nobody’s way, and the oldest go first', async () => {
  const { port, scp, events } = await startReceiver({ limits: { silent: 1500 } });
  const sockets: Socket[] = [];
  for (let index = 0; index < 2000; index += 1) {
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => undefined);
    sockets.push(socket);
    if (index % 200 === 199) await once(socket, 'connect');
  }
  await until(() => scp.counts().silent === 1500);
  expect(await (await associate(port)).echo()).toBe(0);
  await until(() => events.filter(({ kind }) => kind === 'dropped').length === 501);
  expect(sockets[0]!.destroyed || sockets[0]!.readableEnded).toBe(true);
  expect(sockets.at(-1)!.destroyed).toBe(false);
  for (const socket of sockets) socket.destroy();
});

test('a thousand associations that are aborted leave nothing behind', async () => {
  const { port, scp, ends } = await startReceiver();
  for (let index = 0; index < 1000; index += 1) {
    const peer = connect({ host: '127.0.0.1', port });
    peer.on('error', () => undefined);
    peer.write(encodePdu(plainRequest));
    await once(peer, 'data');
    peer.write(encodePdu({ type: 'A-ABORT', source: 0, reason: 0 }));
    await once(peer, 'close');
  }
  await until(() => scp.counts().silent === 0 && scp.counts().associations === 0);
  expect(ends).toHaveLength(1000);
});
