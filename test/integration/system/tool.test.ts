import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runTool } from '../../../src/system/run/tool.ts';
import { until } from '../../helpers/files.ts';
import { tempDir } from '../../helpers/run.ts';

const environment = { PATH: process.env.PATH! };
const sh = (script: string) => ['-c', script];

test('its exit code, both outputs, its lines and what it reads', async () => {
  const lines: string[] = [];
  const result = await runTool('sh', sh('cat; echo two; echo odd >&2; printf "no end"; exit 3'), {
    environment, input: 'one\r\n', onLine: (line, from) => lines.push(`${from}: ${line}`),
  });
  expect(result).toEqual({ exitCode: 3, stdout: 'one\r\ntwo\nno end', stderr: 'odd\n' });
  expect(lines.toSorted()).toEqual(['stderr: odd', 'stdout: no end', 'stdout: one', 'stdout: two']);
});

test('its environment is what it is given, and no more', async () => {
  const { stdout } = await runTool('env', [], { environment: { ...environment, A: '1' } });
  expect(stdout.trim().split('\n').map((line) => line.split('=')[0]).toSorted()).toEqual(['A', 'PATH']);
});

test('a program that reads nothing of what it is given is fine', async () => {
  const { exitCode } = await runTool('true', [], { environment, input: 'x'.repeat(1024 * 1024) });
  expect(exitCode).toBe(0);
});

test('there is no such program', async () => {
  await expect(runTool('clara-no-such-program', [], { environment })).rejects.toMatchObject({ kind: 'missing-program' });
});

const alive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // One that nobody has collected yet is gone all the same.
    return !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
};

const read = (file: string) => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};

test.each([
  ['that ends when asked', ''],
  ['that does not listen', 'trap "" TERM;'],
])('the signal stops the whole group of a program %s', async (_, trap) => {
  const file = join(tempDir(), 'pids');
  const abort = new AbortController();
  const running = runTool('sh', sh(`${trap} sleep 600 & echo $$ $! > ${file}; wait; wait`), { environment, signal: abort.signal, patienceMs: 200 });
  const failure = expect(running).rejects.toMatchObject({ kind: 'interrupted' });
  await until(() => read(file).includes('\n'));
  abort.abort();
  await failure;
  const pids = read(file).trim().split(' ').map(Number);
  expect(pids).toHaveLength(2);
  await until(() => !pids.some(alive));
});

test('a deadline stops it as well', async () => {
  const { exitCode } = await runTool('sh', sh('exec sleep 600'), { environment, timeoutMs: 50 });
  expect(exitCode).toBeNull();
});

test('nothing is started once the signal has fired', async () => {
  const file = join(tempDir(), 'ran');
  await expect(runTool('touch', [file], { environment, signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: 'interrupted' });
  expect(() => readFileSync(file)).toThrow();
});
