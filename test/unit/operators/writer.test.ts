import { expect, test } from 'vitest';
import { decimalString, uidOf } from '../../../src/operators/dicom/uids.ts';
import { encode, encodingOf, rangeOf } from '../../../src/operators/dicom-writer/encoding.ts';
import { derivedInstance, type Series } from '../../../src/operators/dicom-writer/instance.ts';
import { type Samples } from '../../../src/operators/volume/elements.ts';

async function* slices(...all: Samples[]): AsyncGenerator<Samples> {
  yield* all;
}

const never = new AbortController().signal;

test.each<[readonly Samples[], object]>([
  [[Uint8Array.of(0, 1), Uint8Array.of(1, 2)], { minimum: 0, maximum: 2, isWhole: true }],
  [[Float32Array.of(-0.5, Number.NaN), Float32Array.of(3, 0)], { minimum: -0.5, maximum: 3, isWhole: false }],
  [[Float32Array.of(Number.NaN)], { minimum: 0, maximum: 0, isWhole: true }],
  [[Float32Array.of(1, Infinity)], { minimum: 0, maximum: 0, isWhole: true }],
])('the range of %o', async (all, range) => {
  expect(await rangeOf(slices(...all), never)).toEqual(range);
});

test.each([
  [{ minimum: 0, maximum: 1, isWhole: true }, { isSigned: false, slope: 1, intercept: 0 }],
  [{ minimum: 0, maximum: 65_535, isWhole: true }, { isSigned: false, slope: 1, intercept: 0 }],
  [{ minimum: -1500, maximum: 2121, isWhole: true }, { isSigned: true, slope: 1, intercept: 0 }],
  [{ minimum: 0, maximum: 6553.5, isWhole: false }, { isSigned: false, slope: 0.1, intercept: 0 }],
  [{ minimum: -100_000, maximum: 100_000, isWhole: true }, { isSigned: false, slope: 3.0518043793393, intercept: -100_000 }],
  [{ minimum: 0.5, maximum: 0.5, isWhole: false }, { isSigned: false, slope: 1, intercept: 0.5 }],
])('%o in 16 bits', (range, encoding) => {
  expect(encodingOf(range)).toEqual({ ...encoding, slope: expect.closeTo(encoding.slope, 9) as number });
});

test('pixels are read back as the values that they were made from', () => {
  const values = Float32Array.of(-1, 0, 0.25, 12.5);
  const encoding = encodingOf({ minimum: -1, maximum: 12.5, isWhole: false });
  const read = [...new Uint16Array(encode(values, encoding))].map((stored) => stored * encoding.slope + encoding.intercept);
  read.forEach((value, index) => expect(Math.abs(value - values[index]!)).toBeLessThanOrEqual(encoding.slope / 2 + 1e-9));
  expect([...new Int16Array(encode(Int16Array.of(-1500, 2121), { isSigned: true, slope: 1, intercept: 0 }))]).toEqual([-1500, 2121]);
});

test.each([[0.1], [1 / 3], [-123.5404569], [-1e-9], [123_456_789.123_456_78], [65_535], [-0.000_012_345_678_9]])('%d as a decimal string', (value) => {
  const text = decimalString(value);
  expect(text.length).toBeLessThanOrEqual(16);
  expect(Math.abs(Number(text) - value)).toBeLessThanOrEqual(Math.abs(value) * 1e-6);
});

test('a UID is valid and always the same', () => {
  expect(uidOf('x')).toMatch(/^2\.25\.(0|[1-9]\d{0,38})$/);
  expect([uidOf('x') === uidOf('x'), uidOf('x') === uidOf('y')]).toEqual([true, false]);
});

