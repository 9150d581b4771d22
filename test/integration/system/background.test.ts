import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { startInBackground, stopHolder, type BackgroundProgram } from '../../../src/system/run/background.ts';
import { rotateLog } from '../../../src/system/log-files/bounded-log.ts';
import { lockState } from '../../../src/system/lock.ts';
import { processIdentity } from '../../../src/system/process-identity.ts';
import { program } from '../../helpers/program.ts';
import { tempDir } from '../../helpers/run.ts';

/** A server in small: takes the lock, says it is ready, ends on SIGTERM unless it is told to be stubborn. */
const serverSource = `
  import { writeSync } from 'node:fs';
  import { acquireLock } from './system/lock.ts';
  const [path, mode] = process.argv.slice(2);
  if (mode === 'fail') { console.error('address in use'); process.exit(7); }
  acquireLock(path, 'a server');
  if (mode === 'stubborn') process.on('SIGTERM', () => {});
  if (mode !== 'silent') writeSync(Number(process.env.CLARA_READY_FD), JSON.stringify({ session: process.env.MARK }) + '\\n');
  setInterval(() => {}, 1000);`;

async function server(mode: string, extra: Partial<BackgroundProgram> = {}) {
  const folder = join(tempDir(), 'a home');
  const lock = join(folder, 'lock');
  onTestFinished(async () => void (await stopHolder(lock, { signal: 'SIGKILL', patienceMs: 5000 })));
  const start = async () => startInBackground({
    program: await program(serverSource), args: [lock, mode], cwd: '/', env: { ...process.env, MARK: 'x' },
    logFile: join(folder, 'server.log'), deadlineMs: 20_000, ...extra,
  });
  return { lock, log: join(folder, 'server.log'), start };
}

test('a program is ready when it says so, and lives in a session of its own', async () => {
  const { lock, start } = await server('good');
  const result = await start();
  expect(result).toEqual({ kind: 'ready', pid: expect.any(Number), message: '{"session":"x"}' });
  const { pid } = result as { pid: number };
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  expect(Number(fields[3])).toBe(pid);
  expect(lockState(lock)).toMatchObject({ kind: 'held', holder: { pid } });
  expect(await stopHolder(lock, { signal: 'SIGTERM', patienceMs: 5000 })).toBe('stopped');
  expect(await stopHolder(lock, { signal: 'SIGTERM', patienceMs: 5000 })).toBe('not-running');
});

test('one that ends early is reported with what it printed this time', async () => {
  const { log, start } = await server('fail');
  await start();
  expect(await start()).toEqual({ kind: 'exited', exitCode: 7, signal: null, output: 'address in use\n' });
  expect(readFileSync(log, 'utf8')).toBe('address in use\n'.repeat(2));
});

test('one that says nothing is ended at the deadline', async () => {
  const { lock, start } = await server('silent', { deadlineMs: 1500 });
  expect(await start()).toEqual({ kind: 'silent', output: '' });
  expect(lockState(lock)).toEqual({ kind: 'free' });
});

test('an interrupted start leaves nothing running', async () => {
  const interrupt = new AbortController();
  const { lock, start } = await server('silent', { signal: interrupt.signal });
  const starting = start();
  await vi.waitFor(() => expect(lockState(lock).kind).toBe('held'), { timeout: 10_000 });
  interrupt.abort();
  await expect(starting).rejects.toThrow('interrupted');
  expect(lockState(lock)).toEqual({ kind: 'free' });
});

