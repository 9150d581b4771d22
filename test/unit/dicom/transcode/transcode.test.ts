import { deflateRawSync } from 'node:zlib';
import dcmjs from 'dcmjs';
import { expect, test } from 'vitest';
import { createCodecs } from '../../../../src/pixels/codecs.ts';
import { Dictionary } from '../../../../src/dicom/transcode/dictionary.ts';
import { conversionsOf, transcoded } from '../../../../src/dicom/transcode/transcode.ts';
import { encodingOf } from '../../../../src/dicom/part10/encoding.ts';
import { deflatedLittleEndian, explicitBigEndian, explicitLittleEndian, implicitLittleEndian } from '../../../../src/dicom/uids/well-known.ts';
import { encodeDataSet, type TestElement } from '../../../helpers/data-set.ts';

const plain = [implicitLittleEndian, explicitLittleEndian, explicitBigEndian];

async function* cut(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function converted(bytes: Buffer, from: string, to: string, size = 7): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of transcoded(cut(bytes, size), from, to, createCodecs())) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Numbers in the byte order of a syntax. */
function numbers(syntax: string, unit: 2 | 4 | 8, ...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * unit);
  values.forEach((value, index) => {
    if (unit === 2) bytes.writeUInt16LE(value, index * 2);
    else if (unit === 4) bytes.writeUInt32LE(value, index * 4);
    else bytes.writeDoubleLE(value, index * 8);
  });
  if (!encodingOf(syntax).bigEndian) return bytes;
  return unit === 2 ? bytes.swap16() : unit === 4 ? bytes.swap32() : bytes.swap64();
}

