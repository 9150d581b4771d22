import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { recode, transcode } from '../../helpers/recode.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../helpers/run.ts';
import { ctHeadFacts, filesEnding, operator, readVolume, sha256 } from './helpers.ts';

const some = ['03.dcm', '11.dcm', '15.dcm', '26.dcm'];
const noReference = missing('ct-head') || missing('dcmtk');

/** What dicom-reader makes of a folder. */
async function volumeOf(folder: string): Promise<{ values: number[]; type: string; hash: string }> {
  const out = `${folder}-volume`;
  const result = await operator('dicom-reader', ['--input', folder, '--output', out]);
  expect(result).toMatchObject({ exitCode: 0 });
  expect(result.stderr).not.toContain('skipped');
  const [series] = filesEnding(out, '.mhd');
  const name = series!.replace('.mhd', '');
  const { values, header } = readVolume(out, name);
  return { values, type: header.elementType, hash: await sha256(join(out, `${name}.raw`)) };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

test.skipIf(noReference).each([
  ['implicit little endian', 'dcmconv', ['+ti']],
  ['explicit big endian', 'dcmconv', ['+tb']],
  ['deflated', 'dcmconv', ['+td']],
  ['RLE', 'dcmcrle', []],
  ['JPEG lossless, first order', 'dcmcjpeg', ['+e1']],
  ['JPEG lossless, predictor 4', 'dcmcjpeg', ['+el', '+sv', '4']],
  ['JPEG lossless, predictor 7', 'dcmcjpeg', ['+el', '+sv', '7']],
  ['JPEG-LS lossless', 'dcmcjpls', ['+el']],
  ['JPEG-LS lossless in small fragments', 'dcmcjpls', ['+el', '+fs', '8']],
])('%s gives the voxels of the original', async (_, tool, options) => {
  const folder = tempDir();
  await recode('dcmconv', [], ctHead, join(folder, 'plain'), some);
  await recode(tool, options, ctHead, join(folder, 'packed'), some);
  expect((await volumeOf(join(folder, 'packed'))).hash).toBe((await volumeOf(join(folder, 'plain'))).hash);
});

test.skipIf(noReference)('a whole study in RLE gives the known voxels', async () => {
  const folder = tempDir();
  await recode('dcmcrle', [], ctHead, join(folder, 'packed'), readdirSync(ctHead));
  expect((await volumeOf(join(folder, 'packed'))).hash).toBe(ctHeadFacts.sha256);
});

test.skipIf(noReference).each([
  ['JPEG baseline, 8 bits', 'dcmcjpeg', ['+eb'], 'dcmdjpeg', 17],
  ['JPEG extended, 12 bits', 'dcmcjpeg', ['+ee'], 'dcmdjpeg', 1],
])('%s gives what dcmtk decodes, to a step of the stored values', async (_, tool, options, decoder, tolerance) => {
  const folder = tempDir();
  await recode(tool, options, ctHead, join(folder, 'packed'), some);
  await recode(decoder, [], join(folder, 'packed'), join(folder, 'plain'), some);
  const [packed, plain] = [await volumeOf(join(folder, 'packed')), await volumeOf(join(folder, 'plain'))];
  expect(packed.type).toBe(plain.type);
  expect(largestDifference(packed.values, plain.values)).toBeLessThanOrEqual(tolerance);
});

test.skipIf(missing('dcmtk'))('near-lossless JPEG-LS gives what dcmtk decodes', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'phantom'), '--slices', '3', '--size', '64']);
  const names = filesEnding(join(folder, 'phantom'), '.dcm');
  await recode('dcmcjpls', ['+en', '+md', '3'], join(folder, 'phantom'), join(folder, 'packed'), names);
  await recode('dcmdjpls', [], join(folder, 'packed'), join(folder, 'plain'), names);
  const [packed, plain, original] = [await volumeOf(join(folder, 'packed')), await volumeOf(join(folder, 'plain')), await volumeOf(join(folder, 'phantom'))];
  expect(packed.hash).toBe(plain.hash);
  expect(packed.hash).not.toBe(original.hash);
  expect(largestDifference(packed.values, original.values)).toBeLessThanOrEqual(3);
});

test.skipIf(missing('ct-head')).each([
  ['JPEG 2000 lossless', '1.2.840.10008.1.2.4.90', 0],
  ['JPEG 2000', '1.2.840.10008.1.2.4.91', 60],
  ['HTJ2K lossless', '1.2.840.10008.1.2.4.201', 0],
  ['HTJ2K lossless RPCL', '1.2.840.10008.1.2.4.202', 0],
  ['HTJ2K', '1.2.840.10008.1.2.4.203', 60],
])('%s gives the voxels of the original, within what it loses', async (_, syntax, tolerance) => {
  const folder = tempDir();
  await transcode(ctHead, some, join(folder, 'packed'), syntax);
  mkdirSync(join(folder, 'plain'));
  for (const name of some) writeFileSync(join(folder, 'plain', name), readFileSync(join(ctHead, name)));
  const [packed, plain] = [await volumeOf(join(folder, 'packed')), await volumeOf(join(folder, 'plain'))];
  expect(largestDifference(packed.values, plain.values)).toBeLessThanOrEqual(tolerance);
});

const pydicomReference = `
import sys, glob, hashlib, numpy as np, pydicom
slices = [pydicom.dcmread(f) for f in glob.glob(sys.argv[1] + '/*')]
def along(d):
    o = np.array([float(v) for v in d.ImageOrientationPatient])
    return np.dot(np.cross(o[:3], o[3:]), [float(v) for v in d.ImagePositionPatient])
h = hashlib.sha256()
for d in sorted(slices, key=along):
    h.update((d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept)).round().astype('<i2').tobytes())
print(h.hexdigest())
`;

test.skipIf(missing('pydicom') || missing('dcmtk'))('pydicom finds the same voxels, plain and in RLE', async () => {
  const folder = tempDir();
  const phantom = join(folder, 'phantom');
  await operator('phantom', [phantom, '--slices', '5', '--size', '96', '--seed', '9']);
  await recode('dcmcrle', [], phantom, join(folder, 'rle'), filesEnding(phantom, '.dcm'));
  for (const study of [phantom, join(folder, 'rle')]) {
    const reference = await run('/usr/bin/python3', ['-c', pydicomReference, study]);
    expect((await volumeOf(study)).hash).toBe(reference.stdout.trim());
  }
});

test('what no decoder of ours knows is skipped by name', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'in'), '--slices', '1', '--size', '16']);
  const file = join(folder, 'in', 'slice-001.dcm');
  const bytes = readFileSync(file);
  // The same length, so that the header stays whole: explicit little endian becomes an unknown one.
  bytes.write('1.2.840.10008.1.2.7', bytes.indexOf('1.2.840.10008.1.2.1\0', 0, 'latin1'), 'latin1');
  writeFileSync(file, bytes);
  const result = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('skipped slice-001.dcm: transfer syntax 1.2.840.10008.1.2.7 is not supported');
});
