import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { clara, root, run, tempDir } from '../../helpers/run.ts';
import { keys, onTerminal } from '../../helpers/terminal.ts';

function place() {
  const home = tempDir();
  return { home, pull: (...args: string[]) => clara(['pull', ...args], { env: { CLARA_HOME: home } }), values: join(home, 'charts/clara/values.yaml') };
}

const shippedValues = readFileSync(join(root, 'templates/charts/clara/values.yaml'), 'utf8');

/** A chart of another version, with other values. */
function chart(values: string, version = '1.2.3'): string {
  const folder = join(tempDir(), 'clara');
  cpSync(join(root, 'templates/charts/clara'), folder, { recursive: true });
  writeFileSync(join(folder, 'Chart.yaml'), `apiVersion: v2\nname: clara\nversion: ${version}\n`);
  writeFileSync(join(folder, 'values.yaml'), values);
  return folder;
}

describe('what ships', () => {
  test('a chart, with the documented output; the flag may stand before the word', async () => {
    const { home, pull, values } = place();
    const version = /^version: (.*)$/m.exec(readFileSync(join(root, 'templates/charts/clara/Chart.yaml'), 'utf8'))![1]!;
    expect(await pull('-y', 'platform')).toMatchObject({
      exitCode: 0, stderr: '',
      stdout: `✔ Yes\nClara Platform ${version}\nChart saved at: ${home}/charts/clara\nHint: use "clara platform start" or "clara platform restart" to deploy pulled Clara Platform.\n`,
    });
    expect(readFileSync(values, 'utf8')).toBe(shippedValues);
    expect((await pull('dicom', '-y')).stdout).toContain('Clara Dicom Adapter');
    expect(existsSync(join(home, 'charts/dicom-adapter/files/dicom-server-config.yaml'))).toBe(true);
  });

  test('the platform reads what was pulled and edited', async () => {
    const { home, pull, values } = place();
    await pull('-y', 'platform');
    writeFileSync(values, shippedValues.replace('pipelineTimeoutDefault: 600', 'pipelineTimeoutDefault: never'));
    const started = await clara(['platform', 'start', '--port', '0'], { env: { CLARA_HOME: home } });
    expect(started).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`pipelineTimeoutDefault in ${values}`) as string });
  });

  test.each(readdirSync(join(root, 'templates/pipelines')).filter((file) => file.endsWith('.yaml')).map((file) => file.slice(0, -'.yaml'.length)))('the pipeline %s, complete', async (name) => {
    const { home, pull } = place();
    const finished = await pull('pipeline', name, '-y');
    expect(finished).toMatchObject({ exitCode: 0, stderr: '' });
    expect(finished.stdout).toMatch(new RegExp(`^✔ Yes\nVersion \\S+ of '${name}'\nPipeline saved at: ${home}/pipelines/${name}\n$`));
    expect(await clara(['validate', join(home, 'pipelines', name, `${name}.yaml`)])).toMatchObject({ exitCode: 0 });
    expect((await clara(['pull', '--help'])).stdout).toContain(name);
  });

  test('a pipeline by the name that it had in NVIDIA’s collection', async () => {
    const { home, pull } = place();
    expect(await pull('-y', 'pipeline', 'clara_series_selection_pipeline')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining(`Pipeline saved at: ${home}/pipelines/series-selection\n`) as string });
  });

  test('NVIDIA’s own servers do not', async () => {
    const { home, pull } = place();
    for (const word of ['render', 'console', 'monitor']) {
      expect(await pull('-y', word)).toMatchObject({ exitCode: 4, stdout: '', stderr: expect.stringContaining('--from') as string });
    }
    expect(await pull('-y', 'pipeline', 'clara_ai_covid19_pipeline')).toMatchObject({ exitCode: 4, stdout: '' });
    expect((await pull('-y', 'pipeline', 'ct-treshold')).stderr).toContain('did you mean `clara pull pipeline ct-threshold`?');
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('edited values', () => {
  test('stay, and what the new version changes elsewhere arrives', async () => {
    const { pull, values } = place();
    await pull('-y', 'platform');
    writeFileSync(values, shippedValues.replace('pipelineTimeoutDefault: 600', 'pipelineTimeoutDefault: 90 # mine'));
    const again = await pull('-y', 'platform', '-o', 'json');
    expect(JSON.parse(again.stdout)).toMatchObject({ name: 'platform', written: [], kept: ['values.yaml'], merged: [], conflicts: [] });
    const newer = chart(`${shippedValues.replace('pipelineTimeoutGrace: 15', 'pipelineTimeoutGrace: 20')}\nanother: 1\n`);
    expect(await pull('-y', 'platform', '--from', newer)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Clara Platform 1.2.3\n') as string, stderr: expect.stringContaining('your changes') as string });
    const merged = readFileSync(values, 'utf8');
    expect(merged).toContain('pipelineTimeoutDefault: 90 # mine\n');
    expect(merged).toContain('pipelineTimeoutGrace: 20\n');
    expect(merged).toContain('another: 1\n');
  });

  test('win where both changed a line; the new one is named', async () => {
    const { home, pull, values } = place();
    await pull('-y', 'platform');
    writeFileSync(values, shippedValues.replace('pipelineTimeoutDefault: 600', 'pipelineTimeoutDefault: 90'));
    const newer = chart(shippedValues.replace('pipelineTimeoutDefault: 600', 'pipelineTimeoutDefault: 700'));
    const { stderr } = await pull('-y', 'platform', '--from', newer);
    const beside = join(home, '.pulled/charts/clara/values.yaml');
    expect(stderr).toContain(`yours stand, and the new ones are in ${beside}`);
    expect(readFileSync(values, 'utf8')).toContain('pipelineTimeoutDefault: 90\n');
    expect(readFileSync(beside, 'utf8')).toContain('pipelineTimeoutDefault: 700\n');
    // Told once.
    expect((await pull('-y', 'platform', '--from', newer)).stderr).not.toContain('yours stand');
  });

  test('of before the first pull stay, too', async () => {
    const { pull, values } = place();
    mkdirSync(join(values, '..'), { recursive: true });
    writeFileSync(values, 'pipelineTimeoutDefault: 90\n');
    expect((await pull('-y', 'platform')).stderr).toContain('yours stand');
    expect(readFileSync(values, 'utf8')).toBe('pipelineTimeoutDefault: 90\n');
  });

  test('go where they stop to ship and nobody changed them', async () => {
    const { home, pull } = place();
    const older = chart(shippedValues);
    writeFileSync(join(older, 'old.txt'), 'old\n');
    writeFileSync(join(older, 'mine.txt'), 'old\n');
    await pull('-y', 'platform', '--from', older);
    appendFileSync(join(home, 'charts/clara/mine.txt'), 'mine\n');
    await pull('-y', 'platform');
    expect(readdirSync(join(home, 'charts/clara')).sort()).toEqual(['Chart.yaml', 'README.md', 'mine.txt', 'values.yaml']);
  });
});

describe('the question', () => {
  test('is asked on a terminal', async () => {
    const { home } = place();
    const terminal = onTerminal(process.execPath, [join(root, 'bin/clara'), 'pull', 'platform'], { CLARA_HOME: home });
    await terminal.shows('Pull Clara Platform to');
    terminal.type(keys.enter);
    expect(await terminal.exitCode).toBe(0);
    expect(terminal.screen()).toContain('✔ Yes');
    expect(existsSync(join(home, 'charts/clara/values.yaml'))).toBe(true);
  });

  test('is an error without one', async () => {
    const { home, pull } = place();
    expect(await pull('platform')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('pass -y') as string });
    expect(readdirSync(home)).toEqual([]);
  });
});

describe('an organisation’s own', () => {
  test('from a folder: a pipeline, a chart without a counterpart here', async () => {
    const { home, pull } = place();
    const own = tempDir();
    writeFileSync(join(own, 'own.yaml'), readFileSync(join(root, 'templates/pipelines/ct-threshold.yaml')));
    expect(await pull('-y', 'pipeline', 'own', '--from', own)).toMatchObject({ exitCode: 0 });
    expect(await clara(['validate', join(home, 'pipelines/own/own.yaml')])).toMatchObject({ exitCode: 0 });
    expect(await pull('-y', 'console', '--from', chart(''))).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Clara Management Console 1.2.3\n') as string });
  });

  test.skipIf(missing('helm') || missing('docker-registry'))('from an OCI registry, through helm', async () => {
    const { pull, values } = place();
    const registry = await startRegistry();
    const packed = tempDir();
    expect(await run('helm', ['package', chart('a: 1\n'), '-d', packed])).toMatchObject({ exitCode: 0 });
    expect(await run('helm', ['package', chart('a: 2\n', '2.0.0'), '-d', packed])).toMatchObject({ exitCode: 0 });
    for (const version of ['1.2.3', '2.0.0']) expect(await run('helm', ['push', join(packed, `clara-${version}.tgz`), `oci://${registry}/charts`])).toMatchObject({ exitCode: 0 });
    const from = ['--from', `oci://${registry}/charts/clara`, '--plain-http'];
    expect((await pull('-y', 'platform', ...from, '--chart-version', '1.2.3')).stdout).toContain('Clara Platform 1.2.3\n');
    expect(readFileSync(values, 'utf8')).toBe('a: 1\n');
    expect((await pull('-y', 'platform', ...from)).stdout).toContain('Clara Platform 2.0.0\n');
    expect(readFileSync(values, 'utf8')).toBe('a: 2\n');
    expect(await pull('-y', 'platform', '--from', `oci://${registry}/charts/nope`, '--plain-http')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('helm cannot pull') as string });
    expect((await pull('-y', 'platform', '--from', `oci://${registry}/charts/clara`)).stderr).toContain('--plain-http');
  });

  test.skipIf(missing('helm'))('a registry that cannot be reached', async () => {
    expect(await place().pull('-y', 'platform', '--from', 'oci://127.0.0.1:1/charts/clara')).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('connection refused') as string });
  });

  test('without helm', async () => {
    const home = tempDir();
    const finished = await clara(['pull', '-y', 'platform', '--from', 'oci://127.0.0.1:1/charts/clara'], { env: { CLARA_HOME: home, PATH: tempDir() } });
    expect(finished).toMatchObject({ exitCode: 5, stderr: expect.stringMatching(/helm is needed.*\n.*helm\.sh/) as string });
  });
});

