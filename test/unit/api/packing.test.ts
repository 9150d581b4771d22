import { expect, test } from 'vitest';
import { pack, unpack } from '../../../src/api/packing.ts';

test.each([[[]], [['']], [['a']], [['a', '', 'b'.repeat(127), 'c'.repeat(128), 'd'.repeat(70_000)]]])('what was packed comes out again: %#', (texts: string[]) => {
  const packed = pack(texts.map((text) => Buffer.from(text)));
  expect([...unpack(packed)].map(String)).toEqual(texts);
});

test('it is what protobuf calls delimited', () => {
  expect(pack([Buffer.from('ab'), Buffer.alloc(300)]).subarray(0, 5).toString('hex')).toBe('026162ac02');
});

test.each(['05', '0561', '80', 'ffffffffffffffffffffff', '016105'])('what is cut short is no pack: %s', (hex) => {
  expect(() => [...unpack(Buffer.from(hex, 'hex'))]).toThrow('cut short');
});
