import { createHash, randomBytes } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { ClaraError } from '../../../src/core/errors.ts';
import { rejections } from '../../../src/dicom/net/pdu/rejection.ts';
import { verificationContext } from '../../../src/dicom/net/scu/open.ts';
import { implementationClassUid } from '../../../src/dicom/uids/implementation.ts';
import { associate, ctContext, ctImageStorage, explicitLittle, startReceiver } from '../../helpers/dicom-net.ts';
import { until } from '../../helpers/files.ts';

function instance(bytes: Buffer, sopInstance = '1.2.3') {
  return { sopClass: ctImageStorage, sopInstance, transferSyntax: explicitLittle, data: [bytes] };
}

async function failure(promise: Promise<unknown>): Promise<ClaraError> {
  const error = await promise.then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ClaraError);
  return error as ClaraError;
}

test('echo, store and release', async () => {
  const { port, kept, ends, events } = await startReceiver();
  const association = await associate(port);
  expect(association.peerInformation.implementationClassUid).toBe(implementationClassUid);
  expect(await association.echo()).toBe(0);
  const bytes = randomBytes(100_000);
  expect(await association.store({ ...instance(bytes), moveOriginator: { ae: 'MOVER', messageId: 7 } })).toEqual({ status: 0, comment: undefined });
  await association.release();
  await until(() => ends.length === 1);
  expect(ends).toEqual([{ kind: 'released' }]);
  expect(kept[0]!.bytes.equals(bytes)).toBe(true);
  expect(kept[0]).toMatchObject({
    sopClass: ctImageStorage, sopInstance: '1.2.3', transferSyntax: explicitLittle, messageId: 2, moveOriginator: { ae: 'MOVER', messageId: 7 },
    request: { number: 1, calledAe: 'CLARA', callingAe: 'TEST', remoteAddress: '127.0.0.1' },
  });
  expect(events.map(({ kind }) => kind)).toEqual(['associated', 'ended']);
});

test.each([0, 1, 4082, 16_378, 16_379, 262_132, 262_133, 1_000_000])('a data set of %i bytes arrives bit for bit, however its sender cuts it', async (length) => {
  const { port, kept } = await startReceiver({ limits: { maximumLength: 16_384 } });
  const association = await associate(port);
  const bytes = randomBytes(length);
  for (const piece of [length || 1, 1000, 65_536]) {
    const pieces = Array.from({ length: Math.ceil(length / piece) }, (_, index) => bytes.subarray(index * piece, (index + 1) * piece));
    expect(await association.store({ ...instance(bytes), data: pieces })).toMatchObject({ status: 0 });
  }
  expect(kept.map(({ bytes: received }) => received.equals(bytes))).toEqual([true, true, true]);
  await association.release();
});

test('a receiver with small PDUs gets small ones', async () => {
  const { port, kept } = await startReceiver({ limits: { maximumLength: 64, pdu: { associate: 10_000, data: 64 } } });
  const association = await associate(port);
  const bytes = randomBytes(5000);
  expect(await association.store(instance(bytes))).toMatchObject({ status: 0 });
  expect(kept[0]!.bytes.equals(bytes)).toBe(true);
});

test('a large object is never in memory as a whole, whichever side is slow', async () => {
  const size = 64 * 1024 * 1024;
  const received = createHash('sha256');
  let most = 0;
  const { port } = await startReceiver({
    async store({ data }) {
      let read = 0;
      for await (const piece of data) {
        received.update(piece);
        read += piece.length;
        most = Math.max(most, data.length - read);
        if (read % 7 === 0) await setImmediate();
      }
      return 0;
    },
  });
  const sent = createHash('sha256');
  let made = 0;
  const association = await associate(port);
  await association.store({
    ...instance(Buffer.alloc(0)), data: (function* () {
      for (; made < size; made += 65_536) {
        const piece = Buffer.alloc(65_536, made / 65_536);
        sent.update(piece);
        yield piece;
      }
    })(),
  });
  expect(received.digest('hex')).toBe(sent.digest('hex'));
  expect(most).toBeLessThan(2 * 1024 * 1024);
});

