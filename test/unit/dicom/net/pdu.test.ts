import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodePdu, encodePdu } from '../../../../src/dicom/net/pdu/codec.ts';
import { ProtocolError } from '../../../../src/dicom/net/pdu/protocol-error.ts';
import { rejections, rejectionText } from '../../../../src/dicom/net/pdu/rejection.ts';
import { type AssociateAccept, type AssociateRequest, contextResults, type ContextResult, type Pdu, pduTypes, type UserInformation } from '../../../../src/dicom/net/pdu/types.ts';

/** Bytes from hexadecimal digits and, in quotes, text; written by hand from the tables of PS3.8 9.3. */
function bytes(text: string): Buffer {
  return Buffer.concat([...text.matchAll(/'([^']*)'|([0-9a-f]{2})/g)].map(([, quoted, hex]) => (quoted === undefined ? Buffer.from(hex!, 'hex') : Buffer.from(quoted, 'latin1'))));
}

const request: AssociateRequest = {
  type: 'A-ASSOCIATE-RQ', protocolVersion: 1, calledAe: 'CLARA', callingAe: 'DCM4CHEE', applicationContext: '1.2.840.10008.3.1.1.1',
  contexts: [{ id: 1, abstractSyntax: '1.2.840.10008.1.1', transferSyntaxes: ['1.2.840.10008.1.2', '1.2.840.10008.1.2.1'] }],
  user: {
    maximumLength: 16384, implementationClassUid: '1.2.276', implementationVersionName: 'OFFIS_DCMTK_367',
    asynchronousOperations: { invoked: 1, performed: 5 }, roles: [{ sopClass: '1.2.3', scu: true, scp: false }],
    others: [{ type: 0x58, value: Buffer.from('020000026d650000', 'hex') }],
  },
};

const requestBytes = bytes(`
  01 00 000000f1
  0001 0000 'CLARA           ' 'DCM4CHEE        ' ${'00'.repeat(32)}
  10 00 0015 '1.2.840.10008.3.1.1.1'
  20 00 0045 01 00 00 00
    30 00 0011 '1.2.840.10008.1.1'
    40 00 0011 '1.2.840.10008.1.2'
    40 00 0013 '1.2.840.10008.1.2.1'
  50 00 0047
    51 00 0004 00004000
    52 00 0007 '1.2.276'
    53 00 0004 0001 0005
    54 00 0009 0005 '1.2.3' 01 00
    55 00 000f 'OFFIS_DCMTK_367'
    58 00 0008 02 00 0002 'me' 0000`);

const accept: AssociateAccept = {
  type: 'A-ASSOCIATE-AC', protocolVersion: 1, calledAe: 'CLARA', callingAe: 'DCM4CHEE', applicationContext: '1.2.840.10008.3.1.1.1',
  contexts: [
    { id: 1, result: 'accepted', transferSyntax: '1.2.840.10008.1.2' },
    { id: 3, result: 'abstract syntax not supported', transferSyntax: '' },
  ],
  user: { maximumLength: 0 },
};

const acceptBytes = bytes(`
  02 00 00000092
  0001 0000 'CLARA           ' 'DCM4CHEE        ' ${'00'.repeat(32)}
  10 00 0015 '1.2.840.10008.3.1.1.1'
  21 00 0019 01 00 00 00 40 00 0011 '1.2.840.10008.1.2'
  21 00 0008 03 00 03 00 40 00 0000
  50 00 0008 51 00 0004 00000000`);

const golden: readonly (readonly [string, Pdu, Buffer])[] = [
  ['A-ASSOCIATE-RQ (9.3.2)', request, requestBytes],
  ['A-ASSOCIATE-AC (9.3.3)', accept, acceptBytes],
  ['A-ASSOCIATE-RJ (9.3.4)', { type: 'A-ASSOCIATE-RJ', ...rejections['called AE title not recognized'] }, bytes('03 00 00000004 00 01 01 07')],
  ['A-RELEASE-RQ (9.3.6)', { type: 'A-RELEASE-RQ' }, bytes('05 00 00000004 00000000')],
  ['A-RELEASE-RP (9.3.7)', { type: 'A-RELEASE-RP' }, bytes('06 00 00000004 00000000')],
  ['A-ABORT (9.3.8)', { type: 'A-ABORT', source: 2, reason: 6 }, bytes('07 00 00000004 00 00 02 06')],
];

function decode(whole: Buffer): Pdu {
  const name = Object.entries(pduTypes).find(([, type]) => type === whole[0])![0];
  return decodePdu(name as Pdu['type'], whole.subarray(6));
}

test.each(golden)('%s has the bytes of the standard', (_name, pdu, expected) => {
  expect(encodePdu(pdu).toString('hex')).toBe(expected.toString('hex'));
  expect(decode(expected)).toEqual(pdu);
});

test.each(golden)('%s cut anywhere is a ProtocolError or, between items, a shorter PDU', (_name, pdu, whole) => {
  let errors = 0;
  for (let end = 6; end < whole.length; end += 1) {
    try {
      expect(decode(whole.subarray(0, end)).type).toBe(pdu.type);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ProtocolError);
      errors += 1;
    }
  }
  // Only the ends of the items of an A-ASSOCIATE are places where less can be right.
  expect(errors).toBeGreaterThanOrEqual(whole.length - 6 - 5);
});

