import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockState } from '../../../src/system/lock.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, root, run, tempDir, type Finished } from '../../helpers/run.ts';
import { keys, onTerminal } from '../../helpers/terminal.ts';

const demo = join(root, 'bin/demo.mjs');

/** A user's folder and home, both empty before the demo. */
function place() {
  const home = tempDir();
  const cwd = join(tempDir(), 'a folder');
  mkdirSync(cwd);
  // Nothing but Node.js: no bwrap, no docker, no openssl. A platform of the user's own must not be found either.
  const env = { HOME: home, PATH: home, CLARA_HOME: join(home, 'of-the-user'), CLARA_HOST: '127.0.0.1:1', CLARA_CONFIG: '/dev/null/config.yaml' };
  const folderOf = () => join(cwd, 'demo-out', readdirSync(join(cwd, 'demo-out'))[0]!);
  return { home, cwd, env, folderOf };
}

function commands({ stdout }: Finished): string[] {
  return stdout.split('\n').filter((line) => line.startsWith('$ ')).map((line) => line.split(' ').slice(1, 4).join(' '));
}

function checkSuccess(finished: Finished, folder: string): void {
  expect(finished, finished.stdout + finished.stderr).toMatchObject({ exitCode: 0 });
  for (const operator of ['dicom-reader', 'threshold-segmentation', 'volume-preview']) {
    expect(finished.stdout).toMatch(new RegExp(`^${operator} +COMPLETED .*\\d+s$`, 'm'));
  }
  const [, output] = /^Output: +(.+)$/m.exec(finished.stdout)!;
  const [, picture] = /^Picture: +(.+\.png) \(\d+ kB\)$/m.exec(finished.stdout)!;
  expect(picture!.startsWith(output!)).toBe(true);
  expect(readFileSync(join(folder, '../..', picture!)).subarray(1, 4).toString()).toBe('PNG');
  expect(lockState(join(folder, 'home/platform/lock'))).toEqual({ kind: 'free' });
}

test('without an argument: a phantom, through the pipeline, to a picture; each command is shown', async () => {
  const { home, cwd, env, folderOf } = place();
  const finished = await run(process.execPath, [demo], { cwd, env });
  checkSuccess(finished, folderOf());
  expect(commands(finished)).toEqual([
    expect.stringMatching(/^export CLARA_HOME=/), 'clara platform start', expect.stringMatching(/^export CLARA_HOST=127/), expect.stringMatching(/^node .*phantom\.js/),
    'clara create pipelines', 'clara create job', expect.stringMatching(/^clara upload/), 'clara start job', expect.stringMatching(/^clara watch/),
    expect.stringMatching(/^clara download/), 'clara platform stop',
  ]);
  expect(readdirSync(join(folderOf(), 'phantom')).length).toBeGreaterThanOrEqual(40);
  expect(readdirSync(home)).toEqual([]);
});

test.skipIf(missing('ct-head'))('with a real study', async () => {
  const { cwd, env, folderOf } = place();
  const finished = await run(process.execPath, [demo, ctHead], { cwd, env });
  checkSuccess(finished, folderOf());
  expect(finished.stdout).toContain('uploaded 28 files');
});

test('a folder that is not there is refused before anything starts', async () => {
  const { cwd, env } = place();
  expect(await run(process.execPath, [demo, 'nowhere'], { cwd, env })).toMatchObject({ exitCode: 4, stdout: '', stderr: `error: there is no folder ${cwd}/nowhere\n` });
  expect(existsSync(join(cwd, 'demo-out'))).toBe(false);
});

test('a folder without DICOM files fails, stops the platform and says what is left', async () => {
  const { cwd, env, folderOf } = place();
  mkdirSync(join(cwd, 'letters'));
  writeFileSync(join(cwd, 'letters/one.txt'), 'Dear colleague');
  const finished = await run(process.execPath, [demo, 'letters'], { cwd, env });
  expect(finished.exitCode).toBe(6);
  expect(finished.stdout).toContain('clara is stopped');
  expect(finished.stderr).toMatch(/The demo failed\. Left behind: demo-out\/\S+ \(home of the platform/);
  expect(lockState(join(folderOf(), 'home/platform/lock'))).toEqual({ kind: 'free' });
});

test('Ctrl-C stops the step and the platform, and says what is left', async () => {
  const { cwd, env, folderOf } = place();
  const terminal = onTerminal('/bin/sh', ['-c', `cd '${cwd}' && exec '${process.execPath}' '${demo}'`], { ...env, PATH: process.env.PATH });
  await terminal.shows('$ clara watch');
  terminal.type(keys.ctrlC);
  expect(await terminal.exitCode).toBe(130);
  expect(terminal.screen()).toMatch(/clara is stopped\s+The demo was interrupted\. Left behind: demo-out\//);
  expect(lockState(join(folderOf(), 'home/platform/lock'))).toEqual({ kind: 'free' });
});