test('a log that cannot be written is named', async () => {
  const file = join(tempDir(), 'file');
  writeFileSync(file, '');
  const { start } = await server('good', { logFile: join(file, 'home/server.log') });
  await expect(start()).rejects.toThrow(/cannot write the log file .*server.log \(/);
});

test('one that ignores the request is killed after the patience', async () => {
  const { lock, start } = await server('stubborn');
  await start();
  expect(await stopHolder(lock, { signal: 'SIGTERM', patienceMs: 200 })).toBe('killed');
  expect(lockState(lock)).toEqual({ kind: 'free' });
});

test('a recycled number never makes us kill a stranger', async () => {
  const { lock, start } = await server('good');
  const { pid } = (await start()) as { pid: number };
  const stranger = spawn('sleep', ['60']);
  onTestFinished(() => void stranger.kill('SIGKILL'));
  // What a note looks like after a reboot or a crash: its number now belongs to somebody else.
  const note = JSON.parse(readFileSync(`${lock}.json`, 'utf8')) as { identity: string };
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(processIdentity(pid)).toBeUndefined());
  writeFileSync(`${lock}.json`, JSON.stringify({ ...note, pid: stranger.pid }));
  expect(await stopHolder(lock, { signal: 'SIGTERM', patienceMs: 1000 })).toBe('not-running');
  // Even while somebody holds the lock, a note that does not fit does not count.
  const second = (await start()) as { pid: number };
  writeFileSync(`${lock}.json`, JSON.stringify({ ...note, pid: stranger.pid }));
  expect(await stopHolder(lock, { signal: 'SIGTERM', patienceMs: 5000 })).toBe('stopped');
  expect(processIdentity(stranger.pid!)).toBeDefined();
  expect(processIdentity(second.pid)).toBeUndefined();
});

test('a large log is set aside at the start, three generations back', () => {
  const log = join(tempDir(), 'server.log');
  for (const text of ['1', '2', '3', '4', '5']) {
    writeFileSync(log, text.repeat(10));
    rotateLog(log, 10);
    expect(existsSync(log)).toBe(false);
  }
  expect([1, 2, 3].map((age) => readFileSync(`${log}.${age}`, 'utf8')[0])).toEqual(['5', '4', '3']);
  expect(existsSync(`${log}.4`)).toBe(false);
  writeFileSync(log, 'small');
  rotateLog(log, 10);
  expect(readFileSync(log, 'utf8')).toBe('small');
});

/** Logs lines in a rhythm of its own, about 1 KiB each. */
const loggingSource = `
  import { writeSync } from 'node:fs';
  import { BoundedLog } from './system/log-files/bounded-log.ts';
  const [file, lines] = process.argv.slice(2);
  const log = new BoundedLog({ write: (line) => writeSync(2, line) }, file);
  for (let n = 0; n < Number(lines); n += 1) log.write(JSON.stringify({ n, msg: 'x'.repeat(1000) }) + '\\n');
  throw new Error('a crash');`;

test('a log that grows while its program runs is set aside, without losing a line; a crash is in the last one', async () => {
  const log = join(tempDir(), 'server.log');
  // 10 MiB are some 10,000 lines.
  const lines = 25_000;
  const descriptor = openSync(log, 'a');
  const { status } = spawnSync(process.execPath, [await program(loggingSource), log, String(lines)], { stdio: ['ignore', 'ignore', descriptor] });
  closeSync(descriptor);
  expect(status).toBe(1);
  const files = [`${log}.2`, `${log}.1`, log];
  const text = files.map((file) => readFileSync(file, 'utf8'));
  for (const part of text) expect(part.length).toBeLessThan(11 * 1024 * 1024);
  expect(existsSync(`${log}.3`)).toBe(false);
  const numbers = text.join('').split('\n').filter((line) => line.startsWith('{')).map((line) => (JSON.parse(line) as { n: number }).n);
  expect(numbers).toEqual(Array.from({ length: lines }, (_, n) => n));
  expect(text[2]).toContain('Error: a crash');
});

test('a standard error that is not the log is let grow', async () => {
  const folder = tempDir();
  const [log, other] = [join(folder, 'server.log'), join(folder, 'other.log')];
  writeFileSync(log, 'mine\n');
  const descriptor = openSync(other, 'a');
  spawnSync(process.execPath, [await program(loggingSource), log, '12000'], { stdio: ['ignore', 'ignore', descriptor] });
  closeSync(descriptor);
  expect(statSync(other).size).toBeGreaterThan(11 * 1024 * 1024);
  expect(readdirSync(folder).sort()).toEqual(['other.log', 'server.log']);
  expect(readFileSync(log, 'utf8')).toBe('mine\n');
});
