import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import dcmjs from 'dcmjs';
import { describe, expect, test } from 'vitest';
import { sendToAe } from '../../../../src/dicom/export/dimse/send.ts';
import { DicomFile } from '../../../../src/dicom/part10/file.ts';
import { encodeFileHeader } from '../../../../src/dicom/part10/header.ts';
import { type InstanceFate } from '../../../../src/dicom/store/exports.ts';
import { encodeDataSet, type TestElement } from '../../../helpers/data-set.ts';
import { freePort, startPeer } from '../../../helpers/dicom-net.ts';
import { recode, transcode } from '../../../helpers/recode.ts';
import { exportPlace } from '../../../helpers/export.ts';
import { missing } from '../../../helpers/require.ts';
import { ctHead, tempDir } from '../../../helpers/run.ts';

const some = ['03.dcm', '15.dcm'];
const [explicitLe, secondaryCapture] = ['1.2.840.10008.1.2.1', '1.2.840.10008.5.1.4.1.1.7'];
const us = (tag: number, value: number): TestElement => ({ tag, vr: 'US', value: Buffer.from([value & 0xff, value >> 8]) });

/** A receiver with its defaults, uncompressed syntaxes only; sends it files of a folder, and has what it got by SOP instance. */
async function storescp(...flags: readonly string[]) {
  const [port, out] = [await freePort(), tempDir()];
  await startPeer('storescp', ['-v', ...flags, '-aet', 'MYPACS', '-od', out, String(port)], port);
  const send = async (folder: string, names: readonly string[]): Promise<InstanceFate[]> => {
    const files = await Promise.all(names.map(async (name) => {
      const file = await DicomFile.open(join(folder, name));
      await file.close();
      return { uri: name, path: join(folder, name), meta: file.meta, bytes: file.dataSetBytes };
    }));
    return sendToAe({ name: 'MYPACS', hostIp: '127.0.0.1', port, aeTitle: 'MYPACS' }, files, { callingAe: 'CLARA', timeouts: {}, signal: new AbortController().signal });
  };
  return { send, port, received: () => imagesOf(out, readdirSync(out)) };
}

interface Image {
  readonly syntax: string;
  readonly pixels: Buffer;
  readonly attributes: Record<string, unknown>;
}

/** Images by SOP instance. */
function imagesOf(folder: string, names: readonly string[]): Map<string, Image> {
  return new Map(names.map((name) => {
    const { meta, dict } = dcmjs.data.DicomMessage.readFile(Uint8Array.from(readFileSync(join(folder, name))).buffer, {}) as unknown as Record<'meta' | 'dict', Record<string, { vr: string; Value: unknown[] }>>;
    const value = (tag: string) => dict[tag]?.Value[0];
    const attributes = {
      photometric: value('00280004'), planar: value('00280002') === 1 ? undefined : value('00280006'), bits: [value('00280100'), value('00280101'), value('00280102')], lossy: value('00282110'), ratio: value('00282112'), patient: value('00100020'), frames: value('00280008'),
    };
    return [value('00080018') as string, { syntax: meta['00020010']!.Value[0] as string, pixels: Buffer.concat((dict['7FE00010']!.Value as ArrayBuffer[]).map((part) => Buffer.from(part))), attributes }];
  }));
}

function writeImage(folder: string, name: string, { instance, samples, bits, frames = 1, pixels }: { readonly instance: string; readonly samples: 1 | 3; readonly bits: 8 | 16; readonly frames?: number; readonly pixels: Buffer }): void {
  mkdirSync(folder, { recursive: true });
  const data = encodeDataSet([
    { tag: 0x00080016, vr: 'UI', value: secondaryCapture }, { tag: 0x00080018, vr: 'UI', value: instance }, { tag: 0x00080060, vr: 'CS', value: 'OT' }, { tag: 0x00080064, vr: 'CS', value: 'WSD' }, { tag: 0x00100020, vr: 'LO', value: 'P1' },
    { tag: 0x0020000d, vr: 'UI', value: '1.2.3' }, { tag: 0x0020000e, vr: 'UI', value: '1.2.3.4' }, us(0x00280002, samples), { tag: 0x00280004, vr: 'CS', value: samples === 3 ? 'RGB' : 'MONOCHROME2' },
    ...(samples === 3 ? [us(0x00280006, 0)] : []), { tag: 0x00280008, vr: 'IS', value: String(frames) }, us(0x00280010, 256), us(0x00280011, 256), us(0x00280100, bits), us(0x00280101, bits), us(0x00280102, bits - 1), us(0x00280103, 0),
    { tag: 0x7fe00010, vr: bits === 16 ? 'OW' : 'OB', value: pixels },
  ], { explicit: true, bigEndian: false });
  writeFileSync(join(folder, name), Buffer.concat([encodeFileHeader({ sopClass: secondaryCapture, sopInstance: instance, transferSyntax: explicitLe }), data]));
}

