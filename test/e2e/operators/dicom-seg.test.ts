import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { printMetaHeader } from '../../../src/operators/volume/meta-header.ts';
import { startOrthanc } from '../../helpers/orthanc.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../helpers/run.ts';
import { ctAttributes, writeDicom } from './dicom.ts';
import { ctHeadFacts, filesEnding, operator } from './helpers.ts';

const [rows, columns, slices] = [5, 7, 4];
const pixels = rows * columns;

/** Voxels of two labels, 3 and 9; none of 9 in the first slice, nothing in the third. */
const mask = Uint8Array.from({ length: pixels * slices }, (_, at) => {
  const slice = Math.floor(at / pixels);
  if (slice === 2) return 0;
  if (slice > 0 && at % 6 === 1) return 9;
  return at % 5 === slice ? 3 : 0;
});

function writeMask(folder: string, name: string, values: Uint8Array | Float32Array = mask, elementType: 'MET_UCHAR' | 'MET_FLOAT' = 'MET_UCHAR'): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.mhd`), printMetaHeader({
    size: [columns, rows, slices], spacing: [0.5, 0.5, 2], origin: [0, 0, 0], direction: [[1, 0, 0], [0, 1, 0], [0, 0, 1]], elementType, dataFile: `${name}.raw`, bigEndian: false, compressed: false, dataOffset: 0,
  }));
  writeFileSync(join(folder, `${name}.raw`), values);
}

/** Slices in an order of their files that is not theirs in space, each with a name of its own. */
function writeStudy(folder: string, changes: Readonly<Record<string, unknown>> = {}): void {
  for (const index of [2, 0, 3, 1]) writeDicom(join(folder, `${(index * 7) % 4}`), ctAttributes(index, { Rows: rows, Columns: columns, PixelData: new Int16Array(pixels).buffer, FrameOfReferenceUID: '2.25.3', ...changes }));
}

/** The same study as one enhanced image, its frames from the last slice to the first. */
function writeEnhanced(folder: string): void {
  const order = [3, 2, 1, 0];
  writeDicom(join(folder, 'enhanced.dcm'), ctAttributes(0, {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2.1', SOPInstanceUID: '2.25.77', NumberOfFrames: String(slices), Rows: rows, Columns: columns, FrameOfReferenceUID: '2.25.3', PatientPosition: 'HFS', ImageType: ['ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE'],
    ImagePositionPatient: undefined, ImageOrientationPatient: undefined, PixelSpacing: undefined, RescaleSlope: undefined, RescaleIntercept: undefined,
    SharedFunctionalGroupsSequence: [{
      PlaneOrientationSequence: [{ ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'] }],
      PixelMeasuresSequence: [{ PixelSpacing: ['0.5', '0.5'], SliceThickness: '2' }],
      PixelValueTransformationSequence: [{ RescaleSlope: '1', RescaleIntercept: '0', RescaleType: 'HU' }],
    }],
    PerFrameFunctionalGroupsSequence: order.map((z) => ({ PlanePositionSequence: [{ ImagePositionPatient: ['0', '0', String(z * 2)] }] })),
    PixelData: new Int16Array(pixels * slices).buffer,
  }));
}

function place() {
  const folder = tempDir();
  return (name: string) => join(folder, name);
}

const write = (at: (name: string) => string, dicom: string, ...args: string[]) => operator('dicom-writer', ['--type', 'seg', '--input', at('masks'), '--dicom', at(dicom), '--output', at('out'), ...args]);
const theFile = (folder: string) => {
  const files = filesEnding(folder, '.dcm');
  expect(files).toHaveLength(1);
  return join(folder, files[0]!);
};

const readBack = `
import sys, json, pydicom, warnings
warnings.simplefilter('error')
from pydicom import config
config.settings.reading_validation_mode = config.RAISE
d = pydicom.dcmread(sys.argv[1])
[e.value for e in d.iterall()]
shared = d.SharedFunctionalGroupsSequence[0]
source = lambda g: g.DerivationImageSequence[0].SourceImageSequence[0]
code = lambda s: [s[0].CodeValue, s[0].CodingSchemeDesignator, s[0].CodeMeaning]
array = d.pixel_array.reshape(int(d.NumberOfFrames), d.Rows, d.Columns)
print(json.dumps({
  'class': d.SOPClassUID.name, 'modality': d.Modality, 'study': d.StudyInstanceUID, 'patient': [str(d.PatientName), d.PatientID], 'for': d.FrameOfReferenceUID, 'description': d.SeriesDescription,
  'uids': pydicom.uid.UID(d.SOPInstanceUID).is_valid and pydicom.uid.UID(d.SeriesInstanceUID).is_valid, 'newSeries': d.SeriesInstanceUID != d.ReferencedSeriesSequence[0].SeriesInstanceUID,
  'referenced': [r.ReferencedSOPInstanceUID for r in d.ReferencedSeriesSequence[0].ReferencedInstanceSequence], 'series': d.ReferencedSeriesSequence[0].SeriesInstanceUID,
  'measures': [[float(v) for v in shared.PixelMeasuresSequence[0].PixelSpacing], float(shared.PixelMeasuresSequence[0].SliceThickness), float(shared.PixelMeasuresSequence[0].get('SpacingBetweenSlices', 0))],
  'orientation': [float(v) for v in shared.PlaneOrientationSequence[0].ImageOrientationPatient],
  'segments': [[s.SegmentNumber, s.SegmentLabel, s.SegmentAlgorithmType, code(s.SegmentedPropertyCategoryCodeSequence), code(s.SegmentedPropertyTypeCodeSequence)] for s in d.SegmentSequence],
  'frames': [{'segment': g.SegmentIdentificationSequence[0].ReferencedSegmentNumber, 'z': float(g.PlanePositionSequence[0].ImagePositionPatient[2]), 'index': list(g.FrameContentSequence[0].DimensionIndexValues),
    'of': source(g).ReferencedSOPInstanceUID, 'frame': source(g).get('ReferencedFrameNumber'), 'pixels': ''.join(str(int(v)) for v in a.flatten())} for g, a in zip(d.PerFrameFunctionalGroupsSequence, array)],
}))`;

async function read(file: string) {
  const result = await run('/usr/bin/python3', ['-c', readBack, file]);
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  return JSON.parse(result.stdout) as Record<string, unknown>;
}

const pixelsOf = (label: number, slice: number) => [...mask.subarray(slice * pixels, (slice + 1) * pixels)].map((value) => (value === label ? '1' : '0')).join('');
const tissue = ['85756007', 'SCT', 'Tissue'];
const frames = [[3, 1, 0, 1], [3, 1, 1, 2], [3, 1, 3, 3], [9, 2, 1, 2], [9, 2, 3, 3]] as const;

describe.skipIf(missing('pydicom') || missing('numpy'))('a segmentation object, read by pydicom', () => {
  test('has a segment for each label, bit for bit, with each frame in its place', async () => {
    const at = place();
    writeStudy(at('study'));
    writeMask(at('masks'), '2.25.2');
    const written = await write(at, 'study');
    expect(written).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringMatching(/^2\.25\.2: 2 segments in 5 frames of the new object 2\.25\.\d+\n$/) });
    expect(await read(theFile(at('out')))).toEqual({
      class: 'Segmentation Storage', modality: 'SEG', study: '2.25.1', patient: ['Secret^Name', 'SECRET-ID'], for: '2.25.3', description: 'Segmentation', uids: true, newSeries: true,
      referenced: [0, 1, 2, 3].map((index) => `2.25.100${index}`), series: '2.25.2', measures: [[0.5, 0.5], 2, 2], orientation: [1, 0, 0, 0, 1, 0],
      segments: [[1, 'Label 3', 'AUTOMATIC', tissue, tissue], [2, 'Label 9', 'AUTOMATIC', tissue, tissue]],
      frames: frames.map(([label, segment, slice, index]) => ({ segment, z: slice * 2, index: [segment, index], of: `2.25.100${slice}`, frame: null, pixels: pixelsOf(label, slice) })),
    });
  });

  test('of an enhanced original names its frames, and so do images', async () => {
    const at = place();
    writeEnhanced(at('study'));
    writeMask(at('masks'), '2.25.2');
    expect(await write(at, 'study')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await read(theFile(at('out')))).toMatchObject({
      referenced: ['2.25.77'], measures: [[0.5, 0.5], 2, 2],
      frames: frames.map(([label, segment, slice]) => ({ segment, z: slice * 2, of: '2.25.77', frame: slices - slice, pixels: pixelsOf(label, slice) })),
    });
    expect(await operator('dicom-writer', ['--input', at('masks'), '--dicom', at('study'), '--output', at('series')])).toMatchObject({ exitCode: 0, stderr: '' });
    const show = `
