import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock, lockState } from '../../../src/system/lock.ts';
import { processIdentity } from '../../../src/system/process-identity.ts';
import { program } from '../../helpers/program.ts';
import { tempDir } from '../../helpers/run.ts';

const holderSource = `
  import { acquireLock } from './system/lock.ts';
  try { acquireLock(process.argv[2], 'a holder'); console.log('held'); setInterval(() => {}, 1000); }
  catch (error) { console.log(error.message); }`;

/** Starts a process that takes the lock; returns what it said first. */
async function holder(path: string): Promise<{ said: string; kill: () => Promise<void>; pid: number }> {
  const child = spawn(process.execPath, [await program(holderSource), path], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { said: said.toString().trim(), pid: child.pid!, kill: async () => { child.kill('SIGKILL'); await once(child, 'exit'); } };
}

test('a lock is free, held by who took it, and free again', () => {
  const path = join(tempDir(), 'a folder/with spaces/lock');
  expect(lockState(path)).toEqual({ kind: 'free' });
  const lock = acquireLock(path, 'a platform');
  expect(lockState(path)).toEqual({
    kind: 'held', holder: { pid: process.pid, identity: processIdentity(process.pid), host: expect.any(String) },
  });
  expect(() => acquireLock(path, 'a platform')).toThrow(`a platform already runs in ${join(path, '..')} (process ${process.pid})`);
  lock.release();
  expect(lockState(path)).toEqual({ kind: 'free' });
  acquireLock(path, 'a platform').release();
});

test('it dies with its holder, kill -9 included, and looking at it never frees it', async () => {
  const path = join(tempDir(), 'lock');
  const first = await holder(path);
  expect(first.said).toBe('held');
  for (let i = 0; i < 20; i += 1) expect(lockState(path)).toMatchObject({ kind: 'held', holder: { pid: first.pid } });
  expect((await holder(path)).said).toContain(`(process ${first.pid})`);
  await first.kill();
  expect(lockState(path)).toEqual({ kind: 'free' });
  acquireLock(path, 'a platform').release();
});

test('of many that try at once exactly one gets it', async () => {
  const path = join(tempDir(), 'lock');
  const said = await Promise.all(Array.from({ length: 6 }, () => holder(path)));
  expect(said.filter((one) => one.said === 'held')).toHaveLength(1);
});

test('where the note is lost, damaged or that of a dead holder, the kernel names the holder', async () => {
  const path = join(tempDir(), 'lock');
  const lock = acquireLock(path, 'a platform');
  const note = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as object;
  for (const text of ['', '{"pid":1}', JSON.stringify({ ...note, identity: 'an earlier boot' })]) {
    writeFileSync(`${path}.json`, text);
    expect(lockState(path)).toMatchObject({ kind: 'held', holder: { pid: process.pid } });
  }
  lock.release();
  const other = await holder(path);
  rmSync(`${path}.json`);
  expect(lockState(path)).toMatchObject({ kind: 'held', holder: { pid: other.pid, identity: processIdentity(other.pid) } });
  expect(() => acquireLock(path, 'a platform')).toThrow(`(process ${other.pid})`);
});

test('a folder that cannot be written is named with the reason', () => {
  const folder = tempDir();
  writeFileSync(join(folder, 'file'), '');
  expect(() => acquireLock(join(folder, 'file/home/lock'), 'a platform')).toThrow(/cannot write in the folder .*file\/home \(.*not a directory/i);
});

test('a folder that may not be written is named, even for root', () => {
  expect(() => acquireLock('/sys/kernel/lock', 'a platform')).toThrow(/cannot write in the folder \/sys\/kernel \(.+\)/);
});

test('the identity of a process is its own, and none is left after it', async () => {
  const child = spawn('sleep', ['60']);
  const identity = processIdentity(child.pid!);
  expect(identity).toBeDefined();
  expect(identity).not.toBe(processIdentity(process.pid));
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(processIdentity(child.pid!)).toBeUndefined();
  expect(processIdentity(0)).toBeUndefined();
});
