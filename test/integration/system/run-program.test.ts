import { expect, test } from 'vitest';
import { runProgram } from '../../../src/system/run-program.ts';

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
