import { expect, test } from 'vitest';
import { splitText } from '../../../src/platform/services/pipelines/text-chunks.ts';

test.each([['abc', 100], ['', 100], ['äöü', 3], ['a患b患c', 5], ['🩻🩻🩻', 7], ['x'.repeat(5_000_000), 10]])('pieces of %.10s… are whole and join to the text', (text, first) => {
  const pieces = splitText(text, first);
  expect(pieces.join('')).toBe(text);
  expect(pieces.length).toBeGreaterThan(0);
  expect(Buffer.byteLength(pieces[0]!)).toBeLessThanOrEqual(Math.max(first, 4));
  for (const piece of pieces) {
    expect(piece).not.toContain('\uFFFD');
    expect(Buffer.byteLength(piece)).toBeLessThan(4 * 1024 * 1024);
  }
});
