import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { folderOf } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { root, run } from '../../helpers/run.ts';
import { transferPlace } from '../../helpers/transfer-place.ts';

/** Runs the program on a terminal of this size. */
function onTerminal(rows: number, columns: number, target: string, args: readonly string[]) {
  return run('/usr/bin/python3', [join(root, 'test/fixtures/on_terminal.py'), String(rows), String(columns), process.execPath, join(root, 'bin/clara'), ...args], {
    env: { CLARA_HOST: target, CI: undefined, NO_COLOR: undefined, TERM: 'xterm' },
  });
}

test.skipIf(missing('pydicom'))('on a terminal there is a bar, and nothing of it stays', async () => {
  const { server, payload } = await transferPlace();
  const source = folderOf({ a: randomBytes(40_000_000), b: 'x' });
  const done = await onTerminal(24, 100, server.target, ['upload', payload, source]);
  expect(done.exitCode).toBe(0);
  expect(done.stdout).toContain('█');
  expect(done.stdout).toContain(' of 2 files');
  expect(done.stdout).toMatch(/uploaded 2 files, 38\.1 MiB in .*\r\n$/);
});

test.skipIf(missing('pydicom'))('a terminal without a width gets a spinner alone, and does not hang', async () => {
  const { server, payload } = await transferPlace();
  const done = await onTerminal(0, 0, server.target, ['upload', payload, folderOf({ a: 'x' })]);
  expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/uploaded 1 file, 1 B in .*\r\n$/) as string });
});
