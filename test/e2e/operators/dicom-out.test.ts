import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ResultsClient } from '../../../src/api/results/client.ts';
import { splitAddress } from '../../../src/core/addresses.ts';
import { missing } from '../../helpers/require.ts';
import { startServer } from '../../helpers/platform.ts';
import { clara, ctHead, root, run, tempDir } from '../../helpers/run.ts';
import { ctHeadFacts, filesEnding, operator } from './helpers.ts';

const definition = join(root, 'templates/pipelines/ct-threshold-dicom.yaml');

/** A study of a head that never was, its volume and its mask. */
async function study(slices = 6) {
  const folder = tempDir();
  const at = (name: string) => join(folder, name);
  expect(await operator('phantom', [at('study'), '--slices', String(slices), '--size', '64'])).toMatchObject({ exitCode: 0 });
  expect(await operator('dicom-reader', ['--input', at('study'), '--output', at('volumes')])).toMatchObject({ exitCode: 0 });
  expect(await operator('threshold-segmentation', ['--input', at('volumes'), '--output', at('masks')])).toMatchObject({ exitCode: 0 });
  return at;
}

const readBack = `
import sys, json, glob, pydicom, hashlib, warnings
warnings.simplefilter('error')
from pydicom import config
config.settings.reading_validation_mode = config.RAISE
sets = sorted((pydicom.dcmread(f) for f in glob.glob(sys.argv[1] + '/*.dcm')), key=lambda d: int(d.InstanceNumber))
originals = {d.SOPInstanceUID: d for d in (pydicom.dcmread(f) for f in glob.glob(sys.argv[2] + '/*.dcm'))}
source = lambda d: originals[d.SourceImageSequence[0].ReferencedSOPInstanceUID]
for d in sets: [e.value for e in d.iterall()]
print(json.dumps({
  'count': len(sets), 'series': len({d.SeriesInstanceUID for d in sets}), 'instances': len({d.SOPInstanceUID for d in sets}),
  'sameStudy': all(d.StudyInstanceUID == source(d).StudyInstanceUID and d.PatientID == source(d).PatientID and str(d.PatientName) == str(source(d).PatientName) for d in sets),
  'otherSeries': all(d.SeriesInstanceUID != source(d).SeriesInstanceUID for d in sets),
  'samePlace': all(list(d.ImagePositionPatient) == list(source(d).ImagePositionPatient) and list(d.ImageOrientationPatient) == list(source(d).ImageOrientationPatient) and list(d.PixelSpacing) == list(source(d).PixelSpacing) and d.FrameOfReferenceUID == source(d).FrameOfReferenceUID for d in sets),
  'meta': all(d.file_meta.MediaStorageSOPInstanceUID == d.SOPInstanceUID and d.file_meta.MediaStorageSOPClassUID == d.SOPClassUID for d in sets),
  'uids': all(pydicom.uid.UID(u).is_valid for d in sets for u in (d.SeriesInstanceUID, d.SOPInstanceUID)),
  'type': sorted({'/'.join(d.ImageType) for d in sets}), 'description': sorted({d.SeriesDescription for d in sets}),
  'bytes': hashlib.sha256(b''.join(bytes(bytearray(d.PixelData)[0::2]) for d in sets)).hexdigest(),
}))`;

