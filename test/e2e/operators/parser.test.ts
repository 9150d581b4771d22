import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as nifti from 'nifti-reader-js';
import { describe, expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../helpers/run.ts';
import { ctAttributes, writeDicom } from './dicom.ts';
import { ctHeadFacts, filesEnding, operator, readVolume, sha256 } from './helpers.ts';

interface Metadata {
  readonly studies: readonly { readonly attributes: Attributes; readonly series: readonly { readonly attributes: Attributes; readonly instances: readonly { readonly file: string; readonly attributes: Attributes }[] }[] }[];
}
type Attributes = Readonly<Record<string, { readonly vr: string; readonly Value?: readonly unknown[] }>>;

const read = <T>(folder: string, name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as T;
const images = (folder: string, name = 'series-images.json') => read<Record<string, readonly string[]>>(folder, name);
const metadata = (folder: string) => read<Metadata>(folder, 'dicom-metadata.json');

/** Every instance's attributes as a whole, by its file. */
function whole(folder: string): Record<string, Attributes> {
  return Object.fromEntries(metadata(folder).studies.flatMap((study) => study.series.flatMap((series) => series.instances.map(({ file, attributes }) => [file, { ...study.attributes, ...series.attributes, ...attributes }]))));
}

const parse = (input: string, output: string, ...args: readonly string[]) => operator('dicom-parser', ['--input', input, '--output', output, ...args]);

/** The voxels and the affine of a NIfTI file, as somebody else's reader has them. */
function readNifti(file: string) {
  const bytes = readFileSync(file);
  const plain = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  const buffer = plain.buffer.slice(plain.byteOffset, plain.byteOffset + plain.length) as ArrayBuffer;
  const header = nifti.readHeader(buffer) as nifti.NIFTI1;
  return { header, voxels: Buffer.from(nifti.readImage(header, buffer)) };
}

/** What pydicom says of the files below a folder, without what dicom-parser leaves out. */
const pydicomJson = `
import sys, os, json, pydicom, warnings
warnings.simplefilter('ignore')
bulk = {'OB', 'OD', 'OF', 'OL', 'OV', 'OW', 'UN'}
def clean(attributes):
    kept = {}
    for tag, a in attributes.items():
        if int(tag[:4], 16) % 2 or a['vr'] in bulk or tag == '52009230' or tag.endswith('0000'): continue
        if tag == '00080005': a = {'vr': 'CS', 'Value': ['ISO_IR 192']}
        if a['vr'] == 'SQ': a = {'vr': 'SQ', **({'Value': [clean(i) for i in a['Value']]} if a.get('Value') else {})}
        if a.get('Value') is not None and all(v is None or v == '' or v == {} for v in a['Value']) and a['vr'] != 'SQ': a = {'vr': a['vr']}
        kept[tag] = a
    return kept
found = {}
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        path = os.path.join(folder, name)
        try: d = pydicom.dcmread(path, stop_before_pixels=True)
        except pydicom.errors.InvalidDicomError: continue
        found[os.path.relpath(path, sys.argv[1])] = clean(d.to_json_dict())
print(json.dumps(found))
`;

async function byPydicom(folder: string): Promise<Record<string, Attributes>> {
  const { exitCode, stdout, stderr } = await run('/usr/bin/python3', ['-c', pydicomJson, folder]);
  expect([exitCode, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Record<string, Attributes>;
}

describe.skipIf(missing('ct-head'))('a real study', () => {
  test.skipIf(missing('pydicom'))('its metadata is what pydicom reads, and its volume what dicom-reader writes', async () => {
    const out = tempDir();
    const result = await parse(ctHead, out);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 study, 1 series, 28 instances in 28 files; 1 volume') as string });
    expect(result.stdout + result.stderr).not.toMatch(/REMOVED|QMNx85rKkkg/);
    expect(images(out)).toEqual({ [ctHeadFacts.uid]: [`${ctHeadFacts.uid}.mhd`] });
    expect(await sha256(join(out, `${ctHeadFacts.uid}.raw`))).toBe(ctHeadFacts.sha256);
    expect(filesEnding(out, '')).toEqual([`${ctHeadFacts.uid}.json`, `${ctHeadFacts.uid}.mhd`, `${ctHeadFacts.uid}.raw`, 'dicom-metadata.json', 'series-images.json']);
    expect(whole(out)).toEqual(await byPydicom(ctHead));
  });

  test.each(['nii', 'nii.gz'])('as %s: the same voxels in the same place', async (format) => {
    const out = tempDir();
    expect(await parse(ctHead, out, '--image-format', format)).toMatchObject({ exitCode: 0 });
    expect(images(out)).toEqual({ [ctHeadFacts.uid]: [`${ctHeadFacts.uid}.${format}`] });
    expect(filesEnding(out, '')).toEqual([`${ctHeadFacts.uid}.json`, `${ctHeadFacts.uid}.${format}`, 'dicom-metadata.json', 'series-images.json']);
    const file = join(out, `${ctHeadFacts.uid}.${format}`);
    const { header, voxels } = readNifti(file);
    writeFileSync(join(out, 'voxels'), voxels);
    expect(await sha256(join(out, 'voxels'))).toBe(ctHeadFacts.sha256);
    const report = read<{ spacing: number[]; origin: number[]; direction: number[][] }>(out, `${ctHeadFacts.uid}.json`);
    const expected = [0, 1, 2].map((row) => [0, 1, 2, 3].map((column) => expect.closeTo((row < 2 ? -1 : 1) * (column < 3 ? report.direction[column]![row]! * report.spacing[column]! : report.origin[row]!), 3) as number));
    expect([header.affine.slice(0, 3), header.getQformMat().slice(0, 3)]).toEqual([expected, expected]);
  });
});

test.each(['nii', 'nii.gz'])('%s becomes wider at the slice that needs it', async (format) => {
  const folder = tempDir();
  for (const [index, slope] of ['1', '1', '0.5', '1000'].entries()) writeDicom(join(folder, 'in', `${index}`), ctAttributes(index, { RescaleSlope: slope }));
  expect(await parse(join(folder, 'in'), join(folder, 'mhd'))).toMatchObject({ exitCode: 0 });
  expect(await parse(join(folder, 'in'), join(folder, 'out'), '--image-format', format)).toMatchObject({ exitCode: 0 });
  const { header, voxels } = readNifti(join(folder, 'out', `2.25.2.${format}`));
  expect(header.datatypeCode).toBe(nifti.NIFTI1.TYPE_FLOAT32);
  expect([...new Float32Array(voxels.buffer, voxels.byteOffset, voxels.length / 4)]).toEqual(readVolume(join(folder, 'mhd'), '2.25.2').values);
  expect(filesEnding(join(folder, 'out'), '.part')).toEqual([]);
});

const axial = ['ORIGINAL', 'PRIMARY', 'AXIAL'];
const report = { SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.11', Modality: 'SR', PixelData: undefined, Rows: undefined, Columns: undefined, BitsAllocated: undefined };

/** Two studies of what occurs together: volumes, localizers, a report, a radiograph, files of all endings, copies. */
function mixed(folder: string): void {
  const file = (name: string, index: number, changes: Record<string, unknown>) => writeDicom(join(folder, name), ctAttributes(index, { SOPInstanceUID: `2.25.9${name.length}${index}${[...name].reduce((sum, c) => sum + c.charCodeAt(0), 0)}`, ...changes }));
  for (let index = 0; index < 4; index++) {
    file(`thorax/deep/er/IM${index}.DCM`, 3 - index, { SeriesInstanceUID: '2.25.20', SeriesDescription: 'Thorax', ImageType: axial });
    file(`sagittal ${index}.dcm`, index, { SeriesInstanceUID: '2.25.21', Modality: 'MR', ImageOrientationPatient: ['0', '1', '0', '0', '0', '-1'], ImagePositionPatient: [String(index * 3), '0', '0'] });
    file(`scout/${index}`, index, { SeriesInstanceUID: '2.25.22', ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'] });
  }
  const orientations = [['1', '0', '0', '0', '1', '0'], ['0', '1', '0', '0', '0', '-1'], ['1', '0', '0', '0', '0', '-1']];
  for (let index = 0; index < 6; index++) file(`survey/${index}.ima`, index, { SeriesInstanceUID: '2.25.23', Modality: 'MR', ImageOrientationPatient: orientations[index % 3] });
  file('thorax/scout.dcm', 9, { SeriesInstanceUID: '2.25.20', SeriesDescription: 'Thorax', ImageType: ['ORIGINAL', 'PRIMARY', 'LOCALIZER'], ImageOrientationPatient: orientations[2] });
  file('report', 0, { ...report, SeriesInstanceUID: '2.25.24' });
  file('x-ray.dcm', 0, { SeriesInstanceUID: '2.25.25', StudyInstanceUID: '2.25.3', Modality: 'DX', ImagePositionPatient: undefined, ImageOrientationPatient: undefined });
  cpSync(join(folder, 'sagittal 0.dcm'), join(folder, 'sagittal 0 again.dcm'));
  writeFileSync(join(folder, 'readme.txt'), 'not an image');
}

test('a folder of everything: what is a volume becomes one, everything else has its reason and its metadata', async () => {
  const folder = tempDir();
  const [input, out] = [join(folder, 'in'), join(folder, 'out')];
  mixed(input);
  const result = await parse(input, out);
  expect(result).toMatchObject({ exitCode: 0 });
  expect(images(out)).toEqual({ '2.25.20': ['2.25.20.mhd'], '2.25.21': ['2.25.21.mhd'] });
  expect(readVolume(out, '2.25.20').header.size).toEqual([4, 4, 4]);
  for (const line of [
    'series 2.25.22: not converted: a localizer', 'series 2.25.23: not converted: images of 3 sizes or orientations, as a localizer has them', 'series 2.25.24: not converted: no pixel data',
    'series 2.25.25: not converted: 1 image without Image Position (Patient) and Image Orientation (Patient)', '2 studies, 6 series, 21 instances in 23 files; 2 volumes',
  ]) expect(result.stdout.split('\n')).toContain(line);
  for (const line of ['skipped readme.txt: not a DICOM file', 'series 2.25.20: 1 localizer left out of the volume', '1 file left out of dicom-metadata.json: second copies of instances (sagittal 0.dcm)']) {
    expect(result.stderr).toContain(`warning: ${line}\n`);
  }
  expect(result.stdout + result.stderr).not.toMatch(/SECRET|Secret/);
  const { studies } = metadata(out);
  expect(studies.map((study) => study.attributes['0020000D']?.Value)).toEqual([['2.25.1'], ['2.25.3']]);
  expect(studies.map(({ series }) => series.map(({ attributes, instances }) => [attributes['0020000E']?.Value?.[0], attributes['00080060']?.Value?.[0], instances.length]))).toEqual([
    [['2.25.20', 'CT', 5], ['2.25.21', 'MR', 4], ['2.25.22', 'CT', 4], ['2.25.23', 'MR', 6], ['2.25.24', 'SR', 1]], [['2.25.25', 'DX', 1]],
  ]);
  expect(studies[0]!.series[0]!.instances.map(({ file }) => file)).toEqual(['thorax/deep/er/IM3.DCM', 'thorax/deep/er/IM2.DCM', 'thorax/deep/er/IM1.DCM', 'thorax/deep/er/IM0.DCM', 'thorax/scout.dcm']);
  expect(studies[0]!.series[0]!.attributes['0008103E']).toEqual({ vr: 'LO', Value: ['Thorax'] });
  expect(Object.keys(whole(out)['report']!).filter((tag) => tag.startsWith('7FE0'))).toEqual([]);
});

test.skipIf(missing('pydicom'))('texts of every character set arrive as pydicom has them', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'plain'), '--slices', '1', '--size', '32']);
  const make = `
import sys, os, glob, pydicom
from pydicom.dataset import Dataset
names = {'latin1': ('ISO_IR 100', 'Buc^Jérôme'), 'greek': ('ISO_IR 126', 'Διονυσιος'), 'cyrillic': ('ISO_IR 144', 'Люкceмбypг'), 'utf8': ('ISO_IR 192', 'Wang^XiaoDong=王^小東='), 'gb18030': ('GB18030', 'Wang^XiaoDong=王^小东='),
  'kanji': (['', 'ISO 2022 IR 87'], 'Yamada^Tarou=山田^太郎=やまだ^たろう'), 'katakana': (['ISO 2022 IR 13', 'ISO 2022 IR 87'], 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう'), 'korean': (['', 'ISO 2022 IR 149'], 'Hong^Gildong=洪^吉洞=홍^길동')}
for at, (name, (charset, text)) in enumerate(names.items()):
    d = pydicom.dcmread(glob.glob(sys.argv[1] + '/plain/*.dcm')[0])
    d.SOPInstanceUID = '1.2.3.%d' % at; d.SeriesInstanceUID = '1.2.4.%d' % at; d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.SpecificCharacterSet = charset; d.PatientName = text; d.SeriesDescription = text.split('=')[-2] if '=' in text else text
    item = Dataset(); item.PatientID = 'x'; item.PatientName = text; d.OtherPatientIDsSequence = [item]
    os.makedirs(sys.argv[1] + '/in', exist_ok=True); d.save_as(sys.argv[1] + '/in/' + name)
`;
  expect(await run('/usr/bin/python3', ['-c', make, folder])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await parse(join(folder, 'in'), join(folder, 'out'))).toMatchObject({ exitCode: 0 });
  const ours = whole(join(folder, 'out'));
  expect(ours).toEqual(await byPydicom(join(folder, 'in')));
  expect(ours['kanji']!['00100010']?.Value).toEqual([{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎', Phonetic: 'やまだ^たろう' }]);
});

test.skipIf(missing('dcmtk') || missing('pydicom')).each([
  ['implicit little endian', 'dcmconv', ['+ti']], ['explicit big endian', 'dcmconv', ['+tb']], ['deflated', 'dcmconv', ['+td']], ['RLE', 'dcmcrle', []], ['JPEG lossless', 'dcmcjpeg', ['+e1']], ['JPEG-LS', 'dcmcjpls', []],
])('%s: metadata and voxels', async (_, tool, options) => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'plain'), '--slices', '3', '--size', '32']);
  mkdirSync(join(folder, 'in'));
  for (const name of readdirSync(join(folder, 'plain'))) expect(await run(tool, [...options, join(folder, 'plain', name), join(folder, 'in', name)])).toMatchObject({ exitCode: 0 });
  expect(await parse(join(folder, 'plain'), join(folder, 'expected'))).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await parse(join(folder, 'in'), join(folder, 'out'))).toMatchObject({ exitCode: 0, stderr: '' });
  expect(whole(join(folder, 'out'))).toEqual(await byPydicom(join(folder, 'in')));
  const [raw] = filesEnding(join(folder, 'out'), '.raw');
  expect(await sha256(join(folder, 'out', raw!))).toBe(await sha256(join(folder, 'expected', raw!)));
});

test.skipIf(missing('ct-head') || missing('pydicom'))('an Extended Offset Table before the pixels is no matter', async () => {
  const folder = tempDir();
  const make = `
import sys, os, struct, pydicom
from pydicom.uid import RLELossless
os.makedirs(sys.argv[2])
for name in ('03.dcm', '11.dcm'):
    d = pydicom.dcmread(sys.argv[1] + '/' + name)
    d.save_as(sys.argv[3] + name)
    d.compress(RLELossless)
    d.add_new(0x7fe00001, 'OV', struct.pack('<Q', 0)); d.add_new(0x7fe00002, 'OV', struct.pack('<Q', len(d.PixelData) - 16))
    d.save_as(sys.argv[2] + '/' + name)
`;
  mkdirSync(join(folder, 'plain'));
  expect(await run('/usr/bin/python3', ['-c', make, ctHead, join(folder, 'in'), join(folder, 'plain/')])).toMatchObject({ exitCode: 0 });
  expect(await parse(join(folder, 'in'), join(folder, 'out'))).toMatchObject({ exitCode: 0 });
  expect(await parse(join(folder, 'plain'), join(folder, 'expected'))).toMatchObject({ exitCode: 0 });
  const raw = (name: string) => sha256(join(folder, name, `${ctHeadFacts.uid}.raw`));
  expect(await raw('out')).toBe(await raw('expected'));
  expect(whole(join(folder, 'out'))).toEqual(await byPydicom(join(folder, 'in')));
});

describe('rules', () => {
  const rules = (name: string, conditions: object) => JSON.stringify({ selections: [{ name, conditions }] });

  test('select what is converted, and say so', async () => {
    const folder = tempDir();
    const [input, out] = [join(folder, 'in'), join(folder, 'out')];
    mixed(input);
    writeFileSync(join(folder, 'rules.json'), rules('CT', { Modality: { any: ['CT', 'SR'] }, ImageType: { not: 'LOCALIZER' } }));
    const result = await parse(input, out, '--rules', join(folder, 'rules.json'));
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('series 2.25.20: selected by "CT"\n') as string });
    expect(result.stderr).toContain('warning: series 2.25.24: meets "CT", but has no images\n');
    expect(images(out, 'selected-images.json')).toEqual({ '2.25.20': ['2.25.20.mhd'] });
    expect(Object.keys(images(out))).toEqual(['2.25.20', '2.25.21']);
  });

  test.each([
    ['that nothing meets: an empty map and a warning', { NVIDIA_CLARA_SELECTION_RULES_BASE64: Buffer.from(rules('PET', { Modality: 'PT' })).toString('base64') }, {}, /warning: no series meets "PET"\nwarning: nothing is selected/],
    ['that are empty: none are selected', { NVIDIA_CLARA_SELECTION_RULES_BASE64: '', NVIDIA_CLARA_SELECTION_RULES_FILE: '/nowhere' }, undefined, /^$/],
    ['that are not there', {}, undefined, /^$/],
  ])('%s', async (_, env, selected, stderr) => {
    const folder = tempDir();
    writeDicom(join(folder, 'in', 'a'), ctAttributes(0, { SliceThickness: '2' }));
    const result = await operator('dicom-parser', ['--input', join(folder, 'in'), '--output', join(folder, 'out')], { env, cwd: folder });
    expect(result).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(stderr) as string });
    expect(existsSync(join(folder, 'out/selected-images.json'))).toBe(selected !== undefined);
    if (selected !== undefined) expect(images(join(folder, 'out'), 'selected-images.json')).toEqual(selected);
  });

  test('of the folder that it runs in', async () => {
    const folder = tempDir();
    writeDicom(join(folder, 'in', 'a'), ctAttributes(0, { SliceThickness: '2' }));
    mkdirSync(join(folder, 'config'));
    writeFileSync(join(folder, 'config/selection-rules.json'), rules('CT', { Modality: 'CT' }));
    expect(await operator('dicom-parser', ['--input', 'in', '--output', 'out'], { cwd: folder })).toMatchObject({ exitCode: 0, stderr: '' });
    expect(images(join(folder, 'out'), 'selected-images.json')).toEqual({ '2.25.2': ['2.25.2.mhd'] });
  });

  test('with mistakes are told before anything is read', async () => {
    const folder = tempDir();
    const result = await operator('dicom-parser', ['--input', '/nowhere', '--output', 'out', '--rules-base64', '{"selections": [{"conditions": {"Modalty": "(?i)ct"}}]}'], { cwd: folder });
    expect(result).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringMatching(/^error: the selection rules of --rules-base64 have 2 mistakes\n {2}--rules-base64:1:33: there is no DICOM attribute "Modalty"; did you mean "Modality"\?\n[^\n]*\nhint: /) as string });
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('what does not work', () => {
  test('a folder without DICOM', async () => {
    const folder = tempDir();
    mkdirSync(join(folder, 'in'));
    expect(await parse(join(folder, 'in'), join(folder, 'out'))).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error: no DICOM instance: 0 files') as string });
    writeFileSync(join(folder, 'in', 'x'), 'x');
    expect(await parse(join(folder, 'in'), join(folder, 'out'))).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('warning: skipped x: not a DICOM file\nerror: no DICOM instance: 1 file') as string });
    expect(await parse(join(folder, 'nowhere'), join(folder, 'out'))).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/^error: cannot read folder .*nowhere \(it does not exist\)\nhint: --input DIR names the folder; /) as string });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });

  test('an output that cannot be written, a format that is none', async () => {
    const folder = tempDir();
    writeDicom(join(folder, 'in', 'a'), ctAttributes(0));
    expect(await parse(join(folder, 'in'), join(folder, 'in', 'a', 'out'))).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^error: cannot write to .* \(a part of the path is a file, not a folder\)\n$/) as string });
    expect(await parse(join(folder, 'in'), join(folder, 'out'), '--image-format', 'nrrd')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--image-format must be one of mhd, nii, nii.gz, not "nrrd"') as string });
  });

  test.skipIf(missing('dcmtk')).each([['as it is', undefined], ['with lengths to be found', ['-e']], ['implicit', ['+ti']], ['deflated', ['+td']]])('hundreds of files with wrong bytes, or cut, beside one that is right: %s', async (_, options) => {
    const folder = tempDir();
    const input = join(folder, 'in');
    const sequences = { ReferencedStudySequence: [{ ReferencedSOPClassUID: '1.2', ReferencedSOPInstanceUID: '1.3', PurposeOfReferenceCodeSequence: [{ CodeValue: 'x', CodeMeaning: 'y' }] }], SpecificCharacterSet: 'ISO_IR 192', PatientName: 'Müller^Jörg', SliceThickness: '2' };
    writeDicom(join(folder, 'plain'), ctAttributes(0, sequences));
    if (options === undefined) cpSync(join(folder, 'plain'), join(folder, 'right'));
    else expect(await run('dcmconv', [...options, join(folder, 'plain'), join(folder, 'right')])).toMatchObject({ exitCode: 0 });
    const right = readFileSync(join(folder, 'right'));
    mkdirSync(input);
    writeDicom(join(input, '0'), ctAttributes(1, { ...sequences, SOPInstanceUID: '2.25.77' }));
    for (let seed = 1; seed <= 300; seed++) {
      const wrong = Buffer.from(right);
      for (let i = 0; i < 1 + (seed % 5); i++) {
        const at = 132 + (Math.imul(seed * 7 + i, 2_654_435_761) >>> 0) % (wrong.length - 132);
        wrong[at] = (wrong[at]! + 1 + ((seed * 31 + i) % 255)) & 0xff;
      }
      writeFileSync(join(input, `wrong-${seed}`), wrong);
    }
    for (let part = 0; part < 40; part++) writeFileSync(join(input, `cut-${part}`), right.subarray(0, Math.floor((right.length - 1) * (part / 39))));
    const result = await parse(input, join(folder, 'out'));
    expect(result.stderr).not.toMatch(/^error/m);
    expect(result).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/ in 341 files; /) as string });
    expect(result.stderr).not.toMatch(/undefined|TypeError|not a function|is not iterable|^error/m);
    expect(Object.keys(whole(join(folder, 'out')))).toContain('0');
  });

  test('a report alone has metadata, and no volume', async () => {
    const folder = tempDir();
    writeDicom(join(folder, 'in', 'a'), ctAttributes(0, report));
    expect(await parse(join(folder, 'in'), join(folder, 'out'))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(images(join(folder, 'out'))).toEqual({});
    expect(metadata(join(folder, 'out')).studies).toHaveLength(1);
  });

  test('SIGTERM ends it with 143, and nothing half-written stays', async () => {
    const folder = tempDir();
    await operator('phantom', [join(folder, 'in'), '--slices', '200', '--size', '256']);
    for (const format of ['mhd', 'nii', 'nii.gz']) {
      const out = join(folder, format);
      const result = await operator('dicom-parser', ['--input', join(folder, 'in'), '--output', out, '--image-format', format], {
        onSpawn: (child) => {
          const look = setInterval(() => {
            if (child.exitCode !== null || !existsSync(out) || readdirSync(out).length === 0) return;
            clearInterval(look);
            child.kill('SIGTERM');
          }, 2);
        },
      });
      expect(result, format).toMatchObject({ exitCode: 143, stderr: 'error: stopped by SIGTERM\n' });
      expect(readdirSync(out), format).toEqual([]);
    }
  });
});
