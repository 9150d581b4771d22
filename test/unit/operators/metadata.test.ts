import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDicom } from 'dicom-parser';
import { describe, expect, test } from 'vitest';
import { vrOf, plainTag, tagOfKeyword } from '../../../src/operators/metadata/dictionary.ts';
import { type KnownStudy, writeMetadata } from '../../../src/operators/metadata/document.ts';
import { type Attributes, attributesOf } from '../../../src/operators/metadata/json-model.ts';
import { differences, levelOf } from '../../../src/operators/metadata/levels.ts';
import { type InstanceMetadata, readMetadata } from '../../../src/operators/metadata/read-document.ts';
import { encodeDataSet, type TestElement } from '../../helpers/data-set.ts';
import { tempDir } from '../../helpers/run.ts';

const encodings = {
  explicit: ['1.2.840.10008.1.2.1', { explicit: true, bigEndian: false }], implicit: ['1.2.840.10008.1.2', { explicit: false, bigEndian: false }],
  big: ['1.2.840.10008.1.2.2', { explicit: true, bigEndian: true }],
} as const;

/** What the parser makes of a data set that is encoded in some way. */
function read(elements: readonly TestElement[], kind: keyof typeof encodings = 'explicit'): Attributes {
  const [syntax, encoding] = encodings[kind];
  const meta = encodeDataSet([{ tag: 0x00020010, vr: 'UI', value: syntax }], encodings.explicit[1]);
  return attributesOf(parseDicom(Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), meta, encodeDataSet(elements, encoding)])));
}

function bytes(write: (buffer: Buffer) => void, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  write(buffer);
  return buffer;
}

const texts: readonly (readonly [tag: number, vr: string, value: string, expected: readonly unknown[] | undefined])[] = [
  [0x00080008, 'CS', 'ORIGINAL\\PRIMARY\\ AXIAL ', ['ORIGINAL', 'PRIMARY', 'AXIAL']],
  [0x00080018, 'UI', '1.2.3', ['1.2.3']],
  [0x00080020, 'DA', '20200131', ['20200131']],
  [0x00080030, 'TM', '101530.5', ['101530.5']],
  [0x0008103e, 'LO', 'a\\\\b', ['a', null, 'b']],
  [0x00081030, 'LO', '', undefined],
  [0x00081080, 'LO', '  \\ ', undefined],
  [0x00180050, 'DS', '2.50', [2.5]],
  [0x00180088, 'DS', '1e400', ['1e400']],
  [0x00181120, 'DS', '-0.5E1', [-5]],
  [0x00181114, 'DS', 'about 2', ['about 2']],
  [0x00200011, 'IS', '+0012', [12]],
  [0x00200012, 'IS', '1.5', ['1.5']],
  [0x00280030, 'DS', '0.5\\\\.25', [0.5, null, 0.25]],
  [0x00101010, 'AS', '034Y', ['034Y']],
  [0x00104000, 'LT', ' a\\b\r\nc ', [' a\\b\r\nc']],
  [0x00081190, 'UR', 'http://x/?a\\b', ['http://x/?a\\b']],
  [0x00100010, 'PN', 'Doe^Jane', [{ Alphabetic: 'Doe^Jane' }]],
  [0x00101001, 'PN', '=X=Y\\A^B==C\\', [{ Ideographic: 'X', Phonetic: 'Y' }, { Alphabetic: 'A^B', Phonetic: 'C' }, null]],
];

test.each(texts)('%i (%s) %j is %j', (tag, vr, value, expected) => {
  const key = tag.toString(16).padStart(8, '0').toUpperCase();
  for (const kind of ['explicit', 'implicit', 'big'] as const) expect(read([{ tag, vr, value }], kind), kind).toEqual({ [key]: expected === undefined ? { vr } : { vr, Value: expected } });
});

