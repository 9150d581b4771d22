import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../../helpers/run.ts';
import { runInto, runProgram } from '../../../src/system/run-program.ts';

test('an exit code is a result', async () => {
  expect(await runProgram('/bin/sh', ['-c', 'echo out; echo err >&2; exit 3'], { timeoutMs: 10_000 })).toEqual({ exitCode: 3, stdout: 'out\n', stderr: 'err\n' });
});

test('one that takes too long has no exit code', async () => {
  expect(await runProgram('sleep', ['60'], { timeoutMs: 50 })).toMatchObject({ exitCode: null });
});

test('a program that is not there is a missing program', async () => {
  await expect(runProgram('clara-no-such-program', [], { timeoutMs: 10_000 })).rejects.toMatchObject({ kind: 'missing-program' });
  await expect(runProgram('/', [], { timeoutMs: 10_000 })).rejects.toMatchObject({ kind: 'failed' });
});

test('one that prints more than it may is ended, and what it printed is cut', async () => {
  const { exitCode, stdout } = await runProgram('yes', [], { timeoutMs: 20_000, maxBytes: 1000 });
  expect({ exitCode, length: stdout.length }).toEqual({ exitCode: null, length: 1000 });
});

test('its environment is ours, or just the one that is given; nothing waits at its input', async () => {
  const ours = await runProgram('/bin/sh', ['-c', 'cat; echo ${HOME:+home}'], { timeoutMs: 10_000 });
  expect(ours.stdout).toBe('home\n');
  expect((await runProgram('/usr/bin/env', [], { timeoutMs: 10_000, environment: { A: 'b' } })).stdout).toBe('A=b\n');
});

test('a signal ends it, and a second program is not begun by it', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  const began = Date.now();
  await expect(runProgram('sleep', ['60'], { timeoutMs: 50_000, signal: stop.signal })).rejects.toMatchObject({ kind: 'interrupted' });
  expect(Date.now() - began).toBeLessThan(30_000);
  await expect(runProgram('sleep', ['60'], { timeoutMs: 50_000, signal: stop.signal })).rejects.toMatchObject({ kind: 'interrupted' });
});

test('output of any length goes to a file; the signal kills', async () => {
  const path = join(tempDir(), 'log');
  const file = openSync(path, 'w');
  const never = new AbortController().signal;
  expect(await runInto(file, '/bin/sh', ['-c', 'head -c 20000000 /dev/zero; echo "$A" >&2; exit 4'], { A: 'end', PATH: '/bin:/usr/bin' }, never)).toBe(4);
  expect(readFileSync(path).length).toBe(20_000_004);
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 100);
  expect(await runInto(file, '/bin/sleep', ['60'], {}, stop.signal)).toBeNull();
  await expect(runInto(file, '/no/such/program', [], {}, never)).rejects.toMatchObject({ message: expect.stringContaining('could not be run') as unknown });
  closeSync(file);
});
