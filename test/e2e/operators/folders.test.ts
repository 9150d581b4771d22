import { cpSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../helpers/run.ts';
import { ctHeadFacts, filesEnding, operator, readVolume, sha256 } from './helpers.ts';
import { ctAttributes, writeDicom } from './dicom.ts';

const { uid } = ctHeadFacts;

test.skipIf(missing('ct-head'))('names, order and depth of the files do not matter; other files are named and skipped', async () => {
  const folder = tempDir();
  const input = join(folder, 'input');
  const endings = ['', '.DCM', '.dcm', '.ima', ' with spaces', '-ünï'];
  for (const [index, name] of readdirSync(ctHead).sort().entries()) {
    const below = join(input, ...'ABC'.slice(0, index % 4).split(''));
    mkdirSync(below, { recursive: true });
    cpSync(join(ctHead, name), join(below, `${(index * 11) % 28}${endings[index % endings.length]!}`));
  }
  writeFileSync(join(input, 'readme.txt'), 'not an image');
  writeFileSync(join(input, 'empty'), '');
  writeFileSync(join(input, 'A', 'line\nbreak.jpg'), Buffer.alloc(1000));
  const result = await operator('dicom-reader', ['--input', input, '--output', join(folder, 'out')]);
  expect(result.exitCode).toBe(0);
  expect(result.stderr.match(/^warning: skipped .*: not a DICOM file$/gm)).toEqual([
    'warning: skipped A/line\\u000abreak.jpg: not a DICOM file',
    'warning: skipped empty: not a DICOM file',
    'warning: skipped readme.txt: not a DICOM file',
  ]);
  expect(result.stdout).toContain('1 volume from 1 series in 31 files, 3 skipped');
  expect(await sha256(join(folder, 'out', `${uid}.raw`))).toBe(ctHeadFacts.sha256);
});

test.skipIf(missing('ct-head') || missing('dcmtk'))('a medium with a DICOMDIR', async () => {
  const [folder, out] = [tempDir(), tempDir()];
  mkdirSync(join(folder, 'DICOM'));
  for (const [index, name] of readdirSync(ctHead).sort().entries()) cpSync(join(ctHead, name), join(folder, 'DICOM', `IM${index}`));
  const made = await run('dcmmkdir', ['+I', '-Nxc', '+r', '+id', '.', '+D', 'DICOMDIR', 'DICOM'], { cwd: folder });
  expect(made).toMatchObject({ exitCode: 0 });
  const result = await operator('dicom-reader', ['--input', folder, '--output', out]);
  expect(result.stderr).toContain('warning: skipped DICOMDIR: a DICOMDIR, which holds no image');
  expect(await sha256(join(out, `${uid}.raw`))).toBe(ctHeadFacts.sha256);
});

test('several series become several volumes', async () => {
  const folder = tempDir();
  for (let index = 0; index < 6; index++) {
    writeDicom(join(folder, 'in', `${index}`), ctAttributes(index, { SeriesInstanceUID: index % 2 === 0 ? '2.25.20' : '2.25.21' }));
  }
  const result = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(filesEnding(join(folder, 'out'), '')).toEqual(['2.25.20.json', '2.25.20.mhd', '2.25.20.raw', '2.25.21.json', '2.25.21.mhd', '2.25.21.raw']);
  expect(readVolume(join(folder, 'out'), '2.25.21').header).toMatchObject({ size: [4, 4, 3], spacing: [0.5, 0.5, 4], origin: [0, 0, 2] });
});

test('folders come from the platform\'s variables, by name or by order', async () => {
  const folder = tempDir();
  const [volumes, masks, pictures] = ['volumes', 'masks', 'pictures'].map((name) => join(folder, name)) as [string, string, string];
  for (let index = 0; index < 3; index++) writeDicom(join(folder, 'study', `${index}`), ctAttributes(index));
  const paths = (inputs: string, outputs: string): Record<string, string> => ({ NVIDIA_CLARA_INPUTPATHS: inputs, NVIDIA_CLARA_OUTPUTPATHS: outputs });
  expect(await operator('dicom-reader', [], { env: paths(`:${folder}/study`, `:${volumes}`) })).toMatchObject({ exitCode: 0 });
  const variables = { ...paths(`dicom-reader:${volumes}`, `mask:${masks}`), THRESHOLD_LOWER: '104' };
  expect(await operator('threshold-segmentation', [], { env: variables })).toMatchObject({ exitCode: 0 });
  expect(readVolume(masks, '2.25.2').values.reduce((sum, value) => sum + value, 0)).toBe(12 + 16);
  expect(await operator('volume-preview', [], { env: paths(`mask:${masks};dicom-reader:${volumes}`, `:${pictures}`) })).toMatchObject({ exitCode: 0, stderr: '' });
  expect(filesEnding(pictures, '')).toEqual(['2.25.2.png']);
});
