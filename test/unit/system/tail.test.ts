import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { linesFrom, startOfLastLines } from '../../../src/system/log-files/tail.ts';
import { tempDir } from '../../helpers/run.ts';

const still = { follow: false, signal: new AbortController().signal };

async function last(path: string, count: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of linesFrom(path, (await startOfLastLines(path, count)).start, still)) lines.push(line);
  return lines;
}

test.each([
  ['an empty file', '', 3, []],
  ['fewer lines than asked for', 'a\nb\n', 3, ['a', 'b']],
  ['exactly as many', 'a\nb\n', 2, ['a', 'b']],
  ['more', 'a\nb\nc\n', 2, ['b', 'c']],
  ['no line end at the end', 'a\nb\nc', 2, ['b', 'c']],
  ['empty lines', 'a\n\n\nc\n', 2, ['', 'c']],
  ['none', 'a\nb\n', 0, []],
  ['a line longer than a block', `a\n${'ü'.repeat(70_000)}\nz\n`, 2, ['ü'.repeat(70_000), 'z']],
] as const)('the last lines: %s', async (_name, text, count, expected) => {
  const path = join(tempDir(), 'log');
  writeFileSync(path, text);
  expect(await last(path, count)).toEqual(expected);
});

test('a followed file gives what is appended, and goes on with the file that takes its place', async () => {
  const path = join(tempDir(), 'log');
  writeFileSync(path, 'old\none');
  const stop = new AbortController();
  const lines = linesFrom(path, 4, { follow: true, signal: stop.signal });
  const next = async () => (await lines.next()).value as string;
  const first = next();
  appendFileSync(path, ' two\nthree\n');
  expect(await first).toBe('one two');
  expect(await next()).toBe('three');
  const replaced = next();
  renameSync(path, `${path}.1`);
  writeFileSync(path, 'a file that is longer than the one before\n');
  expect(await replaced).toBe('a file that is longer than the one before');
  const ended = lines.next();
  stop.abort();
  expect(await ended).toEqual({ done: true, value: undefined });
});