function sample(syntax: string, undefinedLength: boolean): Buffer {
  const inner: TestElement[] = [{ tag: 0x00081150, vr: 'UI', value: '1.2.3' }, { tag: 0x00282000, vr: 'OB', value: Buffer.of(1, 2, 3, 4) }];
  return encodeDataSet([
    { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 192' },
    { tag: 0x00081115, vr: 'SQ', undefinedLength, value: [[...inner, { tag: 0x0008114a, vr: 'SQ', undefinedLength, value: [inner, []] }], inner] },
    { tag: 0x00100010, vr: 'PN', value: 'A^B' },
    { tag: 0x00189073, vr: 'FD', value: numbers(syntax, 8, 1.5, -2) },
    { tag: 0x00280009, vr: 'AT', value: numbers(syntax, 2, 0x0018, 0x1063) },
    { tag: 0x00280010, vr: 'US', value: numbers(syntax, 2, 512) },
    { tag: 0x00280103, vr: 'US', value: numbers(syntax, 2, 1) },
    { tag: 0x00280106, vr: 'SS', value: numbers(syntax, 2, 0xff00) },
    { tag: 0x00291001, vr: 'UN', value: Buffer.from('private.') },
    { tag: 0x00660016, vr: 'OF', value: numbers(syntax, 4, 7, 8) },
    { tag: 0x60020010, vr: 'US', value: numbers(syntax, 2, 12) },
    { tag: 0x7fe00010, vr: 'OW', value: numbers(syntax, 2, ...Array.from({ length: 50_000 }, (_, index) => index)) },
  ], encodingOf(syntax));
}

test.each(plain.flatMap((from) => plain.map((to) => [from, to] as const)))('%s becomes %s: the same values, sequences delimited', async (from, to) => {
  for (const isDelimited of [true, false]) expect((await converted(sample(from, isDelimited), from, to)).equals(sample(to, true))).toBe(true);
});

test('deflated data sets are inflated', async () => {
  const deflated = deflateRawSync(sample(explicitLittleEndian, true));
  expect((await converted(deflated, deflatedLittleEndian, implicitLittleEndian, 100)).equals(sample(implicitLittleEndian, true))).toBe(true);
  await expect(converted(deflated.subarray(0, 200), deflatedLittleEndian, implicitLittleEndian)).rejects.toThrow(/cannot be inflated/);
});

test('an unknown value of undefined length is a sequence in implicit VR little endian', async () => {
  const item: TestElement[] = [{ tag: 0x00100020, vr: 'LO', value: 'ID' }];
  const elements = (vr: string): TestElement[] => [{ tag: 0x00291010, vr, undefinedLength: true, value: [item] }];
  const implicit = encodeDataSet(elements('UN'), encodingOf(explicitBigEndian));
  expect((await converted(implicit, explicitBigEndian, explicitLittleEndian)).equals(encodeDataSet(elements('SQ'), encodingOf(explicitLittleEndian)))).toBe(true);
});

test('what is too long for its VR becomes unknown; group lengths go', async () => {
  const long = 'x'.repeat(70_000);
  const from = encodeDataSet([{ tag: 0x00080000, vr: 'UL', value: numbers(implicitLittleEndian, 4, 9) }, { tag: 0x30060050, vr: 'DS', value: long }], encodingOf(implicitLittleEndian));
  const out = await converted(from, implicitLittleEndian, explicitLittleEndian);
  expect([out.readUInt16LE(0), out.toString('latin1', 4, 6), out.readUInt32LE(8), out.length]).toEqual([0x3006, 'UN', 70_000, 70_012]);
});

test.each<readonly [string, Buffer, RegExp]>([
  ['ends in a value', sample(explicitLittleEndian, true).subarray(0, 1000), /ends in the middle of an element/],
  ['ends in a sequence', sample(explicitLittleEndian, true).subarray(0, 64), /ends in the middle of/],
  ['has no VR', Buffer.from('0800050000000000', 'hex'), /has no value representation/],
  ['is compressed', encodeDataSet([{ tag: 0x7fe00010, vr: 'OB', value: [[]], undefinedLength: true }], encodingOf(explicitLittleEndian)), /is compressed, and its transfer syntax is not/],
  ['ends what has not begun', Buffer.from('feffdde000000000', 'hex'), /is where nothing ends/],
  ['is nested too deep', Buffer.concat(Array.from({ length: 100 }, () => Buffer.from('0800151153510000fffffffffeff00e0ffffffff', 'hex'))), /nested deeper/],
])('a data set that %s is an error', async (_what, bytes, message) => {
  await expect(converted(bytes, explicitLittleEndian, implicitLittleEndian)).rejects.toThrow(message);
});

test('nothing is converted to what it is, or to compressed pixels; what we cannot decode is not converted', () => {
  expect(conversionsOf(implicitLittleEndian)).toEqual([explicitLittleEndian, explicitBigEndian]);
  expect(conversionsOf(deflatedLittleEndian)).toEqual([explicitLittleEndian, implicitLittleEndian, explicitBigEndian]);
  expect(conversionsOf('1.2.840.10008.1.2.4.70')).toEqual([explicitLittleEndian, implicitLittleEndian]);
  expect(conversionsOf('1.2.840.10008.1.2.4.102')).toEqual([]);
});

test('the table of VRs is that of a dictionary of the standard', () => {
  const ours = new Dictionary();
  const known: Readonly<Record<string, string>> = { up: 'UL', ox: 'OW', lt: 'OW', xs: 'US' };
  const { nameMap } = (dcmjs as unknown as { data: { DicomMetaDictionary: { nameMap: Record<string, { tag: string; vr: string }> } } }).data.DicomMetaDictionary;
  const theirs = Object.values(nameMap).map(({ tag, vr }) => [Number.parseInt(tag.slice(1, 5) + tag.slice(6, 10), 16), known[vr] ?? vr] as const).filter(([tag, vr]) => tag >= 0x00040000 && vr !== 'na');
  expect(theirs.length).toBeGreaterThan(5000);
  expect(theirs.filter(([tag, vr]) => ours.vrOf(tag, false) !== vr)).toEqual([]);
  expect([ours.vrOf(0x00280106, true), ours.vrOf(0x00291001, false), ours.vrOf(0x00290010, false), ours.vrOf(0x60020010, false), ours.vrOf(0x00089999, false)]).toEqual(['SS', 'UN', 'LO', 'US', 'UN']);
});