describe.each([['explicit', false], ['implicit', false], ['big', true]] as const)('numbers in %s', (kind, isBig) => {
  const u16 = (...values: readonly number[]) => bytes((b) => values.forEach((v, i) => (isBig ? b.writeUInt16BE(v & 0xffff, 2 * i) : b.writeUInt16LE(v & 0xffff, 2 * i))), 2 * values.length);
  const u32 = (...values: readonly number[]) => bytes((b) => values.forEach((v, i) => (isBig ? b.writeUInt32BE(v >>> 0, 4 * i) : b.writeUInt32LE(v >>> 0, 4 * i))), 4 * values.length);
  const f32 = (value: number) => bytes((b) => (isBig ? b.writeFloatBE(value) : b.writeFloatLE(value)), 4);
  const f64 = (value: number) => bytes((b) => (isBig ? b.writeDoubleBE(value) : b.writeDoubleLE(value)), 8);

  test.each([
    ['US', 0x00280010, u16(512), [512]], ['US', 0x00283002, u16(1, 2, 65535), [1, 2, 65535]], ['SS', 0x00189219, u16(-3), [-3]],
    ['UL', 0x00081161, u32(7, 4_000_000_000), [7, 4_000_000_000]], ['SL', 0x00186020, u32(-5), [-5]],
    ['FL', 0x00182043, Buffer.concat([f32(1.5), f32(-2)]), [1.5, -2]], ['FD', 0x00189087, f64(1000.25), [1000.25]], ['FD', 0x00189087, f64(NaN), 'empty'],
    ['AT', 0x00280009, u16(0x0018, 0x106c), ['0018106C']],
  ] as const)('%s %i', (vr, tag, value, expected) => {
    const key = tag.toString(16).padStart(8, '0').toUpperCase();
    expect(read([{ tag, vr, value }], kind)).toEqual({ [key]: expected === 'empty' ? { vr } : { vr, Value: expected } });
  });

  test('what is signed or not by Pixel Representation', () => {
    const smallest = (representation: number) => read([{ tag: 0x00280103, vr: 'US', value: u16(representation) }, { tag: 0x00280106, vr: representation === 1 ? 'SS' : 'US', value: u16(-2) }], kind)['00280106'];
    expect([smallest(0), smallest(1)]).toEqual([{ vr: 'US', Value: [65534] }, { vr: 'SS', Value: [-2] }]);
  });
});

test('64 bits are a number where that is exact', () => {
  const i64 = (value: bigint) => bytes((b) => b.writeBigInt64LE(value), 8);
  expect(read([{ tag: 0x00720082, vr: 'SV', value: Buffer.concat([i64(-7n), i64(-9_007_199_254_740_993n)]) }, { tag: 0x00720083, vr: 'UV', value: i64(-1n) }], 'implicit')).toEqual({
    '00720082': { vr: 'SV', Value: [-7, '-9007199254740993'] }, '00720083': { vr: 'UV', Value: ['18446744073709551615'] },
  });
});

test.each(['explicit', 'implicit', 'big'] as const)('sequences, whatever their length is said to be: %s', (kind) => {
  for (const undefinedLength of [false, true]) {
    const inner: TestElement = { tag: 0x00081140, vr: 'SQ', undefinedLength, value: [[{ tag: 0x00081155, vr: 'UI', value: '1.2' }], []] };
    expect(read([{ tag: 0x00081115, vr: 'SQ', undefinedLength, value: [[inner]] }, { tag: 0x00081110, vr: 'SQ', value: [] }].sort((a, b) => a.tag - b.tag) as TestElement[], kind)).toEqual({
      '00081110': { vr: 'SQ' },
      '00081115': { vr: 'SQ', Value: [{ '00081140': { vr: 'SQ', Value: [{ '00081155': { vr: 'UI', Value: ['1.2'] } }, {}] } }] },
    });
  }
});

