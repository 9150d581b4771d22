import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ResultsClient } from '../../../src/api/results/client.ts';
import { splitAddress } from '../../../src/core/addresses.ts';
import { programOf, providedOperators } from '../../../src/operators/catalog.ts';
import { startServer } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { clara, root, run, tempDir } from '../../helpers/run.ts';
import { filesEnding, operator, sha256 } from './helpers.ts';

const skipped = missing('node-base');
const image = (name: string): string => `test-${process.pid}/clara/${name}:test`;

beforeAll(async () => {
  if (skipped) return;
  for (const { name } of providedOperators) {
    const build = ['build', '-q', '-f', join(root, 'templates/operators/Dockerfile'), '--build-arg', 'BASE=node-base:local', '--build-arg', `OPERATOR=${name}`, '-t', image(name), join(root, 'dist')];
    const built = await run('docker', build);
    if (built.exitCode !== 0) throw new Error(built.stderr);
  }
}, 600_000);

afterAll(async () => {
  if (!skipped) await run('docker', ['rmi', '-f', ...providedOperators.map(({ name }) => image(name))]);
});

/** Runs an operator's image as a user would: no network, inputs read-only. */
function contained(name: string, mounts: readonly string[], settings: readonly string[] = [], args: readonly string[] = []): ReturnType<typeof run> {
  const user = `${process.getuid!()}:${process.getgid!()}`;
  return run('docker', ['run', '--rm', '--network', 'none', '--user', user, ...mounts.flatMap((mount) => ['-v', mount]), ...settings.flatMap((setting) => ['-e', setting]), image(name), ...args]);
}

test.skipIf(skipped)('the image of an operator runs like the program, compressed pixels included', async () => {
  const folder = tempDir();
  const at = (name: string): string => join(folder, name);
  for (const name of ['in', 'volume', 'mask', 'picture']) mkdirSync(at(name));
  await operator('phantom', [at('phantom'), '--slices', '6', '--size', '64']);
  for (const name of filesEnding(at('phantom'), '.dcm')) await run('dcmcjpls', [join(at('phantom'), name), join(at('in'), name)]);

  expect(await contained('dicom-reader', [`${at('in')}:/input:ro`, `${at('volume')}:/output`])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await contained('threshold-segmentation', [`${at('volume')}:/input:ro`, `${at('mask')}:/output`], ['THRESHOLD_LOWER=500'])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await contained('volume-preview', [`${at('volume')}:/input:ro`, `${at('mask')}:/mask:ro`, `${at('picture')}:/output`], [], ['--tiles', '4'])).toMatchObject({ exitCode: 0, stderr: '' });

  await operator('dicom-reader', ['--input', at('phantom'), '--output', at('host-volume')]);
  await operator('threshold-segmentation', ['--input', at('host-volume'), '--output', at('host-mask'), '--lower', '500']);
  await operator('volume-preview', ['--input', at('host-volume'), '--mask', at('host-mask'), '--output', at('host-picture'), '--tiles', '4']);
  for (const [inside, outside] of [['volume', 'host-volume'], ['mask', 'host-mask'], ['picture', 'host-picture']] as const) {
    const names = filesEnding(at(inside), '');
    expect(names).toEqual(filesEnding(at(outside), ''));
    for (const name of names) expect(await sha256(join(at(inside), name)), name).toBe(await sha256(join(at(outside), name)));
  }
});

test.skipIf(skipped)('dicom-parser and series-selector: rules of an image, a folder for the log, and a disk that is full', async () => {
  const folder = tempDir();
  const at = (name: string): string => join(folder, name);
  for (const name of ['parsed', 'selected', 'logs', 'config']) mkdirSync(at(name));
  await operator('phantom', [at('in'), '--slices', '6', '--size', '64']);
  writeFileSync(at('config/selection-rules.json'), '{"selections": [{"name": "CT", "conditions": {"Modality": "CT"}}]}');
  expect(await contained('dicom-parser', [`${at('in')}:/input:ro`, `${at('parsed')}:/output`], ['NVIDIA_CLARA_IMAGE_FORMAT=nii'])).toMatchObject({ exitCode: 0, stderr: '' });
  const mounts = [`${at('parsed')}:/input:ro`, `${at('selected')}:/output`, `${at('logs')}:/logs`, `${at('config')}:/config:ro`];
  const result = await contained('series-selector', mounts);
  expect(result).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('1 of 1 series selected by the rules of config/selection-rules.json\n') as string });
  expect(filesEnding(at('selected'), '').map((name) => name.replace(/^[\d.]+\d/, 'UID'))).toEqual(['UID.json', 'UID.nii', 'selected-images.json']);
  expect(readFileSync(at('logs/series-selector.log'), 'utf8')).toBe(result.stdout);
  for (const [name, input] of [['dicom-parser', 'in'], ['series-selector', 'parsed']] as const) {
    const full = await run('docker', ['run', '--rm', '--network', 'none', '-v', `${at(input)}:/input:ro`, '-v', `${at('config')}:/config:ro`, '--tmpfs', '/output:size=16k', image(name)]);
    expect(full, name).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error: [^\n]*no space is left on the disk[^\n]*\n$/) as string });
  }
});

test.skipIf(skipped)('the entry point explains itself, and fails as the program does', async () => {
  const help = await contained('threshold-segmentation', [], [], ['--help']);
  expect(help).toMatchObject({ exitCode: 0, stderr: '' });
  expect(help.stdout).toContain('--lower NUMBER');
  expect(await contained('dicom-reader', [])).toMatchObject({ exitCode: 4, stderr: 'error: cannot read folder /input (it does not exist)\nhint: --input DIR names the folder; dicom-reader --help lists every flag\n' });
});

test.skipIf(skipped)('a full disk is one clear line, and nothing half-written stays', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'in'), '--slices', '4', '--size', '128']);
  const full = await run('docker', ['run', '--rm', '--network', 'none', '-v', `${join(folder, 'in')}:/input:ro`, '--tmpfs', '/output:size=64k', image('dicom-reader')]);
  expect(full).toMatchObject({ exitCode: 1, stderr: 'error: no space is left on the disk (write)\n' });
});

test('the names of the images are those that the platform resolves', () => {
  for (const { name } of providedOperators) expect(programOf(image(name))?.name).toBe(name);
});

test.skipIf(skipped)('a pipeline in containers without a network registers its results through the socket', async () => {
  const server = await startServer({ args: ['--backend', 'docker'] });
  const env = { CLARA_HOME: tempDir(), CLARA_HOST: server.target };
  const at = (name: string): string => join(folder, name);
  const folder = tempDir();
  await operator('phantom', [at('study'), '--slices', '3', '--size', '64']);
  const definition = readFileSync(join(root, 'templates/pipelines/ct-threshold-dicom.yaml'), 'utf8');
  writeFileSync(at('contained.yaml'), definition.replaceAll('image: clara/', `image: test-${process.pid}/clara/`).replaceAll('tag: latest', 'tag: test'));
  expect(await clara(['run', '-p', at('contained.yaml'), '-f', at('study'), '-o', at('out')], { env })).toMatchObject({ exitCode: 0 });
  const files = filesEnding(at('out/dicom-writer/dicom'), '.dcm');
  const client = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 10_000);
  expect(await client.take('ClaraSCU', 10)).toMatchObject([{ parameters: '"MYPACS"', uris: files.map((name) => `/operators/dicom-writer/dicom/${name}`) }]);
});
