import { chmodSync, cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { clara, root, tempDir } from '../../helpers/run.ts';
import { startServer } from '../../helpers/platform.ts';
import { contentOf } from '../../helpers/files.ts';
import { ctAttributes, writeDicom } from './dicom.ts';
import { filesEnding, operator, readVolume } from './helpers.ts';

const axial = { ImageType: ['ORIGINAL', 'PRIMARY', 'AXIAL'] };

/** A thick series of eight slices, a thin one of three, and a localizer. */
function study(folder: string): void {
  for (let index = 0; index < 8; index++) writeDicom(join(folder, 'thick', `${index}.dcm`), ctAttributes(index, { ...axial, SeriesInstanceUID: '2.25.20', SeriesDescription: 'Head 5.0', SliceThickness: '5' }));
  for (let index = 0; index < 3; index++) writeDicom(join(folder, 'thin', `${index}.DCM`), ctAttributes(index, { ...axial, SOPInstanceUID: `2.25.7.${index}`, SeriesInstanceUID: '2.25.21', SeriesDescription: 'Head 1.0', SliceThickness: '1' }));
  writeDicom(join(folder, 'scout'), ctAttributes(0, { SOPInstanceUID: '2.25.8', SeriesInstanceUID: '2.25.22', ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] }));
}

const rulesOf = (...selections: readonly object[]) => JSON.stringify({ selections });
const thin = rulesOf({ name: 'thin', conditions: { SliceThickness: '<= 2' } });
const select = (input: string, output: string, rules: string, ...args: readonly string[]) => operator('series-selector', ['--input', input, '--output', output, '--rules-base64', rules, ...args]);
const map = (folder: string) => JSON.parse(readFileSync(join(folder, 'selected-images.json'), 'utf8')) as unknown;

/** What dicom-parser makes of the study. */
async function parsed(...args: readonly string[]): Promise<{ readonly folder: string; readonly input: string; readonly output: string }> {
  const folder = tempDir();
  study(join(folder, 'study'));
  const input = join(folder, 'parsed');
  expect(await operator('dicom-parser', ['--input', join(folder, 'study'), '--output', input, ...args])).toMatchObject({ exitCode: 0 });
  return { folder, input, output: join(folder, 'selected') };
}

test('the volumes of what is selected are there, under their names, ready for the next operator', async () => {
  const { folder, input, output } = await parsed();
  const result = await select(input, output, thin, '--logs', join(folder, 'logs'));
  expect(result).toMatchObject({ exitCode: 0, stderr: '', stdout: 'series 2.25.21: selected by "thin"\n1 of 3 series selected by the rules of --rules-base64\n1 volume copied\n' });
  expect(map(output)).toEqual({ '2.25.21': ['2.25.21.mhd'] });
  expect(filesEnding(output, '')).toEqual(['2.25.21.json', '2.25.21.mhd', '2.25.21.raw', 'selected-images.json']);
  expect(contentOf(output)).toMatchObject(Object.fromEntries(Object.entries(contentOf(input)).filter(([name]) => name.startsWith('2.25.21.'))));
  expect(readFileSync(join(folder, 'logs/series-selector.log'), 'utf8')).toBe(result.stdout);
  expect(await operator('threshold-segmentation', ['--input', output, '--output', join(folder, 'masks'), '--lower', '1'])).toMatchObject({ exitCode: 0 });
  expect(readVolume(join(folder, 'masks'), '2.25.21').header.size).toEqual([4, 4, 3]);
});

test.each(['nii', 'nii.gz'])('so are those of %s', async (format) => {
  const { input, output } = await parsed('--image-format', format);
  expect(await select(input, output, rulesOf({ conditions: { Modality: 'CT' }, instances: '>= 5' }))).toMatchObject({ exitCode: 0 });
  expect(map(output)).toEqual({ '2.25.20': [`2.25.20.${format}`] });
  expect(filesEnding(output, '')).toEqual(['2.25.20.json', `2.25.20.${format}`, 'selected-images.json']);
});

