import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodePdu } from '../../../../src/dicom/net/pdu/codec.ts';
import { ProtocolError } from '../../../../src/dicom/net/pdu/protocol-error.ts';
import { defaultPduLimits, PduReader } from '../../../../src/dicom/net/pdu/reader.ts';

type Seen = string | { readonly id: number; readonly command: boolean; readonly ends: boolean; readonly data: string };

/** Reads pieces and tells what was found; consecutive pieces of one value are joined, so that the cut makes no difference. */
function read(pieces: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  let open: { id: number; command: boolean; ends: boolean; data: string } | undefined;
  const reader = new PduReader({
    begins: (type) => { if (type !== 'P-DATA-TF') seen.push(`begins ${type}`); },
    pdu: (pdu) => { seen.push(pdu.type); },
    data: (id, command, ends, bytes) => {
      if (open?.id !== id || open.command !== command || open.ends) seen.push(open = { id, command, ends, data: '' });
      open.data += bytes.toString('hex');
      open.ends = ends;
    },
  });
  for (const piece of pieces) reader.push(piece);
  return seen;
}

function pdv(id: number, control: number, data: Buffer): Buffer {
  const header = Buffer.alloc(6);
  header.writeUInt32BE(data.length + 2);
  header[4] = id;
  header[5] = control;
  return Buffer.concat([header, data]);
}

function pData(...values: readonly Buffer[]): Buffer {
  const body = Buffer.concat(values);
  const header = Buffer.of(4, 0, 0, 0, 0, 0);
  header.writeUInt32BE(body.length, 2);
  return Buffer.concat([header, body]);
}

const stream = Buffer.concat([
  pData(pdv(1, 0b11, Buffer.from('c0ffee', 'hex')), pdv(1, 0b00, Buffer.from('0102', 'hex'))),
  pData(pdv(1, 0b00, Buffer.alloc(0)), pdv(1, 0b10, Buffer.from('03', 'hex'))),
  pData(pdv(3, 0b10, Buffer.alloc(0))),
  encodePdu({ type: 'A-RELEASE-RQ' }),
  encodePdu({ type: 'A-ABORT', source: 0, reason: 0 }),
]);
const expected: Seen[] = [
  { id: 1, command: true, ends: true, data: 'c0ffee' },
  { id: 1, command: false, ends: true, data: '010203' },
  { id: 3, command: false, ends: true, data: '' },
  'begins A-RELEASE-RQ', 'A-RELEASE-RQ', 'begins A-ABORT', 'A-ABORT',
];

test('a stream is read the same however it is cut', () => {
  expect(read([stream])).toEqual(expected);
  expect(read([...stream].map((byte) => Buffer.of(byte)))).toEqual(expected);
  fc.assert(fc.property(fc.uniqueArray(fc.nat(stream.length), { maxLength: 12 }), (cuts) => {
    const ends = [...cuts.toSorted((a, b) => a - b), stream.length];
    expect(read(ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end)))).toEqual(expected);
  }));
});

test('data flow through as they arrive, without a copy', () => {
  const pieces: Buffer[] = [];
  const reader = new PduReader({ begins: () => undefined, pdu: () => undefined, data: (_id, _command, _ends, bytes) => { pieces.push(bytes); } });
  const whole = pData(pdv(1, 0b10, Buffer.alloc(100_000, 7)));
  const first = whole.subarray(0, 1000);
  reader.push(first);
  expect(pieces.map(({ length }) => length)).toEqual([988]);
  expect(pieces[0]!.buffer).toBe(first.buffer);
  expect(reader.isBetweenPdus).toBe(false);
  reader.push(whole.subarray(1000));
  expect(pieces.map(({ length }) => length)).toEqual([988, 99_012]);
  expect(reader.isBetweenPdus).toBe(true);
});

const header = (type: number, length: number) => Buffer.from([type, 0, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255]);

test.each<readonly [string, Buffer, string, RegExp]>([
  ['a PDU of 4 GiB', header(1, 0xffffffff), 'invalid PDU parameter value', /A-ASSOCIATE-RQ of 4294967295 bytes is above the limit of 262144/],
  ['data of 4 GiB', header(4, 0xffffffff), 'invalid PDU parameter value', /P-DATA-TF of 4294967295/],
  ['a release of 4 GiB', header(5, 0xffffffff), 'invalid PDU parameter value', /A-RELEASE-RQ of 4294967295/],
  ['a release of 5 bytes', Buffer.concat([header(5, 5), Buffer.alloc(5)]), 'invalid PDU parameter value', /has 5 bytes, not 4/],
  ['an abort without anything', header(7, 0), 'invalid PDU parameter value', /has 0 bytes, not 4/],
  ['another protocol', Buffer.from('GET / HTTP/1.1\r\n'), 'unrecognized PDU', /no PDU of type 71/],
  ['a value longer than its PDU', pData(Buffer.from('0000000301030000', 'hex').subarray(0, 6)), 'invalid PDU parameter value', /does not fit/],
  ['a value without room for its header', pData(Buffer.from('00000001', 'hex')), 'invalid PDU parameter value', /only 4 bytes are left/],
  ['a value of one byte', pData(Buffer.from('000000010103', 'hex')), 'invalid PDU parameter value', /length of 1 bytes/],
])('%s is refused', (_name, bytes, reason, message) => {
  let thrown: unknown;
  try {
    read([bytes]);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ProtocolError);
  expect(thrown).toMatchObject({ reason, message: expect.stringMatching(message) });
});

test('a long PDU of one-byte pieces costs no more than its length', () => {
  const pdus: string[] = [];
  const reader = new PduReader({ begins: () => undefined, pdu: ({ type }) => { pdus.push(type); }, data: () => undefined });
  const item = Buffer.concat([Buffer.of(0x99, 0, 0xff, 0xff), Buffer.alloc(65_535)]);
  const rq = Buffer.concat([encodePdu({ type: 'A-ASSOCIATE-RQ', protocolVersion: 1, calledAe: 'A', callingAe: 'B', applicationContext: '1', contexts: [], user: { maximumLength: 0 } }), item, item, item]);
  rq.writeUInt32BE(rq.length - 6, 2);
  for (const byte of rq) reader.push(Buffer.of(byte));
  expect(pdus).toEqual(['A-ASSOCIATE-RQ']);
});

test('random bytes are PDUs or a ProtocolError', () => {
  fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), fc.constantFrom(1, 2, 3, 4, 5, 6, 7), (pieces, type) => {
    try {
      read([header(type, 40), ...pieces.map((piece) => Buffer.from(piece))]);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ProtocolError);
    }
  }), { numRuns: 1000 });
  expect(defaultPduLimits.associate).toBeLessThan(defaultPduLimits.data);
});