test('left out: bulk data, private attributes, group lengths, frames one by one, what is too large', () => {
  expect(read([
    { tag: 0x00080000, vr: 'UL', value: Buffer.alloc(4) }, { tag: 0x00080060, vr: 'CS', value: 'CT' }, { tag: 0x00090010, vr: 'LO', value: 'MAKER' }, { tag: 0x00091001, vr: 'LO', value: 'secret' },
    { tag: 0x00104000, vr: 'LT', value: 'x'.repeat(300 * 1024).slice(0, 60_000) }, { tag: 0x00204000, vr: 'UT', value: 'x'.repeat(300 * 1024) }, { tag: 0x00281201, vr: 'OW', value: Buffer.alloc(8) },
    { tag: 0x00420011, vr: 'OB', value: Buffer.alloc(8) }, { tag: 0x52009230, vr: 'SQ', value: [[{ tag: 0x00080060, vr: 'CS', value: 'MR' }]] },
  ])).toEqual({ '00080060': { vr: 'CS', Value: ['CT'] }, '00104000': { vr: 'LT', Value: ['x'.repeat(60_000)] } });
});

test('a public attribute that was written as unknown is known all the same', () => {
  expect(read([{ tag: 0x0008103e, vr: 'UN', value: 'axial' }, { tag: 0x00181030, vr: 'UN', value: 'p' }])).toEqual({ '0008103E': { vr: 'LO', Value: ['axial'] }, '00181030': { vr: 'LO', Value: ['p'] } });
});

const hexed = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

// Bytes and texts of PS3.5 annexes H, I, J and K, and of PS3.5 6.1.2.5.
test.each([
  ['nothing said, ASCII', undefined, Buffer.from('Doe'), 'Doe'],
  ['nothing said, Latin 1 all the same', undefined, Buffer.from('Müller', 'latin1'), 'Müller'],
  ['nothing said, UTF-8 all the same', undefined, Buffer.from('Müller'), 'Müller'],
  ['Latin 1', 'ISO_IR 100', Buffer.from('Buc^Jérôme', 'latin1'), 'Buc^Jérôme'],
  ['Latin 2', 'ISO_IR 101', hexed('57 61 b3 ea 73 61'), 'Wałęsa'],
  ['Cyrillic', 'ISO_IR 144', hexed('bb ee da'), 'Люк'],
  ['Greek', 'ISO_IR 126', hexed('c4 e9 ef ed f5 f3 e9 ef f2'), 'Διονυσιος'],
  ['Arabic', 'ISO_IR 127', hexed('e2 c8 c7 e6 ea'), 'قباني'],
  ['Hebrew', 'ISO_IR 138', hexed('f9 f8 e5 ef'), 'שרון'],
  ['Turkish', 'ISO_IR 148', hexed('c7 61 76 75 fe 6f f0 6c 75'), 'Çavuşoğlu'],
  ['Thai', 'ISO_IR 166', hexed('b9 d2 c1'), 'นาม'],
  ['half-width katakana', 'ISO_IR 13', hexed('d4 cf c0 de'), 'ﾔﾏﾀﾞ'],
  ['UTF-8', 'ISO_IR 192', Buffer.from('Wang^XiaoDong=王^小东'), undefined],
  ['GB18030, with a backslash inside a letter', 'GB18030', hexed('81 5c cd f5'), '乗王'],
  ['GBK', 'GBK', hexed('cd f5 d0 a1 b6 ab'), '王小东'],
  ['Japanese, switching to kanji', '\\ISO 2022 IR 87', hexed('1b 24 42 3b 33 45 44 1b 28 42 5e 1b 24 42 42 40 4f 3a 1b 28 42'), '山田^太郎'],
  ['Japanese, from half-width katakana', 'ISO 2022 IR 13\\ISO 2022 IR 87', hexed('d4 cf c0 de 1b 24 42 3b 33 45 44 1b 28 4a'), 'ﾔﾏﾀﾞ山田'],
  ['Japanese, the supplementary kanji', '\\ISO 2022 IR 159', hexed('1b 24 28 44 30 21 1b 28 42'), '丂'],
  ['Korean', '\\ISO 2022 IR 149', hexed('1b 24 29 43 fb f3 5e 1b 24 29 43 d1 ce d4 d7'), '洪^吉洞'],
  ['Chinese, switching', '\\ISO 2022 IR 58', hexed('1b 24 29 41 cd f5'), '王'],
  ['several single-byte sets', 'ISO 2022 IR 100\\ISO 2022 IR 126', hexed('e9 1b 2d 46 e9'), 'éι'],
  ['an escape sequence that nobody announced', '\\ISO 2022 IR 87', hexed('1b 24 29 43 fb f3'), '\u001b$)Cûó'],
  ['a term that nobody knows', 'ISO_IR 999', Buffer.from('é', 'latin1'), 'é'],
] as const)('%s', (_, characterSet, value, expected) => {
  const set = characterSet === undefined ? [] : [{ tag: 0x00080005, vr: 'CS', value: characterSet }];
  const found = read([...set, { tag: 0x0008103e, vr: 'LO', value }])['0008103E']?.Value;
  expect(found).toEqual([expected ?? value.toString()]);
});

