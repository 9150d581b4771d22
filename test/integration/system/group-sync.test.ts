import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { GroupSync } from '../../../src/system/disk/group-sync.ts';
import { SyncShell } from '../../../src/system/disk/sync-shell.ts';
import { tempDir } from '../../helpers/run.ts';

const PATH = process.env['PATH'];
afterEach(() => { process.env['PATH'] = PATH; });

/** A program `sync` of ours, the only one that is found; it notes its arguments. */
function fakeSync(body: string): string {
  const folder = tempDir();
  const log = join(folder, 'calls');
  writeFileSync(log, '');
  writeFileSync(join(folder, 'sync'), `#!/bin/sh\necho "$*" >>'${log}'\n${body}\n`);
  chmodSync(join(folder, 'sync'), 0o755);
  process.env['PATH'] = folder;
  return log;
}

const calls = (log: string) => readFileSync(log, 'utf8').split('\n').slice(0, -1);

it('syncs the file system of a folder, as often as it is asked to', async () => {
  const folder = tempDir();
  const shell = new SyncShell(folder);
  expect(await shell.sync()).toBe(true);
  const log = fakeSync('exit 0');
  const other = new SyncShell(folder);
  expect([await other.sync(), await other.sync()]).toEqual([true, true]);
  expect(calls(log)).toEqual([`-f ${folder}`, `-f ${folder}`]);
});

it.each([
  ['fails', 'exit 1'],
  ['ends its shell', 'kill -9 $PPID'],
])('says so where the program %s, and can be asked again', async (_, body) => {
  fakeSync(body);
  const shell = new SyncShell(tempDir());
  expect([await shell.sync(), await shell.sync()]).toEqual([false, false]);
});

it('says so where there is no such program', async () => {
  process.env['PATH'] = tempDir();
  expect(await new SyncShell(tempDir()).sync()).toBe(false);
});

it('lets those who ask while a sync is running share the next, and syncs each file where it cannot be done', async () => {
  const folder = tempDir();
  const files = Array.from({ length: 6 }, (_, index) => join(folder, String(index)));
  files.forEach((file) => writeFileSync(file, 'x'));
  const log = fakeSync('exit 0');
  const sync = new GroupSync(folder);
  const first = sync.sync(files);
  await new Promise((resolve) => setImmediate(resolve));
  await Promise.all([first, ...Array.from({ length: 10 }, () => sync.sync(files))]);
  expect(calls(log)).toHaveLength(2);
  await sync.sync(files.slice(0, 2));
  expect(calls(log), 'few are synced one by one').toHaveLength(2);

  const failing = fakeSync('exit 1');
  const other = new GroupSync(folder);
  await other.sync(files);
  await other.sync(files);
  expect(calls(failing), 'it is not tried for ever').toHaveLength(1);
  rmSync(files[0]!);
  await expect(other.sync(files), 'they are looked at one by one').rejects.toThrow('ENOENT');
});