test('only the map, where that is wished', async () => {
  const { input, output } = await parsed();
  expect(await select(input, output, rulesOf({ conditions: {} }), '--map-only')).toMatchObject({ exitCode: 0 });
  expect(map(output)).toEqual({ '2.25.20': ['2.25.20.mhd'], '2.25.21': ['2.25.21.mhd'] });
  expect(readdirSync(output)).toEqual(['selected-images.json']);
});

test.each([
  ['that nothing meets', rulesOf({ name: 'PET', conditions: { Modality: 'PT' } }), 'warning: no series meets "PET"\nwarning: nothing is selected: selected-images.json is empty\n'],
  ['that only a series without a volume meets', rulesOf({ name: 'scout', conditions: { ImageType: 'LOCALIZER' } }), 'warning: series 2.25.22: meets "scout", but has no images\nwarning: nothing is selected: selected-images.json is empty\n'],
  ['that are empty', '', 'warning: nothing is selected: selected-images.json is empty\n'],
])('rules %s are not a failure', async (_, rules, stderr) => {
  const { input, output } = await parsed();
  expect(await select(input, output, rules)).toMatchObject({ exitCode: 0, stderr });
  expect(map(output)).toEqual({});
});

test('rules that are not there, or have mistakes', async () => {
  const { folder, input, output } = await parsed();
  expect(await operator('series-selector', ['--input', input, '--output', output], { cwd: folder })).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: there are no selection rules\nhint: /) as string });
  expect(await operator('series-selector', ['--input', input, '--output', output, '--rules', 'nowhere.json'], { cwd: folder })).toMatchObject({ exitCode: 4, stderr: 'error: cannot read the selection rules nowhere.json (it does not exist)\n' });
  expect(await select(input, output, rulesOf({ conditions: { Modality: '/(/' } }))).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('missing closing )') as string });
  expect(existsSync(output)).toBe(false);
});

const damages: readonly (readonly [what: string, damage: (input: string) => void, exitCode: number, message: RegExp])[] = [
  ['no metadata', (input) => rmSync(join(input, 'dicom-metadata.json')), 4, /^error: no file .*dicom-metadata\.json\nhint: the input is the output of dicom-parser\n$/],
  ['no map', (input) => rmSync(join(input, 'series-images.json')), 4, /^error: no file .*series-images\.json\nhint: /],
  ['metadata that were cut', (input) => writeFileSync(join(input, 'dicom-metadata.json'), readFileSync(join(input, 'dicom-metadata.json')).subarray(0, 700)), 1, /^error: .*dicom-metadata\.json is damaged: /],
  ['another JSON in its place', (input) => writeFileSync(join(input, 'dicom-metadata.json'), '{"a": [1]}'), 1, /^error: .*dicom-metadata\.json is not as dicom-parser writes it: no studies\n/],
  ['a map that is none', (input) => writeFileSync(join(input, 'series-images.json'), '[1]'), 1, /^error: .*series-images\.json: not a map of series to files\n/],
  ['a map that was cut', (input) => writeFileSync(join(input, 'series-images.json'), '{"2.25'), 1, /^error: .*series-images\.json cannot be read \(.*JSON.*\)\n/],
  ['a map that leads elsewhere', (input) => writeFileSync(join(input, 'series-images.json'), '{"2.25.21": ["a/../../x"]}'), 1, /^error: .*"a\/\.\.\/\.\.\/x" is no file below the folder\n/],
  ['no header of a volume', (input) => rmSync(join(input, '2.25.21.mhd')), 4, /^error: .*2\.25\.21\.mhd cannot be read \(it does not exist\)\nhint: /],
  ['no voxels of a volume', (input) => rmSync(join(input, '2.25.21.raw')), 4, /^error: .*2\.25\.21\.raw cannot be read \(it does not exist\)\nhint: /],
];

