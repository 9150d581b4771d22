import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeCommand, encodeCommand } from '../../../../src/dicom/net/dimse/command-codec.ts';
import { type Command, statusCategory, statusText } from '../../../../src/dicom/net/dimse/commands.ts';
import { frameCommand, payloadOf } from '../../../../src/dicom/net/dimse/framing.ts';
import { ProtocolError } from '../../../../src/dicom/net/pdu/protocol-error.ts';
import { PdvWriter } from '../../../../src/dicom/net/scu/pdv-writer.ts';

function hex(text: string): Buffer {
  return Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
}

/** PS3.7 9.3.5.1 and 6.3.1, written by hand. */
const echoRequest = hex(`
  00000000 04000000 38000000
  00000200 12000000 312e322e3834302e31303030382e312e3100
  00000001 02000000 3000
  00001001 02000000 0700
  00000008 02000000 0101`);

test('a C-ECHO request has the bytes of the standard', () => {
  const echo: Command = { field: 0x0030, messageId: 7, sopClass: '1.2.840.10008.1.1', hasDataSet: false };
  expect(encodeCommand(echo).toString('hex')).toBe(echoRequest.toString('hex'));
  expect(decodeCommand(echoRequest)).toEqual(echo);
});

test('elements that we do not know are passed over', () => {
  expect(decodeCommand(Buffer.concat([echoRequest, hex('0000 0910 04000000 deadbeef')]))).toMatchObject({ field: 0x30, messageId: 7 });
});

const number = fc.nat(0xffff);
const text = fc.string({ maxLength: 60, unit: fc.constantFrom(...'abc 123') }).map((value) => value.trim());
const commands: fc.Arbitrary<Command> = fc.record({
  field: number, hasDataSet: fc.boolean(), messageId: number, respondedTo: number, priority: number, status: number,
  sopClass: text, sopInstance: text, errorComment: text, moveOriginator: fc.record({ ae: text, messageId: number }),
}, { requiredKeys: ['field', 'hasDataSet'] });

test('every command set comes back as it was', () => {
  fc.assert(fc.property(commands, (command) => { expect(decodeCommand(encodeCommand(command))).toEqual(command); }));
});

test('a command set that is cut, or random, decodes or is a ProtocolError', () => {
  for (let end = 0; end < echoRequest.length; end += 1) {
    try {
      decodeCommand(echoRequest.subarray(0, end));
      expect([48, 58]).toContain(end);
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ProtocolError);
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    try {
      decodeCommand(Buffer.from(bytes));
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(ProtocolError);
    }
  }), { numRuns: 500 });
});

test.each<readonly [number, string, ReturnType<typeof statusCategory>]>([
  [0, 'success (0x0000)', 'success'],
  [0x0110, 'processing failure (0x0110)', 'failure'],
  [0xa700, 'out of resources (0xa700)', 'failure'],
  [0xa912, 'data set does not match SOP class (0xa912)', 'failure'],
  [0xb007, 'data set does not match SOP class (0xb007)', 'warning'],
  [0xb123, 'warning (0xb123)', 'warning'],
  [0xc000, 'cannot understand (0xc000)', 'failure'],
  [0x0666, 'failure (0x0666)', 'failure'],
])('status %i in words', (status, words, category) => {
  expect([statusText(status), statusCategory(status)]).toEqual([words, category]);
});

test('a command goes out in one PDU, or in several to a peer with small ones', () => {
  expect(frameCommand(5, Buffer.from('c0ffee', 'hex'), 100).toString('hex')).toBe('0400000000090000000505' + '03' + 'c0ffee');
  expect(frameCommand(5, Buffer.from('c0ffee', 'hex'), 2).toString('hex')).toBe('040000000008000000040501c0ff' + '040000000007000000030503ee');
});

test.each([[0, 1000, 994], [500, 1000, 494], [16_384, 1000, 994]])('a maximum length of %i and our own of %i leave %i bytes', (maximum, own, payload) => {
  expect(payloadOf(maximum, own)).toBe(payload);
});

test('a peer that takes no data at all is a ProtocolError', () => {
  expect(() => payloadOf(6, 1000)).toThrow(ProtocolError);
});

test('a small instance leaves in one write: command and data set', async () => {
  const blocks: Buffer[] = [];
  const writer = new PdvWriter(Buffer.from('cc', 'hex'), 3, 4, (block) => { blocks.push(block); return undefined; });
  await writer.data(Buffer.from('010203', 'hex'));
  await writer.data(Buffer.from('0405', 'hex'));
  await writer.end();
  expect(blocks.map((block) => block.toString('hex'))).toEqual(['cc' + '04000000000a00000006' + '0300' + '01020304' + '040000000007000000030302' + '05']);
});
