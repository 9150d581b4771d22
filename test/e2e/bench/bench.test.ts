import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root, run, tempDir } from '../../helpers/run.ts';

const bench = (...args: string[]) => run(process.execPath, ['.config/bench.mjs', ...args], { cwd: root, env: { TMPDIR: tempDir() } });

test('--list names every bench that the documentation names', async () => {
  const { exitCode, stdout } = await bench('--list');
  expect(exitCode).toBe(0);
  const names = stdout.trimEnd().split('\n').map((line) => line.split(' ')[0]);
  expect(names).toEqual(['start', 'plugin', 'ready', 'upload', 'download', 'small-files', 'step', 'container', 'list', 'language', 'receive', 'slow-peers', 'send', 'delivery', 'results']);
  const documented = readFileSync(join(root, 'docs/bench.md'), 'utf8');
  for (const name of names) expect(documented).toContain(`\`${name}\``);
});

test('an unknown bench is an error that names those that there are', async () => {
  const { exitCode, stderr } = await bench('no-such');
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/there is no bench no-such; there are start, .*results/);
});

test('-o json gives ratios and goals, and a bench leaves no file behind', async () => {
  const temporary = tempDir();
  const { exitCode, stdout } = await run(process.execPath, ['.config/bench.mjs', 'language', '--pairs', '2', '-o', 'json'], { cwd: root, env: { TMPDIR: temporary } });
  expect(exitCode).toBe(0);
  const [line] = JSON.parse(stdout) as [{ ratio: { median: number; count: number } }];
  expect(line).toMatchObject({ kind: 'ratio', bench: 'language', of: 'time', goal: { atMost: 5 }, ratio: { count: 2 } });
  expect(line.ratio.median).toBeGreaterThan(0);
  const { stdout: left } = await run('ls', ['-A', temporary]);
  expect(left).toBe('');
});
