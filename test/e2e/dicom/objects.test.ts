import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DicomFile } from '../../../src/dicom/part10/file.ts';
import { encodeFileHeader } from '../../../src/dicom/part10/header.ts';
import { settingsFor } from '../../helpers/adapter.ts';
import { encodeDataSet } from '../../helpers/data-set.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';
import { recode, transcode } from '../../helpers/recode.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../helpers/run.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';

const counting = shellOperators({ count: 'find /input -type f | wc -l > /output/count' });
const multiFrame = '1.2.840.10008.5.1.4.1.1.7.2';
const explicitLe = '1.2.840.10008.1.2.1';
const cannot = missing('dcmtk') || missing('ct-head') || missing('pydicom');

/** Data sets by transfer syntax and SOP instance, of all files below a folder. */
async function dataSets(folder: string): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const file = await DicomFile.open(path);
    found.set(`${file.meta.transferSyntax} ${file.meta.sopInstance}`, readFileSync(path).subarray(-file.dataSetBytes));
    await file.close();
  }
  return found;
}

/** A file with frames of 512 × 512 × 16 bits, and a patient's name in a character set. */
function writeFrames(path: string, { instance, frames, characters = ['ISO_IR 100', Buffer.from('Müller^Jürgen', 'latin1')] }: { readonly instance: string; readonly frames: number; readonly characters?: readonly [string, Buffer] }): void {
  const us = (tag: number, value: number) => ({ tag, vr: 'US', value: Buffer.from([value & 0xff, value >> 8]) });
  const data = encodeDataSet([
    { tag: 0x00080005, vr: 'CS', value: characters[0] }, { tag: 0x00080016, vr: 'UI', value: multiFrame }, { tag: 0x00080018, vr: 'UI', value: instance }, { tag: 0x00080060, vr: 'CS', value: 'OT' },
    { tag: 0x00100010, vr: 'PN', value: characters[1] }, { tag: 0x00100020, vr: 'LO', value: 'P1' }, { tag: 0x0020000d, vr: 'UI', value: '1.2.3' }, { tag: 0x0020000e, vr: 'UI', value: '1.2.3.4' },
    us(0x00280002, 1), { tag: 0x00280004, vr: 'CS', value: 'MONOCHROME2' }, { tag: 0x00280008, vr: 'IS', value: String(frames) }, us(0x00280010, 512), us(0x00280011, 512),
    us(0x00280100, 16), us(0x00280101, 16), us(0x00280102, 15), us(0x00280103, 0), { tag: 0x7fe00010, vr: 'OW', value: Buffer.alloc(512 * 512 * 2 * frames, 'frame') },
  ], { explicit: true, bigEndian: false });
  writeFileSync(path, Buffer.concat([encodeFileHeader({ sopClass: multiFrame, sopInstance: instance, transferSyntax: explicitLe, sendingAe: 'TEST', receivingAe: undefined }), data]));
}

/** An adapter whose AE title CLARA takes anything from anybody into one job a study. */
async function adapter(more = '') {
  const place = await dicomPlace();
  place.layDown(settingsFor({ count: await place.createPipeline(counting) }, { timeout: 5, more }));
  const { port } = await place.startAdapter();
  return {
    place,
    /** With dcmsend, which proposes what its files are in; or with storescu, which says in its flags what it proposes. */
    async send(folder: string, storescu?: readonly string[]) {
      const [program, flags] = storescu === undefined ? ['dcmsend', ['-dn']] as const : ['storescu', storescu] as const;
      const sent = await run(program, ['-v', ...flags, '+sd', '-aec', 'CLARA', '127.0.0.1', port, folder], { env: { TCP_NODELAY: '1' } });
      expect([sent.exitCode, sent.stderr + sent.stdout]).toEqual([0, expect.anything()]);
    },
  };
}

/** With the VR that compressed pixels have (PS3.5 A.4), which the encoder forgets, and a sender of dcmtk puts right. */
async function jpeg2000(syntax: string, from: string, to: string, names: readonly string[]): Promise<void> {
  await transcode(from, names, to, syntax);
  for (const name of names) {
    const bytes = readFileSync(join(to, name));
    bytes.write('OB', bytes.indexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00])) + 4);
    writeFileSync(join(to, name), bytes);
  }
}

/** Of even length, as it is on the wire (PS3.5 A.5). */
async function deflated(from: string, to: string, names: readonly string[]): Promise<void> {
  await recode('dcmconv', ['+td'], from, to, names);
  for (const name of names) if (readFileSync(join(to, name)).length % 2 === 1) appendFileSync(join(to, name), Buffer.alloc(1));
}

const pydicomReads = `
import sys, pathlib, pydicom
for path in sorted(p for p in pathlib.Path(sys.argv[1]).rglob('*') if p.is_file()):
    d = pydicom.dcmread(path)
    print(d.file_meta.TransferSyntaxUID, d.SOPInstanceUID, len(d.PixelData), d.PatientName)
`;

