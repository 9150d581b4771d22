import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { run, tempDir } from '../../helpers/run.ts';
import { filesEnding, operator, readVolume, sha256 } from './helpers.ts';

test('the same settings give the same files, others another series', async () => {
  const folder = tempDir();
  const hashes: string[][] = [];
  for (const [name, seed] of [['a', '1'], ['b', '1'], ['c', '2']] as const) {
    expect(await operator('phantom', [join(folder, name), '--slices', '3', '--size', '32', '--seed', seed])).toMatchObject({ exitCode: 0, stderr: '' });
    hashes.push(await Promise.all(filesEnding(join(folder, name), '.dcm').map((file) => sha256(join(folder, name, file)))));
  }
  expect(hashes[0]).toHaveLength(3);
  expect(hashes[1]).toEqual(hashes[0]);
  expect(hashes[2]).not.toEqual(hashes[0]);
});

const pydicomCheck = `
import sys, glob, warnings, pydicom
warnings.simplefilter('error')
pydicom.config.settings.reading_validation_mode = pydicom.config.RAISE
slices = []
for name in sorted(glob.glob(sys.argv[1] + '/*.dcm')):
    d = pydicom.dcmread(name)
    for element in d.iterall(): element.value
    assert d.is_little_endian and not d.is_implicit_VR
    assert d.pixel_array.shape == (d.Rows, d.Columns)
    assert d.file_meta.MediaStorageSOPInstanceUID == d.SOPInstanceUID
    slices.append(d)
z = [float(d.ImagePositionPatient[2]) for d in slices]
gaps = set(round(b - a, 6) for a, b in zip(z, z[1:]))
print(len(slices), slices[0].Rows, slices[0].Columns, len(set(d.SeriesInstanceUID for d in slices)), len(set(d.SOPInstanceUID for d in slices)), gaps == {float(slices[0].SpacingBetweenSlices)}, slices[0].SOPClassUID.name)
`;

test.skipIf(missing('pydicom'))('pydicom reads the default phantom without complaint', async () => {
  const folder = tempDir();
  expect(await operator('phantom', [folder])).toMatchObject({ exitCode: 0 });
  expect(readdirSync(folder)).toHaveLength(48);
  expect(await run('/usr/bin/python3', ['-c', pydicomCheck, folder])).toMatchObject({ exitCode: 0, stderr: '', stdout: '48 256 256 1 48 True CT Image Storage\n' });
});

test.skipIf(missing('dcmtk'))('dcmdump reads it without complaint, and dcmtk makes a DICOMDIR of it in its strict profile', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'IMAGES'), '--slices', '4', '--size', '32']);
  for (const name of readdirSync(join(folder, 'IMAGES'))) {
    const dump = await run('dcmdump', ['-v', join(folder, 'IMAGES', name)]);
    expect(dump).toMatchObject({ exitCode: 0 });
    expect(dump.stderr).not.toMatch(/^[EWF]:/m);
  }
  const checked = await run('dcmftest', readdirSync(join(folder, 'IMAGES')).map((name) => join(folder, 'IMAGES', name)));
  expect(checked.stdout.match(/^yes: /gm)).toHaveLength(4);
});

test('through the reader it is the head that it was made as', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'in'), '--slices', '24', '--size', '256']);
  const reader = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'volume')]);
  expect(reader).toMatchObject({ exitCode: 0, stderr: '' });
  const uid = filesEnding(join(folder, 'volume'), '.mhd')[0]!.replace('.mhd', '');
  const { header, values } = readVolume(join(folder, 'volume'), uid);
  expect(header).toMatchObject({ size: [256, 256, 24], spacing: [0.9765625, 0.9765625, 6], elementType: 'MET_SHORT', origin: [-124.51171875, -124.51171875, -69] });
  // Middle of the tumour's rim: x 34, y -34, z 26 is column 162, row 93, slice 16 (27 mm).
  expect(Math.abs(values[(16 * 256 + 93) * 256 + 162]! - 75)).toBeLessThan(30);
  // The skull is the largest part above 300; the head rest is another.
  const segmentation = await operator('threshold-segmentation', ['--input', join(folder, 'volume'), '--output', join(folder, 'mask')]);
  expect(segmentation.stdout).toContain('the largest of 2 connected parts');
  const shell = (a: number, b: number, c: number): number => (4 / 3) * Math.PI * a * b * c;
  const { labels } = readVolume(join(folder, 'mask'), uid).report as unknown as { labels: { volumeMl: number }[] };
  const whole = (shell(75, 95, 81) - shell(68, 88, 74)) / 1000;
  // The slices cover 144 of its 162 mm.
  expect(labels[0]!.volumeMl / whole).toBeGreaterThan(0.8);
  expect(labels[0]!.volumeMl / whole).toBeLessThan(1);
});
