import { expect, test } from 'vitest';
import { dataBytes, dataOffset, decodeHeader, encodeHeader, headerBytes, parseTypeText, shapeProblem, typeText } from '../../../src/pipeline/memory/header.ts';
import { primitives, type MemoryType } from '../../../src/pipeline/model.ts';

const volume: MemoryType = { kind: 'array', element: 'float32', shape: [3, 512, 512] };

test('the header is as documented, byte by byte', () => {
  const bytes = encodeHeader({ kind: 'array', element: 'float32', shape: [2, -1] });
  expect(Buffer.from(bytes).toString('hex')).toBe([
    '434c4152414d454d', '0100', '0a00', '0100', '0200', '00100000', '000000000000000000000000', '0200000000000000', 'ffffffffffffffff', '00'.repeat(14 * 8),
  ].join(''));
  expect(bytes.length).toBe(headerBytes);
});

test('what is encoded is decoded, for every type and rank', () => {
  for (const element of primitives) {
    for (const kind of ['array', 'string', 'primitive'] as const) {
      for (const shape of [[1], [-1, 0, 7], Array.from({ length: 16 }, (_, index) => 10 ** index)]) {
        expect(decodeHeader(encodeHeader({ kind, element, shape }))).toEqual({ kind, element, shape, dataOffset });
      }
    }
  }
});

function broken(change: (view: DataView, bytes: Uint8Array) => void): string | object {
  const bytes = encodeHeader(volume);
  change(new DataView(bytes.buffer), bytes);
  return decodeHeader(bytes);
}

test.each<[string, (view: DataView, bytes: Uint8Array) => void, string]>([
  ['another file', (_, bytes) => bytes.set([0x89]), 'does not begin with CLARAMEM'],
  ['a later version', (view) => view.setUint16(8, 2, true), 'has version 2 of the header, not 1'],
  ['no element type', (view) => view.setUint16(10, 0, true), 'has the unknown element type 0'],
  ['an unknown element type', (view) => view.setUint16(10, 12, true), 'has the unknown element type 12'],
  ['an unknown kind', (view) => view.setUint16(12, 4, true), 'has the unknown kind 4'],
  ['no dimension', (view) => view.setUint16(14, 0, true), 'has 0 dimensions; 1 to 16 are possible'],
  ['too many dimensions', (view) => view.setUint16(14, 17, true), 'has 17 dimensions; 1 to 16 are possible'],
  ['data in the header', (view) => view.setUint32(16, 8, true), 'says that its data begin at 8, inside the header'],
])('%s is told', (_, change, said) => {
  expect(broken(change)).toBe(said);
});

test('a header that is cut is told', () => {
  expect(decodeHeader(encodeHeader(volume).subarray(0, 100))).toBe('is 100 bytes long, shorter than its header of 160');
});

test.each<[MemoryType['element'], number[], number | undefined]>([
  ['float32', [3, 4], 48], ['uint8', [0], 0], ['float16', [5], 10], ['int64', [-1], undefined], ['float64', [1e9, 1e9], undefined],
])('an array of %s %j has %s bytes', (element, shape, bytes) => {
  expect(dataBytes({ element, shape })).toBe(bytes);
});

test.each<[number[], number[], string | undefined]>([
  [[-1, 4], [9, 4], undefined], [[-1, 4], [0, 4], undefined],
  [[-1, 4], [9, 5], 'has 5 for dimension 2, not 4'], [[-1, 4], [-1, 4], 'has no size for dimension 1: the operator has to set it'], [[-1], [1, 1], 'has 2 dimensions, not 1'],
])('declared %j, found %j: %s', (declared, found, said) => {
  expect(shapeProblem({ element: 'int8', shape: declared }, { element: 'int8', shape: found })).toBe(said);
});

test('another element type is told', () => {
  expect(shapeProblem({ element: 'int8', shape: [1] }, { element: 'uint8', shape: [1] })).toBe('holds uint8, not int8');
});

test('types in a word', () => {
  expect(typeText(volume)).toBe('float32[3,512,512]');
  expect(parseTypeText('float32[3,-1]')).toEqual({ element: 'float32', shape: [3, -1] });
  for (const text of ['', 'float32', 'float33[1]', 'float32[]', 'float32[1', 'stream[1]', 'int8[1,]']) expect([text, parseTypeText(text)]).toEqual([text, undefined]);
});