test.each([
  ['a word', ['consol'], 2, 'did you mean `clara pull console`?'],
  ['a missing name', ['pipeline'], 2, 'missing NAME'],
  ['a name that leads elsewhere', ['pipeline', '../../x'], 2, 'cannot be the name of a pipeline'],
  ['a name where none belongs', ['platform', 'x'], 2, 'unexpected argument `x`'],
  ['a version of what ships', ['platform', '--chart-version', '1'], 2, '--chart-version and --plain-http need --from'],
  ['a folder that is not there', ['platform', '--from', '/no/such'], 4, 'there is no folder "/no/such"'],
  ['a folder that is no chart', ['platform', '--from', join(root, 'docs')], 2, 'it has no Chart.yaml'],
  ['a folder without a definition', ['pipeline', 'x', '--from', join(root, 'bin')], 2, 'holds no definition'],
  ['another way to get it', ['platform', '--from', 'ftp://example.org/x'], 2, 'neither a folder nor oci://'],
  ['a password in the address', ['platform', '--from', 'https://me:secret@example.org/x.tgz'], 2, 'a password does not belong into an address'],
])('%s: one clear error', async (_what, args, exitCode, message) => {
  const { home, pull } = place();
  const finished = await pull('-y', ...args);
  expect(finished).toMatchObject({ exitCode, stderr: expect.stringContaining(message) as string });
  expect(finished.stderr).not.toContain('secret');
  expect(readdirSync(home)).toEqual([]);
});

test('links in a folder are refused, and a place that cannot be written is named', async () => {
  const { pull, home } = place();
  const linked = chart('a: 1\n');
  symlinkSync('/etc/passwd', join(linked, 'link'));
  expect(await pull('-y', 'platform', '--from', linked)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('neither a file nor a folder') as string });
  writeFileSync(join(home, 'charts'), '');
  expect(await pull('-y', 'platform')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('cannot be written') as string });
});

/** A real registry on a port of its own; `host:port`. */
async function startRegistry(): Promise<string> {
  const folder = tempDir();
  const config = join(folder, 'config.yml');
  writeFileSync(config, `version: 0.1\nstorage: {filesystem: {rootdirectory: ${folder}}}\nhttp: {addr: 127.0.0.1:0}\n`);
  const server = spawn('docker-registry', ['serve', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(async () => {
    server.kill();
    if (server.exitCode === null && server.signalCode === null) await once(server, 'exit');
  });
  for await (const line of createInterface(server.stderr)) {
    const address = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
    if (address === undefined) continue;
    server.stderr.resume();
    return `localhost:${address}`;
  }
  throw new Error('the registry did not start');
}