/** Something of an image: slopes, and a little noise. */
function slopes(bytes: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: bytes }, (_, index) => (index / 700 + (index % 3) * 40 + (index * 7919) % 5) & 0xff));
}

const stored = [{ delivered: true, status: 'stored' }, { delivered: true, status: 'stored' }];

describe.skipIf(missing('dcmtk') || missing('ct-head'))('a receiver that takes uncompressed syntaxes only', () => {
  test.each<readonly [string, (from: string, to: string) => Promise<void>]>([
    ['RLE', (from, to) => recode('dcmcrle', [], from, to, some)],
    ['JPEG lossless', (from, to) => recode('dcmcjpeg', ['+e1'], from, to, some)],
    ['JPEG-LS lossless in small fragments', (from, to) => recode('dcmcjpls', ['+el', '+fs', '8'], from, to, some)],
    ['JPEG 2000 lossless', (from, to) => transcode(from, some, to, '1.2.840.10008.1.2.4.90')],
    ['HTJ2K lossless', (from, to) => transcode(from, some, to, '1.2.840.10008.1.2.4.201')],
  ])('%s arrives with the pixels of the original', async (_what, pack) => {
    const folder = tempDir();
    await recode('dcmconv', ['+te'], ctHead, join(folder, 'plain'), some);
    await pack(join(folder, 'plain'), join(folder, 'packed'));
    const { send, received } = await storescp();
    expect(await send(join(folder, 'packed'), some)).toMatchObject(stored);
    const got = received();
    for (const [instance, { pixels, attributes }] of imagesOf(join(folder, 'plain'), some)) {
      expect(got.get(instance)).toMatchObject({ syntax: explicitLe, attributes });
      expect(got.get(instance)!.pixels.equals(pixels)).toBe(true);
    }
  }, 60_000);

  test('the adapter delivers it, too', async () => {
    const folder = tempDir();
    await recode('dcmcjpls', ['+el'], ctHead, folder, some);
    const receiver = await storescp();
    const { register, settled, temporary } = await exportPlace([receiver]);
    expect(await settled(await register('"MYPACS"', Object.fromEntries(some.map((name) => [name, readFileSync(join(folder, name))]))))).toMatchObject({ state: 'Succeeded', retries: 0 });
    const got = receiver.received();
    for (const [instance, { pixels }] of imagesOf(ctHead, some)) expect(got.get(instance)!.pixels.equals(pixels)).toBe(true);
    expect(temporary()).toEqual([]);
  }, 60_000);

  test('one that takes implicit VR only gets that; one that takes what is stored gets it as it is', async () => {
    const folder = tempDir();
    await recode('dcmcrle', [], ctHead, join(folder, 'packed'), some);
    const [implicit, all] = [await storescp('+xi'), await storescp('+xr')];
    expect(await implicit.send(join(folder, 'packed'), some)).toMatchObject(stored);
    expect([...implicit.received().values()].map(({ syntax }) => syntax)).toEqual(['1.2.840.10008.1.2', '1.2.840.10008.1.2']);
    const [[before], [after]] = [[...imagesOf(ctHead, some).values()], [...implicit.received().values()]];
    expect(after!.pixels.length).toBe(before!.pixels.length);
    expect(await all.send(join(folder, 'packed'), some)).toMatchObject(stored);
    expect([...all.received().values()].map(({ syntax }) => syntax)).toEqual(['1.2.840.10008.1.2.5', '1.2.840.10008.1.2.5']);
  }, 60_000);

  test('frames in RLE, colours in JPEG-LS and JPEG 2000: the same pixels', async () => {
    const folder = tempDir();
    writeImage(join(folder, 'plain'), 'frames', { instance: '1.2.3.4.1', samples: 1, bits: 16, frames: 5, pixels: slopes(256 * 256 * 2 * 5) });
    for (const [index, name] of ['ls', 'planes', 'j2k', 'rle'].entries()) writeImage(join(folder, 'plain'), name, { instance: `1.2.3.4.${index + 2}`, samples: 3, bits: 8, pixels: slopes(256 * 256 * 3) });
    await recode('dcmcrle', [], join(folder, 'plain'), join(folder, 'packed'), ['frames', 'rle']);
    await recode('dcmcjpls', ['+el'], join(folder, 'plain'), join(folder, 'packed'), ['ls']);
    await recode('dcmcjpls', ['+el', '+in'], join(folder, 'plain'), join(folder, 'packed'), ['planes']);
    await transcode(join(folder, 'plain'), ['j2k'], join(folder, 'packed'), '1.2.840.10008.1.2.4.90');
    const names = ['frames', 'ls', 'planes', 'j2k', 'rle'];
    const { send, received } = await storescp();
    expect(await send(join(folder, 'packed'), names)).toMatchObject(names.map(() => ({ delivered: true })));
    const got = received();
    for (const [instance, { pixels, attributes }] of imagesOf(join(folder, 'plain'), names)) {
      expect(got.get(instance)).toMatchObject({ syntax: explicitLe, attributes });
      expect([instance, got.get(instance)!.pixels.equals(pixels)]).toEqual([instance, true]);
    }
  }, 60_000);

  test('JPEG baseline in colours arrives as dcmtk decodes it, and still says that it was lossy', async () => {
    const folder = tempDir();
    writeImage(join(folder, 'plain'), 'a', { instance: '1.2.3.4.5', samples: 3, bits: 8, pixels: slopes(256 * 256 * 3) });
    await recode('dcmcjpeg', ['+eb'], join(folder, 'plain'), join(folder, 'packed'), ['a']);
    await recode('dcmdjpeg', ['+px'], join(folder, 'packed'), join(folder, 'decoded'), ['a']);
    const { send, received } = await storescp();
    expect(await send(join(folder, 'packed'), ['a'])).toMatchObject([{ delivered: true }]);
    const [packed, expected, got] = [imagesOf(join(folder, 'packed'), ['a']), imagesOf(join(folder, 'decoded'), ['a']), received()].map((images) => images.values().next().value);
    expect(packed!.attributes['photometric']).toMatch(/^YBR_FULL/);
    expect(got!.attributes).toEqual(expected!.attributes);
    expect(got!.attributes).toMatchObject({ photometric: 'RGB', planar: 0, lossy: '01' });
    expect(got!.pixels.equals(expected!.pixels)).toBe(true);
  }, 60_000);

  test('what cannot be decoded fails alone, with the reason: before anything is sent, or in the middle', async () => {
    const folder = tempDir();
    await recode('dcmcrle', [], ctHead, join(folder, 'packed'), some);
    const first = join(folder, 'packed', 'damaged');
    renameSync(join(folder, 'packed', some[0]!), first);
    const bytes = readFileSync(first);
    // Number of segments of its only frame.
    bytes.writeUInt32LE(7, bytes.lastIndexOf(Buffer.from([0xe0, 0x7f, 0x10, 0x00])) + 32);
    writeFileSync(first, bytes);
    writeImage(join(folder, 'plain'), 'frames', { instance: '1.2.3.4.1', samples: 1, bits: 16, frames: 20, pixels: slopes(256 * 256 * 2 * 20) });
    await recode('dcmcrle', [], join(folder, 'plain'), join(folder, 'packed'), ['frames']);
    const path = join(folder, 'packed', 'frames');
    const frames = readFileSync(path);
    const last = frames.lastIndexOf(Buffer.from([2, 0, 0, 0, 64, 0, 0, 0]));
    frames.writeUInt32LE(7, last);
    writeFileSync(path, frames);
    const { send, received } = await storescp();
    const fates = await send(join(folder, 'packed'), ['damaged', 'frames', some[1]!]);
    expect(fates).toMatchObject([
      { uri: 'damaged', delivered: false, status: expect.stringMatching(/frame 1 of 1: damaged compressed pixel data: 7 RLE segments/) as string },
      { uri: 'frames', delivered: false, status: expect.stringMatching(/frame 20 of 20: damaged compressed pixel data: 7 RLE segments/) as string },
      { uri: some[1], delivered: true },
    ]);
    expect([...received().keys()]).toContain(fates[2]!.sopInstance);
  }, 60_000);
});
