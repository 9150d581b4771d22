import { type ChildProcess, spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { program } from '../../helpers/program.ts';
import { run, tempDir } from '../../helpers/run.ts';
import { filesEnding, operator } from './helpers.ts';

/** Sends a signal every few milliseconds until a time, or until the process has ended. */
function pester(child: ChildProcess, signal: NodeJS.Signals, until: number): void {
  const again = setInterval(() => {
    if (child.exitCode === null && child.signalCode === null && performance.now() < until) child.kill(signal);
    else clearInterval(again);
  }, 2);
}

const unfinished = (folder: string): readonly string[] => (existsSync(folder) ? filesEnding(folder, '.part') : []);

test.each([
  ['SIGINT', 130, 'error: interrupted\n'],
  ['SIGTERM', 143, 'error: stopped by SIGTERM\n'],
] as const)('%s that comes again while an operator tidies does not keep it from that', async (signal, exitCode, stderr) => {
  const folder = tempDir();
  const out = join(folder, 'out');
  await operator('phantom', [join(folder, 'in'), '--slices', '60', '--size', '256']);
  const result = await operator('dicom-parser', ['--input', join(folder, 'in'), '--output', out, '--image-format', 'nii.gz'], {
    onSpawn: (child) => {
      const look = setInterval(() => {
        if (child.exitCode === null && unfinished(out).length === 0) return;
        clearInterval(look);
        // One that comes before the first is handled would count as that one, so there are many: for less than the second in which they are repeats.
        const end = performance.now() + 500;
        while (unfinished(out).length > 0 && performance.now() < end) child.kill(signal);
        pester(child, signal, end);
      }, 1);
    },
  });
  expect(result).toMatchObject({ exitCode, signal: null, stderr });
  expect(readdirSync(out)).toEqual([]);
});

/** It waits for a pipe that nobody writes to, which the system does not come back from. */
const stubborn = `
  import { open } from 'node:fs/promises';
  import { runOperator } from './operators/contract/program.ts';
  await runOperator(
    { name: 'stubborn', summary: '', inputs: [], output: 'none', options: { pipe: { kind: 'text', variable: 'PIPE', fallback: undefined, help: '' } }, examples: [] },
    async ({ options, log, signal }) => {
      signal.addEventListener('abort', () => log.info('tidying'));
      log.info('working');
      await open(options.pipe!, 'r');
    },
  );`;

test('an operator whose tidying hangs is ended by a signal that comes later', async () => {
  const pipe = join(tempDir(), 'pipe');
  spawnSync('mkfifo', [pipe]);
  let first = 0;
  let seen = '';
  const result = await run(process.execPath, [await program(stubborn), '--pipe', pipe], {
    onSpawn: (child) => child.stdout!.on('data', (chunk: Buffer) => {
      const before = seen;
      seen += chunk.toString();
      const begins = (line: string): boolean => seen.includes(line) && !before.includes(line);
      if (begins('working')) {
        first = performance.now();
        child.kill('SIGINT');
      }
      if (begins('tidying')) pester(child, 'SIGINT', Infinity);
    }),
  });
  const lasted = performance.now() - first;
  expect(result).toMatchObject({ exitCode: null, signal: 'SIGINT', stdout: 'working\ntidying\n', stderr: '' });
  expect(lasted).toBeGreaterThanOrEqual(1000);
});
