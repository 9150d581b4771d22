import { expect, test } from 'vitest';
import { byteSize, counted, someOf } from '../../../src/core/phrases.ts';

test.each([
  [0, '0 B'], [999, '999 B'], [1000, '0.98 KiB'], [1024, '1.00 KiB'], [1536, '1.50 KiB'], [10_239, '10.0 KiB'], [102_400, '100 KiB'],
  [1024 ** 2 - 1, '1.00 MiB'], [1024 ** 3, '1.00 GiB'], [5 * 1024 ** 5, '5120 TiB'],
])('%i bytes are %s', (bytes, text) => {
  expect(byteSize(bytes)).toBe(text);
});

test('long lists are cut and counted', () => {
  expect(someOf(['a', 'b'], 2)).toBe('a, b');
  expect(someOf(['a', 'b\n', 'c', 'd'], 2)).toBe('a, b\\n and 2 more');
  expect([counted(0, 'file'), counted(1, 'file'), counted(2, 'file')]).toEqual(['0 files', '1 file', '2 files']);
});