describe.skipIf(missing('pydicom'))('dicom-writer, read by pydicom', () => {
  test.skipIf(missing('ct-head'))('a mask of a real study is a valid series of that study, in the same place', async () => {
    const at = (name: string) => join(folder, name);
    const folder = tempDir();
    expect(await operator('dicom-reader', ['--input', ctHead, '--output', at('volumes')])).toMatchObject({ exitCode: 0 });
    expect(await operator('threshold-segmentation', ['--input', at('volumes'), '--output', at('masks')])).toMatchObject({ exitCode: 0 });
    const written = await operator('dicom-writer', ['--input', at('masks'), '--dicom', ctHead, '--output', at('dicom'), '--description', 'Bone']);
    expect(written).toMatchObject({ exitCode: 0, stderr: '' });
    expect(written.stdout).not.toMatch(/REMOVED|QMNx85rKkkg/);
    const read = await run('/usr/bin/python3', ['-c', readBack, at('dicom'), ctHead]);
    expect(read).toMatchObject({ exitCode: 0, stderr: '' });
    const { createHash } = await import('node:crypto');
    expect(JSON.parse(read.stdout)).toEqual({
      count: 28, series: 1, instances: 28, sameStudy: true, otherSeries: true, samePlace: true, meta: true, uids: true, type: ['DERIVED/SECONDARY/AXIAL'], description: ['Bone'],
      bytes: createHash('sha256').update(readFileSync(at(`masks/${ctHeadFacts.uid}.raw`))).digest('hex'),
    });
    // What it wrote is a study that can be read again, slice for slice.
    expect(await operator('dicom-reader', ['--input', at('dicom'), '--output', at('again')])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('512 × 512 × 28 voxels') });
  });

  test.each([
    ['ISO_IR 100', 'Müller^Jörg', 'Schädel'],
    ['ISO_IR 144', 'Люкceмбypг', 'голова'],
    ['ISO_IR 192', 'Wang^XiaoDong=王^小东', '头部'],
    ['GB18030', 'Wang^XiaoDong=王^小东', '头部'],
    ['\\ISO 2022 IR 87', 'Yamada^Tarou=山田^太郎=やまだ^たろう', '頭部CT'],
    ['ISO 2022 IR 13\\ISO 2022 IR 87', 'ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎=やまだ^たろう', '頭部ｽｷｬﾝ'],
    ['\\ISO 2022 IR 149', 'Hong^Gildong=洪^吉洞=홍^길동', '머리'],
    ['ISO 2022 IR 100\\ISO 2022 IR 144', 'Müller^Люк', 'Schädel голова'],
  ])('names and other text arrive in character set %s', async (characterSet, name, text) => {
    const at = await study(2);
    const make = `
import sys, glob, pydicom
from pydicom.dataset import Dataset
for f in glob.glob(sys.argv[1] + "/*.dcm"):
  d = pydicom.dcmread(f); d.SpecificCharacterSet = sys.argv[2].split("\\\\"); d.PatientName = sys.argv[3]; d.StudyDescription = sys.argv[4]
  code = Dataset(); code.CodeValue = "1"; code.CodingSchemeDesignator = "99X"; code.CodeMeaning = sys.argv[4]; d.ProcedureCodeSequence = [code]
  d.save_as(f)`;
    expect(await run('/usr/bin/python3', ['-c', make, at('study'), characterSet, name, text])).toMatchObject({ exitCode: 0, stderr: '' });
    for (const type of ['series', 'seg']) expect(await operator('dicom-writer', ['--type', type, '--input', at('masks'), '--dicom', at('study'), '--output', at(type)])).toMatchObject({ exitCode: 0, stderr: '' });
    const show = 'import sys, glob, pydicom\nfor f in glob.glob(sys.argv[1] + "/*.dcm"): d = pydicom.dcmread(f); print(d.SpecificCharacterSet, d.PatientName, d.StudyDescription, d.ProcedureCodeSequence[0].CodeMeaning)';
    const shown = `ISO_IR 192 ${name} ${text} ${text}\n`;
    expect((await run('/usr/bin/python3', ['-c', show, at('series')])).stdout).toBe(shown.repeat(2));
    expect((await run('/usr/bin/python3', ['-c', show, at('seg')])).stdout).toBe(shown);
  });
});

test.skipIf(missing('dcmtk'))('dcmdump finds nothing to complain about', async () => {
  const at = await study();
  expect(await operator('dicom-writer', ['--input', at('volumes'), '--dicom', at('study'), '--output', at('dicom')])).toMatchObject({ exitCode: 0 });
  const files = filesEnding(at('dicom'), '.dcm').map((name) => join(at('dicom'), name));
  expect(files).toHaveLength(6);
  const dumped = await run('dcmdump', ['-v', ...files]);
  expect(dumped).toMatchObject({ exitCode: 0, stderr: expect.not.stringMatching(/^[WE]:/m) });
  // Values of the scanner's kind, with its window.
  expect(dumped.stdout).toContain('[DERIVED\\SECONDARY\\AXIAL]');
  expect(dumped.stdout).toContain('(0028,1050) DS [40]');
});

test.skipIf(missing('dcmtk')).each([['+ti'], ['+tb'], ['+td']])('originals may be in another transfer syntax: dcmconv %s', async (syntax) => {
  const at = await study(2);
  mkdirSync(at('other'));
  for (const name of filesEnding(at('study'), '.dcm')) expect(await run('dcmconv', [syntax, join(at('study'), name), join(at('other'), name)])).toMatchObject({ exitCode: 0 });
  expect(await operator('dicom-writer', ['--input', at('masks'), '--dicom', at('other'), '--output', at('dicom')])).toMatchObject({ exitCode: 0, stderr: '' });
  const shown = async (folder: string) => (await Promise.all(filesEnding(folder, '.dcm').map((name) => run('dcmdump', ['+P', 'ImagePositionPatient', '+P', 'PatientName', '+P', 'KVP', join(folder, name)])))).map(({ stdout }) => stdout).sort();
  expect(await shown(at('dicom'))).toEqual(await shown(at('study')));
});