const series: Series = {
  seed: 's', uid: '2.25.1', description: 'Bone', labels: { minimum: 0, maximum: 1, isWhole: true }, encoding: { isSigned: false, slope: 1, intercept: 0 }, date: new Date(2026, 2, 8, 18, 6, 31),
};
const parts = { index: 4, rows: 2, columns: 3, pixels: new Uint16Array(6).buffer, frame: undefined };
const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });
const original = {
  '00080008': of('CS', 'ORIGINAL', 'PRIMARY', 'AXIAL'), '00080016': of('UI', '1.2.840.10008.5.1.4.1.1.2'), '00080018': of('UI', '1.2.3'), '00080060': of('CS', 'CT'), '00100020': of('LO', 'P1'),
  '0020000D': of('UI', '1.2'), '0020000E': of('UI', '1.2.9'), '00200011': of('IS', 3), '00200013': of('IS', 17), '00200032': of('DS', 1, 2, 3), '00281050': of('DS', 40), '00090010': of('LO', 'PRIVATE'), '00081070': of('PN', 'Operator'),
};

test('an instance keeps patient, study and place, and is new in everything else', () => {
  const { uid, meta, elements } = derivedInstance(original, series, parts);
  expect(elements).toMatchObject({
    '00080008': of('CS', 'DERIVED', 'SECONDARY', 'AXIAL'), '00080016': original['00080016'], '00080018': of('UI', uid), '00080021': of('DA', '20260308'), '00080031': of('TM', '180631'), '00080060': of('CS', 'CT'),
    '00100020': of('LO', 'P1'), '0020000D': of('UI', '1.2'), '0020000E': of('UI', '2.25.1'), '00200011': of('IS', '1003'), '00200013': of('IS', '5'), '00200032': original['00200032'],
    '00280010': of('US', 2), '00280011': of('US', 3), '00281050': of('DS', '0.5'), '00281051': of('DS', '1'), '00282110': of('CS', '00'), '00100010': of('PN'),
    '00082112': of('SQ', { '00081150': original['00080016'], '00081155': of('UI', '1.2.3') }),
  });
  expect(meta['00020003']).toEqual(of('UI', uid));
  for (const tag of ['00090010', '00081070']) expect(elements).not.toHaveProperty(tag);
});

test('values of the original\'s kind keep its window; an image that was lossy stays so; other classes become Secondary Capture', () => {
  expect(derivedInstance(original, { ...series, labels: undefined }, parts).elements).toMatchObject({ '00281050': of('DS', 40) });
  expect(derivedInstance({ ...original, '00282110': of('CS', '01') }, series, parts).elements['00282110']).toEqual(of('CS', '01'));
  const capture = derivedInstance({ ...original, '00080016': of('UI', '1.2.840.10008.5.1.4.1.1.128') }, series, parts).elements;
  expect(capture).toMatchObject({ '00080016': of('UI', '1.2.840.10008.5.1.4.1.1.7'), '00080064': of('CS', 'WSD'), '00080008': of('CS', 'DERIVED', 'SECONDARY') });
});

test.each([
  ['enhanced CT', '1.2.840.10008.5.1.4.1.1.2.1', {}, '1.2.840.10008.5.1.4.1.1.2', 'AXIAL'],
  ['legacy converted enhanced CT', '1.2.840.10008.5.1.4.1.1.2.2', {}, '1.2.840.10008.5.1.4.1.1.2', 'AXIAL'],
  ['enhanced MR', '1.2.840.10008.5.1.4.1.1.4.1', {}, '1.2.840.10008.5.1.4.1.1.7', undefined],
  ['legacy converted enhanced MR', '1.2.840.10008.5.1.4.1.1.4.4', { '00180020': of('CS', 'SE'), '00180021': of('CS', 'NONE') }, '1.2.840.10008.5.1.4.1.1.4', 'OTHER'],
])('a frame of an image of %s becomes an image that a plain reader knows', (_, sopClass, more, expected, view) => {
  const { elements } = derivedInstance({ ...original, ...more, '00080016': of('UI', sopClass), '00080008': of('CS', 'ORIGINAL', 'PRIMARY', 'VOLUME', 'NONE') }, series, { ...parts, frame: 7 });
  expect(elements['00080016']).toEqual(of('UI', expected));
  expect(elements['00080008']!.Value[2]).toBe(view);
  expect(elements['00082112']!.Value).toEqual([{ '00081150': of('UI', sopClass), '00081155': of('UI', '1.2.3'), '00081160': of('IS', '7') }]);
});
