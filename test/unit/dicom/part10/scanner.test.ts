import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataSetScanner } from '../../../../src/dicom/part10/scan-data-set.ts';
import { Scanner, tags, tagText } from '../../../../src/dicom/part10/scanner.ts';
import { encodeDataSet, type TestElement } from '../../../helpers/data-set.ts';

const nested: readonly TestElement[] = [
  { tag: tags.patientId, vr: 'LO', value: 'INNER' },
  { tag: 0x00400275, vr: 'SQ', undefinedLength: true, value: [[{ tag: tags.seriesInstance, vr: 'UI', value: '9.9' }], []] },
];
const elements: readonly TestElement[] = [
  { tag: 0x00080005, vr: 'CS', value: 'ISO_IR 192' },
  { tag: tags.sopClass, vr: 'UI', value: '1.2.840.10008.5.1.4.1.1.2' },
  { tag: tags.sopInstance, vr: 'UI', value: '1.2.3' },
  { tag: tags.accessionNumber, vr: 'SH', value: '' },
  { tag: 0x00081110, vr: 'SQ', value: [nested] },
  { tag: 0x00081115, vr: 'SQ', undefinedLength: true, value: [nested, nested] },
  { tag: 0x00091001, vr: 'OB', value: Buffer.alloc(70_000, 0xff) },
  { tag: 0x00091002, vr: 'UN', undefinedLength: true, value: [nested] },
  { tag: tags.patientId, vr: 'LO', value: Buffer.from('Jürgen 1') },
  { tag: tags.studyInstance, vr: 'UI', value: '1.2.3.4' },
  { tag: tags.seriesInstance, vr: 'UI', value: '1.2.3.45' },
  { tag: 0x00280010, vr: 'US', value: Buffer.of(1, 2) },
  { tag: tags.pixelData, vr: 'OW', value: Buffer.alloc(5000) },
];
const wanted = [tags.patientId, tags.accessionNumber, tags.studyInstance, tags.seriesInstance, 0x00181030];

const syntaxes = {
  '1.2.840.10008.1.2': { explicit: false, bigEndian: false },
  '1.2.840.10008.1.2.1': { explicit: true, bigEndian: false },
  '1.2.840.10008.1.2.2': { explicit: true, bigEndian: true },
  '1.2.840.10008.1.2.1.99': { explicit: true, bigEndian: false },
  '1.2.840.10008.1.2.4.90': { explicit: true, bigEndian: false },
} as const;

async function scan(transferSyntax: string, bytes: Buffer, cuts: readonly number[] = [], limits?: ConstructorParameters<typeof Scanner>[2]): Promise<DataSetScanner> {
  const scanner = new DataSetScanner(transferSyntax, wanted, limits);
  const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
  for (const [index, end] of ends.entries()) await scanner.push(bytes.subarray(ends[index - 1] ?? 0, end));
  scanner.end();
  return scanner;
}

describe.each(Object.entries(syntaxes))('in %s', (syntax, encoding) => {
  const plain = encodeDataSet(elements, encoding);
  const bytes = syntax.endsWith('.99') ? deflateRawSync(plain) : plain;

  test('the first level is found, however the data set is cut', async () => {
    await fc.assert(fc.asyncProperty(fc.uniqueArray(fc.oneof(fc.nat(Math.min(2000, bytes.length)), fc.nat(bytes.length)), { maxLength: 20 }), async (cuts) => {
      const scanner = await scan(syntax, bytes, cuts);
      expect(scanner.problem).toBeUndefined();
      expect(scanner.isDone).toBe(true);
      expect(wanted.map((tag) => scanner.text(tag))).toEqual(['Jürgen 1', '', '1.2.3.4', '1.2.3.45', undefined]);
    }), { numRuns: 40 });
  });

  test('byte by byte', async () => {
    const scanner = await scan(syntax, bytes, Array.from({ length: Math.min(bytes.length, 3000) }, (_, index) => index));
    expect(scanner.text(tags.studyInstance)).toBe('1.2.3.4');
  });

  test('a cut data set is told of, where it matters', async () => {
    const scanner = await scan(syntax, bytes.subarray(0, 100));
    expect(scanner.problem ?? 'whole so far').toMatch(/ends in the middle|whole so far/);
    expect(scanner.text(tags.studyInstance)).toBeUndefined();
  });
});