test('several values, several groups of a name, and an item with a character set of its own', () => {
  const japanese = { tag: 0x00080005, vr: 'CS', value: 'ISO 2022 IR 6\\ISO 2022 IR 87' };
  const kanji = hexed('1b 24 42 3b 33 45 44 1b 28 42');
  const name = Buffer.concat([Buffer.from('Yamada^Tarou='), kanji, Buffer.from('^T\\Other=='), kanji]);
  expect(read([
    japanese, { tag: 0x00081140, vr: 'SQ', value: [[{ tag: 0x00080005, vr: 'CS', value: 'ISO_IR 100' }, { tag: 0x00081080, vr: 'LO', value: Buffer.from('é', 'latin1') }], [{ tag: 0x00081080, vr: 'LO', value: kanji }]] },
    { tag: 0x00101001, vr: 'PN', value: name },
  ])).toEqual({
    '00080005': { vr: 'CS', Value: ['ISO_IR 192'] },
    '00081140': { vr: 'SQ', Value: [{ '00080005': { vr: 'CS', Value: ['ISO_IR 192'] }, '00081080': { vr: 'LO', Value: ['é'] } }, { '00081080': { vr: 'LO', Value: ['山田'] } }] },
    '00101001': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^T' }, { Alphabetic: 'Other', Phonetic: '山田' }] },
  });
});

test('the dictionary', () => {
  expect(['0008103e', '(0008,103E)', '0008,103E', '0008', 'x0008103e'].map(plainTag)).toEqual(['0008103E', '0008103E', '0008103E', undefined, undefined]);
  expect([tagOfKeyword('SeriesDescription'), tagOfKeyword('seriesdescription'), tagOfKeyword('constructor')]).toEqual(['0008103E', undefined, undefined]);
  expect([vrOf('00280106', true), vrOf('00280106', false), vrOf('60103000', false), vrOf('00091001', false), vrOf('7FE00010', false)]).toEqual(['SS', 'US', 'OW', undefined, 'OW']);
  expect(['00100010', '0008103E', '00200013', '00081030'].map(levelOf)).toEqual(['study', 'series', 'instance', 'study']);
});