test('an input that is not as it should be, an output that cannot be written', async () => {
  const { folder, input, output } = await parsed();
  for (const [what, damage, exitCode, message] of damages) {
    const copy = join(folder, what);
    cpSync(input, copy, { recursive: true });
    damage(copy);
    expect(await select(copy, output, thin), what).toMatchObject({ exitCode, stderr: expect.stringMatching(message) as string });
    expect(existsSync(join(output, 'selected-images.json')), what).toBe(false);
    rmSync(output, { recursive: true, force: true });
  }
  expect(await select(join(folder, 'nowhere'), output, thin)).toMatchObject({ exitCode: 4 });
  expect(await select(input, join(input, 'series-images.json', 'out'), thin)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error: cannot write to [^\n]* \(a part of the path is a file, not a folder\)\n$/) as string });
});

test('a report that is not there is no matter', async () => {
  const { input, output } = await parsed();
  rmSync(join(input, '2.25.21.json'));
  expect(await select(input, output, thin)).toMatchObject({ exitCode: 0, stderr: '' });
  expect(filesEnding(output, '')).toEqual(['2.25.21.mhd', '2.25.21.raw', 'selected-images.json']);
});

test('what is copied can be written, whatever the input is', async () => {
  const { input, output } = await parsed();
  for (const name of filesEnding(input, '')) chmodSync(join(input, name), 0o444);
  expect(await select(input, output, thin)).toMatchObject({ exitCode: 0 });
  writeFileSync(join(output, '2.25.21.raw'), 'other');
  expect(readFileSync(join(input, '2.25.21.raw'))).toHaveLength(4 * 4 * 3 * 2);
});

test('in a pipeline: the bundled one, and one that goes on with what is selected and keeps the log', async () => {
  const server = await startServer();
  const folder = tempDir();
  study(join(folder, 'study'));
  const options = { env: { CLARA_HOME: tempDir(), CLARA_HOST: server.target }, cwd: folder };
  const bundled = join(root, 'templates/pipelines/series-selection.yaml');
  expect(await clara(['run', '-p', bundled, '-f', 'study', '-o', 'default'], options)).toMatchObject({ exitCode: 0 });
  expect(map(join(folder, 'default/series-selector'))).toEqual({ '2.25.20': ['2.25.20.mhd'], '2.25.21': ['2.25.21.mhd'] });
  expect(filesEnding(join(folder, 'default/dicom-parser'), '.json')).toContain('dicom-metadata.json');

  expect(await clara(['run', '-p', bundled, '-f', 'study', '-o', 'set', '--set', `rules=${Buffer.from(thin).toString('base64')}`, '--set', 'image-format=nii.gz'], options)).toMatchObject({ exitCode: 0 });
  expect(map(join(folder, 'set/series-selector'))).toEqual({ '2.25.21': ['2.25.21.nii.gz'] });

  const definition = readFileSync(bundled, 'utf8').replace(/( {4}path: \/input\n {2}output:\n {2}- )path: \/output\n$/, '$1name: selection\n    path: /output\n  - name: logs\n    path: /logs\n');
  writeFileSync(join(folder, 'longer.yaml'), `${definition}- name: threshold-segmentation
  container: {image: clara/threshold-segmentation, tag: latest}
  variables: {THRESHOLD_LOWER: "1"}
  input:
  - {from: series-selector, name: selection, path: /input}
  output:
  - path: /output
`);
  expect(await clara(['run', '-p', 'longer.yaml', '-f', 'study', '-o', 'longer', '--set', `rules=${thin}`], options)).toMatchObject({ exitCode: 0 });
  expect(filesEnding(join(folder, 'longer/threshold-segmentation'), '.mhd')).toEqual(['2.25.21.mhd']);
  expect(readFileSync(join(folder, 'longer/series-selector/logs/series-selector.log'), 'utf8')).toContain('1 of 3 series selected by the rules of NVIDIA_CLARA_SELECTION_RULES_BASE64\n');

  // An empty parameter means no selection, and is passed on as such.
  expect(await clara(['run', '-p', bundled, '-f', 'study', '-o', 'empty', '--set', 'rules='], options)).toMatchObject({ exitCode: 0 });
  expect(map(join(folder, 'empty/series-selector'))).toEqual({});
});