test('a reader that stands still holds the sender back', async () => {
  let release: () => void = () => undefined;
  const standing = new Promise<void>((resolve) => { release = resolve; });
  let arrived = () => 0;
  const { port } = await startReceiver({ store: async ({ data }) => { arrived = () => data.length; await standing; return undefined; } });
  const association = await associate(port);
  let made = 0;
  const stored = association.store({ ...instance(Buffer.alloc(0)), data: (function* () { for (; made < 1000; made += 1) yield Buffer.alloc(65_536); })() });
  await until(() => arrived() > 1024 * 1024);
  for (let turn = 0; turn < 50; turn += 1) await setImmediate();
  expect(arrived()).toBeLessThan(2 * 1024 * 1024);
  expect(made).toBeLessThan(900);
  release();
  expect(await stored).toMatchObject({ status: 0 });
  expect(arrived()).toBe(1000 * 65_536);
});

describe('what a handler answers', () => {
  test('a status with a comment reaches the sender, and the association goes on', async () => {
    const { port } = await startReceiver({ store: async () => ({ status: 0x0213, comment: 'disk full' }) });
    const association = await associate(port);
    expect(await association.store(instance(randomBytes(500_000)))).toEqual({ status: 0x0213, comment: 'disk full' });
    expect(await association.echo()).toBe(0);
  });

  test('one that throws is a processing failure, and is told of', async () => {
    const { port, events } = await startReceiver({ store: async () => { throw new Error('oh'); } });
    const association = await associate(port);
    expect(await association.store(instance(Buffer.alloc(10)))).toMatchObject({ status: 0x0110 });
    expect(await association.echo()).toBe(0);
    expect(events).toContainEqual(expect.objectContaining({ kind: 'failed', doing: 'store' }));
  });

  test.each([['a path', '../../x'], ['4 KiB', '1'.repeat(4096)], ['a newline', '1.2\n3'], ['a NUL', '1.2\x003'], ['nothing', '']])('a SOP instance UID that is %s is refused before any handler sees it', async (_name, sopInstance) => {
    const { port, kept } = await startReceiver();
    const association = await associate(port);
    expect(await association.store(instance(randomBytes(100_000), sopInstance))).toMatchObject({ status: 0x0117 });
    expect(await association.store(instance(Buffer.alloc(2)))).toMatchObject({ status: 0 });
    expect(kept.map(({ sopInstance: uid }) => uid)).toEqual(['1.2.3']);
  });
});

describe('what a peer says no to', () => {
  test.each([
    ['called AE title not recognized', 'CLARA at 127.0.0.1:PORT rejected the association (called AE title not recognized; permanently, by its application)', 'the receiver is not called CLARA; capital and small letters count'],
    ['calling AE title not recognized', 'CLARA at 127.0.0.1:PORT rejected the association (calling AE title not recognized; permanently, by its application)', 'the receiver has to be told of TEST and of the address that it calls from'],
    ['no reason given', 'CLARA at 127.0.0.1:PORT rejected the association (no reason given; permanently, by its application)', 'the log of the receiver may say why'],
  ] as const)('an association: %s', async (reason, message, hint) => {
    const { port, events } = await startReceiver({ decide: () => ({ accept: false, rejection: rejections[reason] }) });
    const error = await failure(associate(port));
    expect([error.message.replace(String(port), 'PORT'), error.hint, error.kind]).toEqual([message, hint, 'failed']);
    await until(() => events.length === 1);
    expect(events[0]).toMatchObject({ kind: 'ended', end: { kind: 'rejected', rejection: rejections[reason] } });
  });

  test('all contexts', async () => {
    const { port } = await startReceiver();
    const error = await failure(associate(port, { contexts: [{ abstractSyntax: '1.2.840.10008.5.1.4.1.2.1.1', transferSyntaxes: [explicitLittle] }] }));
    expect(error.message).toMatch(/accepted none of the presentation contexts/);
  });

  test('one context of 128', async () => {
    const { port } = await startReceiver();
    const contexts = Array.from({ length: 127 }, (_, index) => ({ abstractSyntax: `1.2.840.10008.5.1.4.1.1.${index + 1}`, transferSyntaxes: [explicitLittle] }));
    const association = await associate(port, { contexts: [{ abstractSyntax: '1.2.3', transferSyntaxes: [explicitLittle] }, ...contexts] });
    expect(association.contexts.map(({ id }) => id)).toEqual(contexts.map((_, index) => 2 * index + 3));
    expect((await failure(association.store({ ...instance(Buffer.alloc(1)), sopClass: '1.2.3' }))).message).toMatch(/takes no instances of SOP class 1.2.3 in transfer syntax/);
  });

  test('nobody is there', async () => {
    const { port, scp } = await startReceiver();
    await scp.close();
    const error = await failure(associate(port));
    expect([error.kind, error.message]).toEqual(['unreachable', `no DICOM receiver answered: CLARA at 127.0.0.1:${port} (connection refused)`]);
  });

  test('no answer', async () => {
    const { port } = await startReceiver({ decide: () => new Promise(() => undefined) });
    const error = await failure(associate(port, { timeouts: { associateMs: 100 } }));
    expect([error.kind, error.message]).toEqual(['unreachable', expect.stringMatching(/no answer to the request within 0.1 s/)]);
  });

  test('no response', async () => {
    let release: (status: number) => void = () => undefined;
    const { port } = await startReceiver({ store: () => new Promise((resolve) => { release = resolve; }) });
    const association = await associate(port, { timeouts: { responseMs: 100 } });
    const error = await failure(association.store(instance(Buffer.alloc(1))));
    expect([error.kind, error.message]).toEqual(['unreachable', expect.stringMatching(/no answer within 0.1 s/)]);
    expect((await failure(association.echo())).message).toBe(error.message);
    release(0);
  });
});