import sys, glob, pydicom
for d in sorted((pydicom.dcmread(f) for f in glob.glob(sys.argv[1] + '/*.dcm')), key=lambda d: int(d.InstanceNumber)):
  r = d.SourceImageSequence[0]
  print(d.SOPClassUID.name, '/'.join(d.ImageType), d.ImagePositionPatient[2], d.PixelSpacing[0], r.ReferencedSOPInstanceUID, r.ReferencedFrameNumber, 'PerFrameFunctionalGroupsSequence' in d, ''.join(str(v) for v in d.pixel_array.flatten()))`;
    const shown = await run('/usr/bin/python3', ['-c', show, at('series')]);
    expect(shown).toMatchObject({ exitCode: 0, stderr: '' });
    expect(shown.stdout.trim().split('\n')).toEqual([0, 1, 2, 3].map((slice) => `CT Image Storage DERIVED/SECONDARY/AXIAL ${slice * 2} 0.5 2.25.77 ${slices - slice} False ${[...mask.subarray(slice * pixels, (slice + 1) * pixels)].join('')}`));
    // What it wrote is a study that can be read again, slice for slice.
    expect(await operator('dicom-reader', ['--input', at('series'), '--output', at('again')])).toMatchObject({ exitCode: 0 });
    expect([...new Int16Array(Uint8Array.from(readFileSync(join(at('again'), filesEnding(at('again'), '.raw')[0]!))).buffer)]).toEqual([...mask]);
  });

  test('segments that are named, in their order, with codes and a name that is not ASCII', async () => {
    const at = place();
    writeStudy(at('study'), { SpecificCharacterSet: 'ISO_IR 192', PatientName: 'Müller^Jörg=山田^太郎' });
    writeMask(at('masks'), '2.25.2');
    const liver = { CodeValue: '10200004', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Liver' };
    const segments = { SeriesDescription: 'Organe', segmentAttributes: [[{ labelID: 9, SegmentLabel: 'Leber (größer)', SegmentAlgorithmType: 'MANUAL', SegmentedPropertyTypeCodeSequence: liver }, { labelID: 4 }]] };
    writeFileSync(at('segments.json'), JSON.stringify(segments));
    expect(await write(at, 'study', '--segments', at('segments.json'))).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await read(theFile(at('out')))).toMatchObject({
      description: 'Organe', patient: ['Müller^Jörg=山田^太郎', 'SECRET-ID'],
      segments: [[1, 'Leber (größer)', 'MANUAL', tissue, ['10200004', 'SCT', 'Liver']], [2, 'Label 4', 'AUTOMATIC', tissue, tissue]],
      frames: [1, 3].map((slice, index) => ({ segment: 1, z: slice * 2, index: [1, index + 1], pixels: pixelsOf(9, slice) })),
    });
  });

  test('of a mask in which nothing was found has empty frames', async () => {
    const at = place();
    writeStudy(at('study'));
    writeMask(at('masks'), '2.25.2', new Float32Array(pixels * slices), 'MET_FLOAT');
    expect(await write(at, 'study')).toMatchObject({ exitCode: 0, stderr: 'warning: 2.25.2.mhd has no voxel of any label: every frame is empty\n' });
    expect(await read(theFile(at('out')))).toMatchObject({ segments: [[1, 'Label 1', 'AUTOMATIC', tissue, tissue]], frames: [0, 1, 2, 3].map((slice) => ({ z: slice * 2, pixels: '0'.repeat(pixels) })) });
  });

  test('keeps empty frames where that is wished, by the variables of a pipeline', async () => {
    const at = place();
    writeStudy(at('study'));
    writeMask(at('masks'), '2.25.2');
    const env = { WRITER_TYPE: 'seg', WRITER_EMPTY_FRAMES: 'true', WRITER_SERIES_DESCRIPTION: 'All', WRITER_SEGMENTS: '[{"labelID": 9, "SegmentLabel": "Nine"}]' };
    expect(await operator('dicom-writer', ['--input', at('masks'), '--dicom', at('study'), '--output', at('out')], { env })).toMatchObject({ exitCode: 0, stderr: '' });
    const object = await read(theFile(at('out')));
    expect(object).toMatchObject({ description: 'All', segments: [[1, 'Nine', 'AUTOMATIC', tissue, tissue]], frames: [0, 1, 2, 3].map((slice) => ({ pixels: pixelsOf(9, slice) })) });
  });
});

/** A real head, or one that never was; as plain images or an enhanced one. */
async function segmentedHead(study: string) {
  const at = place();
  expect(await operator('dicom-reader', ['--input', study, '--output', at('volumes')])).toMatchObject({ exitCode: 0 });
  expect(await operator('threshold-segmentation', ['--input', at('volumes'), '--output', at('masks')])).toMatchObject({ exitCode: 0 });
  expect(await operator('dicom-writer', ['--type', 'seg', '--input', at('masks'), '--dicom', study, '--output', at('out')])).toMatchObject({ exitCode: 0, stderr: '' });
  return { at, file: theFile(at('out')) };
}

async function phantom() {
  const study = join(tempDir(), 'study');
  expect(await operator('phantom', [study, '--slices', '6', '--size', '64'])).toMatchObject({ exitCode: 0 });
  return study;
}

test.skipIf(missing('dcmtk') || missing('dicom3tools'))('dciodvfy and dcmdump find nothing wrong', async () => {
  const check = async (file: string, iod: string) => {
    const found = (await run('dciodvfy', [file])).stderr.trim().split('\n');
    expect(found.filter((line) => !line.startsWith('Warning'))).toEqual([iod]);
    expect(await run('dcmdump', ['-v', file])).toMatchObject({ exitCode: 0, stderr: expect.not.stringMatching(/^[WE]:/m) });
  };
  const { file } = await segmentedHead(await phantom());
  await check(file, 'Segmentation');
  const at = place();
  writeMask(at('masks'), '2.25.2');
  for (const [name, make] of [['plain', writeStudy], ['enhanced', writeEnhanced]] as const) {
    make(at(name));
    expect(await operator('dicom-writer', ['--type', 'seg', '--input', at('masks'), '--dicom', at(name), '--output', at(`${name}-seg`)])).toMatchObject({ exitCode: 0 });
    await check(theFile(at(`${name}-seg`)), 'Segmentation');
  }
  expect(await operator('dicom-writer', ['--input', at('masks'), '--dicom', at('enhanced'), '--output', at('series')])).toMatchObject({ exitCode: 0 });
  await check(join(at('series'), filesEnding(at('series'), '.dcm')[0]!), 'CTImage');
});

test.skipIf(missing('ct-head') || missing('pydicom') || missing('numpy'))('the bone of a real study is the same voxels', async () => {
  const { at, file } = await segmentedHead(ctHead);
  const count = 'import sys, pydicom, hashlib\nd = pydicom.dcmread(sys.argv[1])\nprint(hashlib.sha256(d.pixel_array.tobytes()).hexdigest())';
  const { createHash } = await import('node:crypto');
  expect((await run('/usr/bin/python3', ['-c', count, file])).stdout.trim()).toBe(createHash('sha256').update(readFileSync(at(`masks/${ctHeadFacts.uid}.raw`))).digest('hex'));
});

test.skipIf(missing('orthanc'))('Orthanc stores it in its study and shows its frames', async () => {
  const study = await phantom();
  const { file } = await segmentedHead(study);
  const orthanc = await startOrthanc();
  for (const path of [...readdirSync(study).map((name) => join(study, name)), file]) expect((await fetch(`${orthanc.url}/instances`, { method: 'POST', body: readFileSync(path) })).status).toBe(200);
  expect(await orthanc.get('/studies')).toHaveLength(1);
  const series = await orthanc.get<{ readonly MainDicomTags: { readonly Modality: string }; readonly Instances: readonly string[] }[]>('/series?expand');
  const seg = series.find(({ MainDicomTags }) => MainDicomTags.Modality === 'SEG')!;
  expect(series).toHaveLength(2);
  expect(seg.Instances).toHaveLength(1);
  expect(await orthanc.get(`/instances/${seg.Instances[0]!}/frames`)).toEqual([0, 1]);
  const preview = await fetch(`${orthanc.url}/instances/${seg.Instances[0]!}/frames/1/preview`);
  expect([preview.status, preview.headers.get('content-type')]).toEqual([200, 'image/png']);
});

test('the same job writes the same object, another one another; the series of images is a third', async () => {
  const at = place();
  writeStudy(at('study'));
  writeMask(at('masks'), '2.25.2');
  const names = async (out: string, job: string, type: string) => {
    const env = { NVIDIA_CLARA_JOBID: job, NVIDIA_CLARA_STAGENAME: 'w' };
    expect(await operator('dicom-writer', ['--type', type, '--input', at('masks'), '--dicom', at('study'), '--output', at(out)], { env })).toMatchObject({ exitCode: 0 });
    return filesEnding(at(out), '.dcm');
  };
  const first = await names('one', 'a', 'seg');
  expect(await names('two', 'a', 'seg')).toEqual(first);
  expect(await names('three', 'b', 'seg')).not.toEqual(first);
  expect(await names('four', 'a', 'series')).not.toContain(first[0]);
});

test('two masks become two objects', async () => {
  const at = place();
  for (const uid of ['2.25.2', '2.25.22']) {
    writeStudy(at(`study/${uid}`), { SeriesInstanceUID: uid });
    writeMask(at('masks'), uid);
  }
  expect(await write(at, 'study')).toMatchObject({ exitCode: 0, stderr: '' });
  expect(filesEnding(at('out'), '.dcm')).toHaveLength(2);
});

describe('dicom-writer --type seg refuses', () => {
  test.each<[string, string[], number, RegExp]>([
    ['another type', ['--type', 'rtstruct'], 2, /--type must be one of series, seg/],
    ['segments that are not there', ['--segments', '/nowhere/segments.json'], 4, /cannot read \/nowhere\/segments\.json \(it does not exist\)[^]*hint: --segments takes/],
    ['segments that say nothing', ['--segments', '[{"labelID":1,"Name":"x"}]'], 2, /the value of --segments: segment 1: Name is not known/],
    ['a description with a backslash', ['--description', 'a\\b'], 2, /--description must be/],
  ])('%s', async (_, args, exitCode, message) => {
    const at = place();
    writeStudy(at('study'));
    writeMask(at('masks'), '2.25.2');
    expect(await operator('dicom-writer', ['--type', 'seg', '--input', at('masks'), '--dicom', at('study'), '--output', at('out'), ...args])).toMatchObject({ exitCode, stdout: '', stderr: expect.stringMatching(message) });
  });

  test('a volume that is no mask, and writes nothing', async () => {
    const at = place();
    writeStudy(at('study'));
    writeMask(at('masks'), '2.25.2', Float32Array.from({ length: pixels * slices }, (_, index) => (index < 50 ? 1 : 0.25)), 'MET_FLOAT');
    expect(await write(at, 'study')).toMatchObject({
      exitCode: 2, stdout: '', stderr: 'error: slice 2 of 2.25.2.mhd holds the value 0.25, which is no label: labels are whole numbers from 0 to 65535\nhint: --type series writes a volume of any values\n',
    });
    expect(() => readdirSync(at('out'))).toThrow('ENOENT');
  });

  test('a mask of other slices than the originals\'', async () => {
    const at = place();
    writeStudy(at('study'), { Columns: columns + 1, PixelData: new Int16Array(pixels + rows).buffer });
    writeMask(at('masks'), '2.25.2');
    expect(await write(at, 'study')).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/has 4 slices of 7 × 5, the original series 4 of 8 × 5/) });
  });
});

test('SIGTERM in the middle of an object leaves nothing of it', async () => {
  const at = place();
  expect(await operator('phantom', [at('study'), '--slices', '20', '--size', '512'])).toMatchObject({ exitCode: 0 });
  expect(await operator('dicom-reader', ['--input', at('study'), '--output', at('volumes')])).toMatchObject({ exitCode: 0 });
  const [header] = filesEnding(at('volumes'), '.mhd');
  mkdirSync(at('masks'));
  // Two hundred labels in each slice: as many frames as will not be written before the signal comes.
  writeFileSync(join(at('masks'), header!), readFileSync(join(at('volumes'), header!), 'utf8').replace('MET_SHORT', 'MET_UCHAR'));
  writeFileSync(join(at('masks'), header!.replace('.mhd', '.raw')), Uint8Array.from({ length: 512 * 512 * 20 }, (_, index) => index % 201));
  mkdirSync(at('out'));
  const result = await operator('dicom-writer', ['--type', 'seg', '--input', at('masks'), '--dicom', at('study'), '--output', at('out')], {
    onSpawn: (child) => {
      const look = setInterval(() => {
        if (child.exitCode !== null || readdirSync(at('out')).length === 0) return;
        clearInterval(look);
        child.kill('SIGTERM');
      }, 2);
    },
  });
  expect(result).toMatchObject({ exitCode: 143, stderr: 'error: stopped by SIGTERM\n' });
  expect(readdirSync(at('out'))).toEqual([]);
}, 60_000);