test('dicom-writer says what does not fit together', async () => {
  const at = await study();
  const other = await study(5);
  const write = (input: string, dicom: string) => operator('dicom-writer', ['--input', input, '--dicom', dicom, '--output', at('dicom')]);
  expect(await write(at('masks'), other('study'))).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/has 6 slices of 64 × 64, the original series 5 of 64 × 64/) });
  expect(await write(at('masks'), at('masks'))).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no DICOM images in') });
  expect(await write(at('study'), at('study'))).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no volume (.mhd) in') });
});

test('the same job writes the same series, another one another', async () => {
  const at = await study(2);
  const write = async (folder: string, job: string) => {
    expect(await operator('dicom-writer', ['--input', at('masks'), '--dicom', at('study'), '--output', at(folder)], { env: { NVIDIA_CLARA_JOBID: job, NVIDIA_CLARA_STAGENAME: 'w' } })).toMatchObject({ exitCode: 0 });
    return filesEnding(at(folder), '.dcm');
  };
  const first = await write('one', 'a');
  expect(await write('two', 'a')).toEqual(first);
  expect(await write('three', 'b')).not.toEqual(first);
});

test('a volume that was not named after its series belongs to the only one there is', async () => {
  const at = await study(2);
  mkdirSync(at('renamed'));
  const [name] = filesEnding(at('masks'), '.mhd');
  writeFileSync(at('renamed/mask.mhd'), readFileSync(join(at('masks'), name!), 'utf8').replace(/ElementDataFile = .*/, 'ElementDataFile = mask.raw'));
  writeFileSync(at('renamed/mask.raw'), readFileSync(join(at('masks'), name!.replace('.mhd', '.raw'))));
  expect(await operator('dicom-writer', ['--input', at('renamed'), '--dicom', at('study'), '--output', at('dicom')])).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('taking the only one there is') });
  expect(filesEnding(at('dicom'), '.dcm')).toHaveLength(2);
});

test('from a study to tasks of the Results Service: the bundled pipeline', async () => {
  const server = await startServer();
  const env = { CLARA_HOME: tempDir(), CLARA_HOST: server.target };
  const folder = tempDir();
  expect(await operator('phantom', [join(folder, 'study'), '--slices', '4', '--size', '64'])).toMatchObject({ exitCode: 0 });
  const job = await clara(['run', '-p', definition, '-f', join(folder, 'study'), '-o', join(folder, 'out'), '--set', 'destinations=["A","B"]', '--format', 'json'], { env });
  expect(job).toMatchObject({ exitCode: 0 });
  const files = filesEnding(join(folder, 'out/dicom-writer/dicom'), '.dcm');
  expect(files).toHaveLength(4);
  const client = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 10_000);
  const tasks = await client.take('ClaraSCU', 10);
  const { jobId, payloadId, pipelineId } = JSON.parse(job.stdout) as Record<string, string>;
  expect(tasks).toMatchObject(['"A"', '"B"'].map((parameters) => ({ jobId, payloadId, pipelineId, parameters, uris: files.map((name) => `/operators/dicom-writer/dicom/${name}`) })));
  // The names are those that the payload is downloaded by.
  expect(await clara(['download', `${jobId}:${tasks[0]!.uris[0]!}`, join(folder, 'one/')], { env })).toMatchObject({ exitCode: 0 });
});

test('the bundled pipeline writes a segmentation object where a parameter says so', async () => {
  const server = await startServer();
  const env = { CLARA_HOME: tempDir(), CLARA_HOST: server.target };
  const folder = tempDir();
  expect(await operator('phantom', [join(folder, 'study'), '--slices', '4', '--size', '64'])).toMatchObject({ exitCode: 0 });
  expect(await clara(['run', '-p', definition, '-f', join(folder, 'study'), '-o', join(folder, 'out'), '--set', 'result-type=seg'], { env })).toMatchObject({ exitCode: 0 });
  const [file, ...others] = filesEnding(join(folder, 'out/dicom-writer/dicom'), '.dcm');
  expect(others).toEqual([]);
  const bytes = readFileSync(join(folder, 'out/dicom-writer/dicom', file!));
  // Segmentation Storage, with the segment that the definition names.
  for (const text of ['1.2.840.10008.5.1.4.1.1.66.4', 'Bone', '3138006', 'Threshold']) expect(bytes.includes(text), text).toBe(true);
});