test('an association that is aborted in the middle of an instance leaves the handler an error, and nothing kept', async () => {
  let error: unknown;
  let arrived = () => 0;
  const { port, kept, ends } = await startReceiver({
    store: async ({ data }) => {
      arrived = () => data.length;
      try {
        for await (const _ of data);
      } catch (thrown) {
        error = thrown;
      }
      return 0;
    },
  });
  const controller = new AbortController();
  const association = await associate(port, { signal: controller.signal });
  const sent = association.store({ ...instance(Buffer.alloc(0)), data: (async function* () { yield Buffer.alloc(1_000_000); await until(() => arrived() > 0); controller.abort(); yield Buffer.alloc(300_000); })() });
  expect((await failure(sent)).kind).toBe('interrupted');
  await until(() => ends.length === 1);
  expect(ends).toEqual([{ kind: 'aborted by peer', source: 0, reason: 0 }]);
  expect(error).toMatchObject({ name: 'ClaraError', message: 'the data set is not whole: the peer aborted the association (its application)' });
  expect(kept).toEqual([]);
});

test('requests beyond the limit wait until there is room, and too many waiting are rejected', async () => {
  const { port, scp } = await startReceiver({ limits: { associations: 1, waiting: 1 } });
  const first = await associate(port);
  const second = associate(port);
  await until(() => scp.counts().waiting === 1);
  expect((await failure(associate(port))).message).toMatch(/local limit exceeded; for now/);
  expect(scp.counts()).toMatchObject({ associations: 1, waiting: 1 });
  await first.release();
  expect(await (await second).echo()).toBe(0);
  expect(scp.counts()).toMatchObject({ associations: 1, waiting: 0 });
});

test('a silent association is ended, but not one whose handler takes its time', async () => {
  let working = false;
  const { port, ends } = await startReceiver({ limits: { idleMs: 100 }, store: async () => { working = true; await new Promise((resolve) => setTimeout(resolve, 400)); return 0; } });
  const association = await associate(port, { contexts: [verificationContext, ctContext] });
  expect(await association.store(instance(Buffer.alloc(1)))).toMatchObject({ status: 0 });
  expect(working).toBe(true);
  await until(() => association.end !== undefined);
  expect(association.end).toMatchObject({ kind: 'aborted by peer', source: 0 });
  expect(ends).toEqual([{ kind: 'timed out', message: 'the peer was silent for 0.1 s' }]);
});

test('closing lets a message end that is being handled, and aborts what is idle', async () => {
  let release: () => void = () => undefined;
  const standing = new Promise<void>((resolve) => { release = resolve; });
  let working = false;
  const { port, scp, kept, ends } = await startReceiver({ store: async () => { working = true; await standing; return undefined; } });
  const [busy, idle] = [await associate(port), await associate(port)];
  const stored = busy.store(instance(randomBytes(1000)));
  await until(() => working);
  const closed = scp.close(20_000);
  await until(() => idle.end !== undefined);
  expect((await failure(associate(port))).kind).toBe('unreachable');
  release();
  expect(await stored).toMatchObject({ status: 0 });
  await closed;
  expect(kept).toHaveLength(1);
  expect(ends.map(({ kind }) => kind)).toEqual(['aborted by us', 'aborted by us']);
});

test('a port that is taken is named', async () => {
  const { port } = await startReceiver();
  const error = await failure(startReceiver({ port }));
  expect(error.message).toBe(`cannot listen for DICOM on 127.0.0.1:${port} (the port is in use)`);
});
