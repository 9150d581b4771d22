import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { root } from './run.ts';

/**
 * Compares text with the file of that name in test/fixtures/golden. `UPDATE_GOLDEN=1 npx vitest run …` writes the files
 * anew; the change then shows in review.
 */
export function expectGolden(name: string, text: string): void {
  const file = join(root, 'test/fixtures/golden', name);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, 'utf8'));
}