const uid = fc.array(fc.nat(99999), { minLength: 1, maxLength: 8 }).map((parts) => parts.join('.'));
const text = fc.string({ minLength: 1, maxLength: 16, unit: fc.constantFrom(...'ABCxyz019_-.') });
const user: fc.Arbitrary<UserInformation> = fc.record({
  maximumLength: fc.nat(0xffffffff),
  implementationClassUid: uid,
  implementationVersionName: text,
  asynchronousOperations: fc.record({ invoked: fc.nat(0xffff), performed: fc.nat(0xffff) }),
  roles: fc.array(fc.record({ sopClass: uid, scu: fc.boolean(), scp: fc.boolean() }), { minLength: 1, maxLength: 3 }),
  others: fc.array(fc.record({ type: fc.integer({ min: 0x56, max: 0x5f }), value: fc.uint8Array({ maxLength: 40 }).map((value) => Buffer.from(value)) }), { minLength: 1, maxLength: 3 }),
}, { requiredKeys: ['maximumLength'] });
const ids = fc.uniqueArray(fc.nat(127).map((n) => n * 2 + 1), { maxLength: 128 });
const common = { protocolVersion: fc.nat(0xffff), calledAe: text, callingAe: text, applicationContext: uid, user };
const requests: fc.Arbitrary<Pdu> = ids.chain((list) => fc.record({
  type: fc.constant('A-ASSOCIATE-RQ' as const), ...common,
  contexts: fc.tuple(...list.map((id) => fc.record({ id: fc.constant(id), abstractSyntax: uid, transferSyntaxes: fc.array(uid, { minLength: 1, maxLength: 4 }) }))),
}));
const accepts: fc.Arbitrary<Pdu> = ids.chain((list) => fc.record({
  type: fc.constant('A-ASSOCIATE-AC' as const), ...common,
  contexts: fc.tuple(...list.map((id) => fc.oneof(
    fc.record({ id: fc.constant(id), result: fc.constant<ContextResult>('accepted'), transferSyntax: uid }),
    fc.record({ id: fc.constant(id), result: fc.constantFrom(...Object.keys(contextResults).slice(1) as ContextResult[]), transferSyntax: fc.constant('') }),
  ))),
}));

test('every association PDU comes back as it was', () => {
  fc.assert(fc.property(fc.oneof(requests, accepts), (pdu) => { expect(decode(encodePdu(pdu))).toEqual(pdu); }), { numRuns: 150 });
});

test('random bytes, and right ones with some of them changed, decode or are a ProtocolError', () => {
  const changes = fc.array(fc.tuple(fc.nat(requestBytes.length - 7), fc.nat(255)), { minLength: 1, maxLength: 8 });
  const changed = changes.map((list) => {
    const body = Buffer.from(requestBytes.subarray(6));
    for (const [at, value] of list) body[at] = value;
    return body;
  });
  const random = fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value));
  const types = fc.constantFrom<Pdu['type']>('A-ASSOCIATE-RQ', 'A-ASSOCIATE-AC', 'A-ASSOCIATE-RJ', 'A-RELEASE-RQ', 'A-RELEASE-RP', 'A-ABORT');
  fc.assert(fc.property(types, fc.oneof(changed, random), (type, body) => {
    try {
      expect(decodePdu(type, body).type).toBe(type);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ProtocolError);
    }
  }), { numRuns: 1500 });
});

describe('what is wrong in an A-ASSOCIATE-RQ', () => {
  const context = { id: 1, abstractSyntax: '1.2', transferSyntaxes: ['1.3'] };
  test.each<readonly [string, Partial<AssociateRequest>, RegExp]>([
    ['an even context id', { contexts: [{ ...context, id: 2 }] }, /even id 2/],
    ['an id that is used twice', { contexts: [context, context] }, /same id/],
    ['no transfer syntax', { contexts: [{ ...context, transferSyntaxes: [] }] }, /no abstract or no transfer syntax/],
    ['an abstract syntax that is a path', { contexts: [{ ...context, abstractSyntax: '../../etc' }] }, /abstract syntax is no UID/],
    ['a transfer syntax of 65 characters', { contexts: [{ ...context, transferSyntaxes: ['1'.repeat(65)] }] }, /transfer syntax is no UID/],
    ['a newline in an AE title', { callingAe: 'A\nB' }, /calling AE title has control characters/],
  ])('%s', (_name, change, message) => {
    const encoded = encodePdu({ ...request, ...change });
    expect(() => decode(encoded)).toThrow(message);
    expect(() => decode(encoded)).toThrow(ProtocolError);
  });
});

test('AE titles and UIDs lose their padding, also that of careless senders', () => {
  const encoded = Buffer.from(requestBytes);
  encoded.write(' CLARA\0\0', 10, 'latin1');
  expect(decode(encoded)).toEqual(request);
});

test.each([
  [rejections['called AE title not recognized'], 'called AE title not recognized; permanently, by its application'],
  [rejections['local limit exceeded'], 'local limit exceeded; for now, by its presentation layer'],
  [{ result: 9, source: 8, reason: 7 }, 'reason 7; result 9, by its source 8'],
])('a rejection in words', (rejection, words) => {
  expect(rejectionText(rejection)).toBe(words);
});