describe('register-results by hand', () => {
  const ids = { NVIDIA_CLARA_JOBID: 'j', NVIDIA_CLARA_PIPELINEID: 'p', NVIDIA_CLARA_PAYLOADID: 'l' };

  test('registers every file below its folder, at an address, with the command of the original', async () => {
    const server = await startServer();
    const folder = tempDir();
    mkdirSync(join(folder, 'deep/er'), { recursive: true });
    for (const name of ['b.dcm', 'a.dcm', 'deep/er/c.dcm']) writeFileSync(join(folder, name), 'x');
    const [host, port] = server.ready.results!.split(':');
    const env = { ...ids, CLARA_RESULTSSERVICE_SERVICE_HOST: host, CLARA_RESULTSSERVICE_SERVICE_PORT: port };
    const done = await operator('register-results', ['python', 'register.py', '--agent', 'renderserver', '--input', folder, '--prefix', '/operators/w/out/'], { env });
    expect(done).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^3 files registered for renderserver: task [0-9a-f-]{36}\n$/) });
    const client = new ResultsClient({ kind: 'network', host: host!, port: Number(port) }, 10_000);
    expect(await client.take('renderserver', 1)).toMatchObject([{ jobId: 'j', pipelineId: 'p', payloadId: 'l', parameters: null, uris: ['/operators/w/out/a.dcm', '/operators/w/out/b.dcm', '/operators/w/out/deep/er/c.dcm'] }]);
  });

  test('run again by the platform it makes no second task', async () => {
    const server = await startServer();
    const folder = tempDir();
    writeFileSync(join(folder, 'a.dcm'), 'x');
    const env = { ...ids, NVIDIA_CLARA_STAGENAME: 'register', CLARA_RESULTSSERVICE_SOCKET: join(server.home, 'results/results.sock') };
    const register = () => operator('register-results', ['--agent', 'a', '--data', '["A","B"]', '--input', folder], { env });
    const first = await register();
    expect(first).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^1 file registered for a with "A": task \S+\n1 file registered for a with "B": task \S+\n$/) });
    expect((await register()).stdout).toBe(first.stdout);
    expect(await new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 10_000).take('a', 10)).toHaveLength(2);
  });

  test('waits for a platform that is started anew meanwhile', async () => {
    const server = await startServer();
    const folder = tempDir();
    writeFileSync(join(folder, 'a.dcm'), 'x');
    await server.stop();
    const env = { ...ids, CLARA_RESULTSSERVICE_SOCKET: join(server.home, 'results/results.sock') };
    const away = new AbortController();
    const waiting = run(process.execPath, [join(root, 'dist/operators/register-results.js'), '--agent', 'a', '--input', folder], {
      env, onSpawn: (child) => child.stderr!.once('data', () => away.abort()),
    });
    await new Promise<void>((resolve) => { away.signal.addEventListener('abort', () => resolve()); });
    const again = await startServer({ home: server.home });
    expect(await waiting).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('trying again') });
    expect(await new ResultsClient({ kind: 'network', ...splitAddress(again.ready.results!) }, 10_000).take('a', 10)).toHaveLength(1);
  });

  test('waits for a service that is away, and fails when it stays away', async () => {
    const folder = tempDir();
    writeFileSync(join(folder, 'a.dcm'), 'x');
    const env = { ...ids, CLARA_RESULTSSERVICE_SERVICE_HOST: '127.0.0.1', CLARA_RESULTSSERVICE_SERVICE_PORT: '9' };
    expect(await operator('register-results', ['--agent', 'a', '--input', folder, '--patience', '0.5'], { env })).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/trying again[^]*error: the Results Service at 127\.0\.0\.1:9 cannot be reached/) });
  });

  test.each([
    [[], {}, 2, /--agent NAME/],
    [['--agent', 'a'], {}, 2, /NVIDIA_CLARA_JOBID, NVIDIA_CLARA_PIPELINEID, NVIDIA_CLARA_PAYLOADID not set/],
    [['--agent', 'a', '--input', '/nowhere'], ids, 4, /cannot read folder/],
  ])('%j with %j is refused', async (args, env, exitCode, message) => {
    expect(await operator('register-results', args, { env })).toMatchObject({ exitCode, stderr: expect.stringMatching(message) });
  });
});
