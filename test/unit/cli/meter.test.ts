import { expect, test } from 'vitest';
import { barText, plainText } from '../../../src/terminal/output/meter.ts';
import { shellLine } from '../../../src/core/text/shell-word.ts';

test.each([
  [{ files: 0, bytes: 0, totalFiles: 1, totalBytes: 0 }, 0, '░░░░░░░░░░░░░░░░░░░░░░░░   0 %  0 B of 0 B'],
  [{ files: 1, bytes: 0, totalFiles: 2, totalBytes: 0 }, 0, '████████████░░░░░░░░░░░░  50 %  0 B of 0 B · 1 of 2 files'],
  [{ files: 1, bytes: 1024, totalFiles: 3, totalBytes: 4096 }, 2000, '██████░░░░░░░░░░░░░░░░░░  25 %  1.00 KiB of 4.00 KiB · 1 of 3 files · 512 B/s · 6.0s left'],
  [{ files: 1, bytes: 9, totalFiles: 1, totalBytes: 8 }, 5000, '████████████████████████ 100 %  9 B of 8 B · 2 B/s · 0.0s left'],
])('%j after %i ms', (amounts, ms, text) => {
  expect(barText(amounts, ms)).toBe(text);
});

test('without a terminal', () => {
  expect(plainText({ files: 1, bytes: 1024, totalFiles: 3, totalBytes: 4096 })).toBe('25 %, 1.00 KiB of 4.00 KiB, 1 of 3 files');
});

test('commands to copy are quoted for a shell', () => {
  expect(shellLine(['clara', 'upload', 'ab:/x', 'a b', "it's", '', '$HOME', '-x', 'new\nline'])).toBe("clara upload ab:/x 'a b' 'it'\\''s' '' '$HOME' -x 'new\nline'");
});