test('it is done with the last wanted tag: nothing after it is looked at', () => {
  const scanner = new Scanner(syntaxes['1.2.840.10008.1.2.1'], wanted.slice(0, 4));
  const head = encodeDataSet(elements.slice(0, 11), syntaxes['1.2.840.10008.1.2.1']);
  scanner.push(head.subarray(0, -1));
  expect(scanner.isDone).toBe(false);
  scanner.push(head.subarray(-1));
  expect(scanner.isDone).toBe(true);
});

test.each<readonly [string, Buffer, RegExp]>([
  ['garbage', Buffer.alloc(200), /no value representation/],
  ['an item outside of a sequence', Buffer.from('feff00e000000000', 'hex'), /FFFE,E000\) is outside of a sequence/],
  ['sequences in sequences in …', Buffer.concat(Array.from({ length: 100 }, () => Buffer.from('0800151153510000ffffffff' + 'feff00e0ffffffff', 'hex'))), /deeper than 64 levels/],
])('%s ends the search', async (_name, bytes, problem) => {
  expect((await scan('1.2.840.10008.1.2.1', bytes)).problem).toMatch(problem);
});

test('values above the limit count as missing, and the search goes only so far', async () => {
  const explicit = syntaxes['1.2.840.10008.1.2.1'];
  const long = encodeDataSet([{ tag: tags.patientId, vr: 'LO', value: 'x'.repeat(5000) }, { tag: tags.studyInstance, vr: 'UI', value: '1.2' }], explicit);
  const scanner = await scan('1.2.840.10008.1.2.1', long);
  expect([scanner.text(tags.patientId), scanner.text(tags.studyInstance)]).toEqual([undefined, '1.2']);
  const far = await scan('1.2.840.10008.1.2.1', encodeDataSet(elements, explicit), [1000, 65_000], { valueBytes: 100, bytes: 60_000, depth: 9 });
  expect(far.problem).toMatch(/the search ended after 60000 bytes/);
});

test('a deflated bomb ends at the limit, and broken deflation is a problem', async () => {
  const bomb = deflateRawSync(Buffer.concat([Buffer.from('09000110', 'hex'), Buffer.from('OB\0\0'), Buffer.from('f0ffffff', 'hex'), Buffer.alloc(80 * 1024 * 1024)]));
  expect((await scan('1.2.840.10008.1.2.1.99', bomb)).problem).toMatch(/the search ended after/);
  expect((await scan('1.2.840.10008.1.2.1.99', Buffer.from('ffffffff', 'hex'))).problem).toMatch(/cannot be inflated/);
});

test('random bytes never throw', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(...Object.values(syntaxes)), (bytes, encoding) => {
    const scanner = new Scanner(encoding, wanted);
    scanner.push(Buffer.from(bytes.subarray(0, 50)));
    scanner.push(Buffer.from(bytes.subarray(50)));
    scanner.end();
    expect(scanner.isDone).toBe(true);
  }), { numRuns: 500 });
});

test.each([
  ['ISO_IR 100', 'fc', 'ü'], ['', 'fc', 'ü'], ['ISO_IR 192', 'c3bc', 'ü'], ['ISO_IR 144', 'bbee', 'Лю'], ['ISO_IR 13', 'd4cf', 'ﾔﾏ'],
  ['\\ISO 2022 IR 87', '1b24423b33451b2842', '山'], ['\\ISO 2022 IR 149', '1b242943b1e8', '김'], ['GB18030', 'cdf5', '王'], ['no such', 'fc', 'ü'],
])('text in %j', (characterSet, hex, expected) => {
  const encoding = syntaxes['1.2.840.10008.1.2.1'];
  const scanner = new Scanner(encoding, wanted);
  scanner.push(encodeDataSet([{ tag: 0x00080005, vr: 'CS', value: characterSet }, { tag: tags.patientId, vr: 'LO', value: Buffer.from(hex, 'hex') }], encoding));
  expect(scanner.text(tags.patientId)?.slice(0, expected.length)).toBe(expected);
});

test('tags in words', () => {
  expect(tagText(tags.patientId)).toBe('0010,0020');
});