describe('the document', () => {
  const text = (value: string) => ({ vr: 'LO', Value: [value] });
  const instance = (name: string, changes: Record<string, { vr: string; Value?: string[] } | undefined> = {}) => ({
    name,
    attributes: Object.fromEntries(Object.entries({
      '00080005': { vr: 'CS', Value: ['ISO_IR 192'] }, '00081030': text('study'), '0008103E': text('series'), '0020000E': { vr: 'UI', Value: ['1'] }, '00200013': text(name), '52009229': { vr: 'SQ' }, ...changes,
    }).filter(([, attribute]) => attribute !== undefined)) as Attributes,
  });
  const studies: readonly KnownStudy<ReturnType<typeof instance>>[] = [
    { series: [{ uid: '1', instances: [instance('a'), instance('b/"é"', { '0008103E': text('other') }), instance('c', { '00081030': undefined })] }, { uid: '2', instances: [instance('d', { '0020000E': { vr: 'UI', Value: ['2'] }, '00081030': text('another') })] }] },
    { series: [{ uid: '3', instances: [instance('e', { '0020000E': { vr: 'UI', Value: ['3'] } })] }] },
  ];
  const write = async (folder: string) => {
    const visited: [string, Attributes][] = [];
    await writeMetadata(studies, folder, async ({ attributes }) => attributes, ({ uid }, attributes) => visited.push([uid, attributes]), new AbortController().signal);
    return visited;
  };

  test('says what is common once, and is read back as it was', async () => {
    const folder = tempDir();
    const visited = await write(folder);
    const file = join(folder, 'dicom-metadata.json');
    const document = JSON.parse(readFileSync(file, 'utf8')) as { studies: { attributes: Attributes; series: { attributes: Attributes; instances: { file: string; attributes: Attributes }[] }[] }[] };
    expect(document.studies.map(({ series }) => series.map(({ instances }) => instances.map(({ file: name }) => name)))).toEqual([[['a', 'b/"é"', 'c'], ['d']], [['e']]]);
    expect(Object.keys(document.studies[0]!.attributes)).toEqual(['00080005', '00081030']);
    expect(Object.keys(document.studies[0]!.series[0]!.attributes)).toEqual(['0008103E', '0020000E']);
    expect(document.studies[0]!.series[1]!.attributes['00081030']).toEqual(text('another'));
    const [, other, without] = document.studies[0]!.series[0]!.instances;
    expect([other!.attributes['0008103E'], without!.attributes['00081030']]).toEqual([text('other'), { vr: 'LO' }]);
    expect(readFileSync(file, 'utf8')).toContain('\n{"file": "a", "attributes": {"00200013":{"vr":"LO","Value":["a"]},"52009229":{"vr":"SQ"}}},\n');

    const back: InstanceMetadata[] = [];
    await readMetadata(file, (one) => back.push(one), new AbortController().signal);
    expect(back).toEqual(visited.map(([seriesUid, attributes]) => ({ seriesUid, attributes: seriesUid === '1' && attributes['00081030'] === undefined ? { ...attributes, '00081030': { vr: 'LO' } } : attributes })));
  });

  test('is read in any layout, in pieces', async () => {
    const folder = tempDir();
    await write(folder);
    const file = join(folder, 'dicom-metadata.json');
    const before: InstanceMetadata[] = [];
    await readMetadata(file, (one) => before.push(one), new AbortController().signal);
    writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8')), undefined, 4));
    const after: InstanceMetadata[] = [];
    await readMetadata(file, (one) => after.push(one), new AbortController().signal);
    expect(after).toEqual(before);
  });

  test.each([
    ['', /no studies/], ['{"studies": [', /is damaged/], ['not JSON', /is damaged/], ['{}', /no studies/], ['[]', /no studies/], ['{"studies": []}', /no studies/],
    ['{"studies": [{"series": [{"attributes": {}}]}]}', /a study has no attributes before its series/],
    ['{"studies": [{"attributes": {}, "series": [{"instances": [{}]}]}]}', /a series has no attributes before its instances/],
    ['{"studies": [{"attributes": {}, "series": [{"attributes": {}}]}]}', /a series has no Series Instance UID/],
    ['{"studies": [{"attributes": {"00080060": "CT"}}]}', /the attributes of a study are not in the DICOM JSON model/],
    ['{"studies": [{"attributes": {}, "series": [{"attributes": {"0020000E": {"vr": "UI", "Value": ["1"]}}, "instances": [5]}]}]}', /the attributes of an instance are not/],
  ])('%j is refused', async (content, message) => {
    const file = join(tempDir(), 'dicom-metadata.json');
    writeFileSync(file, content);
    await expect(readMetadata(file, () => undefined, new AbortController().signal)).rejects.toMatchObject({ kind: 'failed', message: expect.stringMatching(message) as string });
  });

  test('differences and what is common make the whole', () => {
    const [own, shared] = [{ a: text('1'), b: text('2') }, { b: text('3'), c: text('4') }];
    expect(differences(own, shared)).toEqual({ a: text('1'), b: text('2'), c: { vr: 'LO' } });
    expect(differences(shared, shared)).toEqual({});
  });
});
