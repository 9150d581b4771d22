import { expect, test } from 'vitest';
import { clara, tempDir } from '../../helpers/run.ts';

test('version prints the documented line', async () => {
  const { exitCode, stdout, stderr } = await clara(['version']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/^Clara CLI version: \d+\.\d+\.\d+-\d+\.[0-9a-z]+\n$/);
});

test('a second run takes the compiled code of the first and says the same', async () => {
  const env = { XDG_CACHE_HOME: tempDir() };
  expect(await clara(['version', '--host', '127.0.0.1:1'], { env })).toMatchObject({
    exitCode: 3, stdout: expect.stringMatching(/^Clara CLI version: .*\n$/) as string, stderr: expect.stringContaining('no platform answered') as string,
  });
  const first = await clara(['version'], { env });
  expect(await clara(['version'], { env })).toEqual(first);
});

test('a cache that cannot be written is done without', async () => {
  expect(await clara(['version'], { env: { XDG_CACHE_HOME: '/dev/null/cache' } })).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a mistyped command names the near one and exits 2', async () => {
  const { exitCode, stdout, stderr } = await clara(['vesion']);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  expect(stderr).toBe('error: unknown command `vesion` (no built-in and no plugin `clara-vesion`)\nhint: did you mean `clara version`?\n');
});