test.skipIf(cannot)('images of every kind of transfer syntax reach the payload bit for bit, and pydicom reads them', async () => {
  const folder = tempDir();
  const names = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '10'].map((name) => `${name}.dcm`);
  // Each image in an encoding of its own: they are one series. What is not compressed has to be proposed alone to be sent as it is.
  const encodings: readonly (readonly [string, (from: string, to: string, some: readonly string[]) => Promise<void>, (readonly string[])?])[] = [
    ['implicit VR', (...where) => recode('dcmconv', ['+ti'], ...where), ['-xi']],
    ['big endian', (...where) => recode('dcmconv', ['+tb'], ...where), ['-xb']],
    ['deflated', deflated],
    ['RLE', (...where) => recode('dcmcrle', [], ...where)],
    ['JPEG lossless', (...where) => recode('dcmcjpeg', ['+e1'], ...where)],
    ['JPEG baseline', (...where) => recode('dcmcjpeg', ['+eb'], ...where)],
    ['JPEG-LS', (...where) => recode('dcmcjpls', ['+el'], ...where)],
    ['JPEG 2000 lossless', (...where) => jpeg2000('1.2.840.10008.1.2.4.90', ...where)],
    ['JPEG 2000', (...where) => jpeg2000('1.2.840.10008.1.2.4.91', ...where)],
    ['as it is', (...where) => recode('dcmconv', [], ...where)],
  ];
  const out = join(folder, 'sent');
  for (const [index, [name, encode]] of encodings.entries()) await encode(ctHead, join(out, name), [names[index]!]);
  const { place, send } = await adapter();
  for (const [name, , flags] of encodings) await send(join(out, name), flags);
  const [job] = await place.ended(1);
  expect(job).toMatchObject({ status: 'JOB_STATUS_HEALTHY', metadata: { Instances: String(names.length) } });
  await place.ask(['download', `${job!.jobId}:/input/*`, join(folder, 'got')]);
  const [sent, got] = [await dataSets(out), await dataSets(join(folder, 'got'))];
  expect(new Set([...sent.keys()].map((key) => key.split(' ')[0])).size).toBe(encodings.length);
  expect([...got.keys()].toSorted()).toEqual([...sent.keys()].toSorted());
  for (const [key, bytes] of sent) expect(got.get(key)!.equals(bytes), key).toBe(true);
  const read = await run('/usr/bin/python3', ['-c', pydicomReads, join(folder, 'got')]);
  expect([read.exitCode, read.stderr, read.stdout.trim().split('\n').length]).toEqual([0, expect.anything(), names.length]);
}, 120_000);

test.skipIf(cannot)('many frames in 50 MiB, and names in other scripts', async () => {
  const folder = tempDir();
  mkdirSync(join(folder, 'sent'));
  writeFrames(join(folder, 'sent/large.dcm'), { instance: '1.2.3.4.1', frames: 100 });
  writeFrames(join(folder, 'sent/utf8.dcm'), { instance: '1.2.3.4.2', frames: 1, characters: ['ISO_IR 192', Buffer.from('Ямада^Таро')] });
  writeFrames(join(folder, 'sent/kanji.dcm'), { instance: '1.2.3.4.3', frames: 1, characters: ['\\ISO 2022 IR 87', Buffer.from('Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B', 'latin1')] });
  const { place, send } = await adapter('services: { platform: { upload-metadata: true, metadata-dicom-source: ["0010,0010"] } }');
  await send(join(folder, 'sent'));
  const [job] = await place.ended(1);
  expect(job).toMatchObject({ status: 'JOB_STATUS_HEALTHY', metadata: { Instances: '3' } });
  const patientNames = Object.entries(job!.metadata).flatMap(([key, value]) => (key.startsWith('00100010') ? [value] : []));
  expect(patientNames.toSorted()).toEqual(['Müller^Jürgen', 'Yamada^Tarou=山田^太郎', 'Ямада^Таро'].toSorted());
  await place.ask(['download', `${job!.jobId}:/input/*`, join(folder, 'got')]);
  const [sent, got] = [await dataSets(join(folder, 'sent')), await dataSets(join(folder, 'got'))];
  expect(got.size).toBe(3);
  for (const [key, bytes] of sent) expect(got.get(key)!.equals(bytes), key).toBe(true);
}, 120_000);

test.skipIf(cannot)('a series of two thousand images is one job', async () => {
  const folder = tempDir();
  await run(process.execPath, ['dist/operators/phantom.js', folder, '--slices', '2000', '--size', '32']);
  const { place, send } = await adapter();
  await send(folder);
  expect(await place.ended(1)).toMatchObject([{ status: 'JOB_STATUS_HEALTHY', metadata: { Instances: '2000' } }]);
}, 180_000);
