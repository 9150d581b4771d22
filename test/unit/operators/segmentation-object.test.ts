import { data } from 'dcmjs';
import { expect, test } from 'vitest';
import { frameAttributes } from '../../../src/operators/dicom-writer/attributes.ts';
import { type Elements } from '../../../src/operators/dicom-writer/elements.ts';
import { bitPacker, packedLength } from '../../../src/operators/dicom-writer/segmentation/bits.ts';
import { segmentationDataSet } from '../../../src/operators/dicom-writer/segmentation/data-set.ts';
import { dimensions, frameGroups, positionIndex, referencedSeries, sharedGroups } from '../../../src/operators/dicom-writer/segmentation/functional-groups.ts';
import { findLabels, framesOf } from '../../../src/operators/dicom-writer/segmentation/labels.ts';
import { readNamedSegments } from '../../../src/operators/dicom-writer/segmentation/named-segments.ts';
import { plainSegment, segmentItem, tissue } from '../../../src/operators/dicom-writer/segmentation/segment.ts';
import { type Slice } from '../../../src/operators/dicom/instances/instance.ts';
import { type Samples } from '../../../src/operators/volume/elements.ts';

const never = new AbortController().signal;
async function* slices(...all: Samples[]): AsyncGenerator<Samples> {
  yield* all;
}
const of = (vr: string, ...Value: unknown[]) => ({ vr, Value });
const itemOf = (elements: Elements, ...path: string[]): Elements => path.reduce((item, tag) => item[tag]!.Value[0] as Elements, elements);

function slice(z: number, changes: { readonly frame?: number; readonly frames?: number; readonly plane?: undefined; readonly uid?: string } = {}): Slice {
  return {
    image: {
      path: '/x', name: 'x', seriesUid: '1.9', studyUid: '1.8', instanceUid: changes.uid ?? `1.7.${z}`, sopClass: '1.2.840.10008.5.1.4.1.1.2', modality: 'CT', imageType: [], frames: changes.frames ?? 1, gantryTilt: undefined,
      format: { rows: 3, columns: 5, samplesPerPixel: 1, photometric: 'MONOCHROME2', bitsAllocated: 16, bitsStored: 16, highBit: 15, signed: true },
      pixels: { transferSyntax: '1.2.840.10008.1.2.1', offset: 0, length: 30, wordSize: 1 },
    },
    frame: changes.frame ?? 0, instanceNumber: z, plane: 'plane' in changes ? undefined : { position: [-1.5, 0.1, z], row: [1, 0, 0], column: [0, 1, 0] },
    pixelSpacing: [0.5, 0.25], thickness: undefined, slope: 1, intercept: 0,
  };
}

test.each([[1, 1], [3, 5], [7, 3], [4, 4], [1, 17], [512, 3]])('bits of three frames of %d × %d follow each other without a gap', (rows, columns) => {
  const frames = [0, 1, 2].map((frame) => Uint8Array.from({ length: rows * columns }, (_, at) => ((at * 7 + frame * 3) % 5 === 0 ? 4 : at % 3)));
  const packer = bitPacker();
  const packed = Buffer.concat([...frames.map((frame) => Uint8Array.from(packer.append(frame, 4))), packer.end()]);
  const expected = data.BitArray.pack(Uint8Array.from(frames.flatMap((frame) => [...frame]), (value) => (value === 4 ? 1 : 0)));
  expect(packed.subarray(0, expected.length)).toEqual(Buffer.from(expected));
  expect([...packed.subarray(expected.length)]).toEqual(expected.length % 2 === 0 ? [] : [0]);
  expect(packedLength(3, rows * columns)).toBe(packed.length);
});

test('the first pixel is the lowest bit', () => {
  const packer = bitPacker();
  expect([...packer.append(Uint8Array.of(1, 0, 0, 1, 0, 0, 0, 0, 1), 1), ...packer.end()]).toEqual([0b1001, 1]);
});

test('labels are found with the slices that they are in', async () => {
  const mask = () => slices(Float32Array.of(0, 3, 3, 1), Uint8Array.of(0, 0, 0, 0), Uint16Array.of(0, 65_535, 0, 3));
  expect([...await findLabels(mask(), undefined, 'm', never)]).toEqual([[1, [0]], [3, [0, 2]], [65_535, [2]]]);
  expect([...await findLabels(mask(), new Set([3, 9]), 'm', never)]).toEqual([[3, [0, 2]]]);
});

test.each<[string, Samples, RegExp]>([
  ['a fraction', Float32Array.of(0, 0.5), /slice 2 of m\.mhd holds the value 0\.5, which is no label/],
  ['no number', Float64Array.of(Number.NaN), /the value NaN/],
  ['a negative', Int16Array.of(0, -1000), /the value -1000/],
  ['more than 65535', Int32Array.of(65_536), /the value 65536/],
  ['an image', Uint16Array.from({ length: 400 }, (_, at) => at), /more than 256 different values: an image rather than a mask/],
])('a value that is no label: %s', async (_, values, message) => {
  await expect(findLabels(slices(Uint8Array.of(1), values), undefined, 'm.mhd', never)).rejects.toThrow(message);
});

test('named labels are segments however many other values there are', async () => {
  const many = Uint16Array.from({ length: 400 }, (_, at) => at);
  expect([...await findLabels(slices(many), new Set([7]), 'm', never)]).toEqual([[7, [0]]]);
});

const found = new Map([[2, [1, 2]], [5, [2]]]);
test.each([
  ['only those with a voxel', [2, 5], false, ['1:1', '1:2', '2:2']],
  ['in the order of the segments', [5, 2], false, ['1:2', '2:1', '2:2']],
  ['a segment that is nowhere has none', [2, 7], false, ['1:1', '1:2']],
  ['all, where empty ones are kept', [2, 5], true, ['1:0', '1:1', '1:2', '2:0', '2:1', '2:2']],
  ['all, where all are empty', [7], false, ['1:0', '1:1', '1:2']],
])('frames: %s', (_, labels, isEmptyKept, expected) => {
  expect(framesOf(labels, found, 3, isEmptyKept).map(({ segment, slice: at }) => `${segment}:${at}`)).toEqual(expected);
});

test('a segment says what it is', () => {
  expect(segmentItem(plainSegment(7), 2)).toEqual({
    '00620004': of('US', 2), '00620005': of('LO', 'Label 7'), '00620008': of('CS', 'AUTOMATIC'), '00620009': of('LO', 'clara pipeline'),
    '00620003': of('SQ', { '00080100': of('SH', '85756007'), '00080102': of('SH', 'SCT'), '00080104': of('LO', 'Tissue') }),
    '0062000F': of('SQ', { '00080100': of('SH', '85756007'), '00080102': of('SH', 'SCT'), '00080104': of('LO', 'Tissue') }),
    '0062000D': of('US', expect.any(Number), expect.any(Number), expect.any(Number)),
  });
  const region = { value: '1', scheme: 'X', meaning: 'Arm' };
  const drawn = segmentItem({ ...plainSegment(1), algorithmType: 'MANUAL', region, regionModifier: region, typeModifier: region, color: [255, 0, 0] }, 1);
  expect(drawn).not.toHaveProperty('00620009');
  expect(itemOf(drawn, '00082218', '00082220')['00080104']).toEqual(of('LO', 'Arm'));
  expect(itemOf(drawn, '0062000F', '00620011')['00080104']).toEqual(of('LO', 'Arm'));
  // What dcmqi and PixelMed make of red, give or take one.
  expect(drawn['0062000D']).toEqual(of('US', 34_885, 53_486, 50_171));
});

test('segments are read as dcmqi has them, or as a list', () => {
  const liver = { CodeValue: '10200004', CodingSchemeDesignator: 'SCT', CodeMeaning: 'Liver' };
  const dcmqi = { '@schema': 'x', SeriesDescription: 'Organs', SeriesNumber: '300', ContentCreatorName: 'Reader1', segmentAttributes: [[{ labelID: 3, SegmentedPropertyTypeCodeSequence: liver, SegmentAlgorithmType: 'MANUAL', recommendedDisplayRGBValue: [1, 2, 3] }]] };
  expect(readNamedSegments(JSON.stringify(dcmqi), 'f')).toEqual({
    description: 'Organs', creator: 'Reader1',
    segments: [{ ...plainSegment(3), name: 'Liver', type: { value: '10200004', scheme: 'SCT', meaning: 'Liver' }, algorithmType: 'MANUAL', color: [1, 2, 3] }],
  });
  expect(readNamedSegments('[{"labelID":9,"SegmentLabel":"Läsion","SegmentDescription":""},{"labelID":2}]', 'f').segments).toEqual([{ ...plainSegment(9), name: 'Läsion', category: tissue }, plainSegment(2)]);
});

test.each([
  ['{', /^f is not JSON/],
  ['3', /^f: it must be a list of segments, or an object/],
  ['[]', /segmentAttributes must be a list with at least one segment/],
  ['{"segments":[]}', /segmentAttributes must be a list/],
  ['[1]', /segment 1 must be an object/],
  ['[{}]', /segment 1: labelID must be a whole number from 1 to 65535/],
  ['[{"labelID":0}]', /segment 1: labelID must/],
  ['[{"labelID":1},{"labelID":1}]', /labelID 1 is there twice/],
  ['[{"labelID":1,"Name":"x"}]', /segment 1: Name is not known/],
  ['[{"labelID":1,"SegmentLabel":"a\\\\b"}]', /segment 1: SegmentLabel must be a text of at most 64 characters without backslash/],
  ['[{"labelID":1,"SegmentAlgorithmType":"BEST"}]', /SegmentAlgorithmType must be one of AUTOMATIC, SEMIAUTOMATIC, MANUAL/],
  ['[{"labelID":1,"recommendedDisplayRGBValue":[1,2]}]', /recommendedDisplayRGBValue must be three whole numbers/],
  ['[{"labelID":1,"SegmentedPropertyTypeCodeSequence":{"CodeValue":"1"}}]', /SegmentedPropertyTypeCodeSequence must be a code/],
  ['[{"labelID":1,"AnatomicRegionModifierSequence":{"CodeValue":"1","CodingSchemeDesignator":"X","CodeMeaning":"Y"}}]', /AnatomicRegionModifierSequence without AnatomicRegionSequence/],
])('segments %s are refused', (text, message) => {
  expect(() => readNamedSegments(text, 'f')).toThrow(message);
});

test('every problem of the segments is named at once', () => {
  expect(() => readNamedSegments('[{"labelID":1,"a":1,"b":2}]', 'f')).toThrow(expect.objectContaining({ message: 'f: segment 1: a is not known', details: ['segment 1: b is not known'] }) as Error);
});

const orientation = of('DS', '1', '0', '0', '0', '1', '0');
test('what frames share', () => {
  const even = [0, 2.5, 5].map((z) => slice(z));
  const measures = (all: Slice[], original: Elements = { '00200037': orientation }) => itemOf(sharedGroups(all, original), '00289110');
  expect(measures(even)).toEqual({ '00280030': of('DS', '0.5', '0.25'), '00180050': of('DS', '2.5'), '00180088': of('DS', '2.5') });
  expect(measures(even, { '00180050': of('DS', '3') })['00180050']).toEqual(of('DS', '3'));
  // One number for gaps that differ would be wrong of most of them.
  expect(measures([0, 2.5, 7].map((z) => slice(z)))).not.toHaveProperty('00180088');
  expect(itemOf(sharedGroups(even, { '00200037': orientation }), '00209116')).toEqual({ '00200037': orientation });
  expect(Object.keys(sharedGroups([slice(0, { plane: undefined })], {}))).toEqual(['00289110']);
});

test('what is of one frame', () => {
  const frames = [{ segment: 1, slice: 4 }, { segment: 2, slice: 2 }, { segment: 2, slice: 4 }];
  const positions = positionIndex(frames);
  expect([...positions]).toEqual([[2, 1], [4, 2]]);
  const groups = frameGroups(frames[2]!, slice(10, { frames: 6, frame: 4, uid: '1.5' }), positions);
  expect(itemOf(groups, '00209111')).toEqual({ '00209157': of('UL', 2, 2) });
  expect(itemOf(groups, '00209113')).toEqual({ '00200032': of('DS', '-1.5', '0.1', '10') });
  expect(itemOf(groups, '0062000A')).toEqual({ '0062000B': of('US', 2) });
  expect(itemOf(groups, '00089124', '00082112')).toMatchObject({ '00081150': of('UI', '1.2.840.10008.5.1.4.1.1.2'), '00081155': of('UI', '1.5'), '00081160': of('IS', '5') });
  const plain = frameGroups(frames[0]!, slice(0, { plane: undefined }), positions);
  expect(plain).not.toHaveProperty('00209113');
  expect(itemOf(plain, '00089124', '00082112')).not.toHaveProperty('00081160');
  expect(itemOf(plain, '00209111')).toEqual({ '00209157': of('UL', 1) });
});

test('the dimensions are segment, and position where there is one', () => {
  expect(dimensions('2.25.1', true)['00209222']!.Value).toMatchObject([{ '00209165': of('AT', 0x0062000b) }, { '00209165': of('AT', 0x00200032) }]);
  expect(dimensions('2.25.1', false)['00209222']!.Value).toHaveLength(1);
});

test('an original is referenced once, however many frames it has', () => {
  const item = itemOf(referencedSeries([slice(0, { frames: 2, uid: '1.5' }), slice(1, { frames: 2, frame: 1, uid: '1.5' }), slice(2)]), '00081115');
  expect(item['0020000E']).toEqual(of('UI', '1.9'));
  expect(item['0008114A']!.Value.map((one) => (one as Elements)['00081155']!.Value[0])).toEqual(['1.5', '1.7.2']);
});

test('the object belongs to the study of its originals', () => {
  const original = {
    '00080060': of('CS', 'CT'), '00100020': of('LO', 'P1'), '0020000D': of('UI', '1.8'), '0020000E': of('UI', '1.9'), '00200011': of('IS', 3), '00200032': of('DS', 1, 2, 3), '00180060': of('DS', 120),
    '00200052': of('UI', '1.4'), '00200060': of('CS'), '00282110': of('CS', '01'), '00090010': of('LO', 'PRIVATE'), '00200037': orientation,
  };
  const parts = { seed: 's', uid: '2.25.3', description: 'Organs', creator: undefined, date: new Date(2026, 2, 8, 18, 6, 31), segments: [plainSegment(1), plainSegment(4)], frames: 7, slices: [slice(0), slice(1)] };
  const object = segmentationDataSet(original, parts);
  expect(object).toMatchObject({
    '00080016': of('UI', '1.2.840.10008.5.1.4.1.1.66.4'), '00080018': of('UI', '2.25.3'), '00080060': of('CS', 'SEG'), '00080021': of('DA', '20260308'), '00100020': of('LO', 'P1'), '00100010': of('PN'),
    '0020000D': of('UI', '1.8'), '00200011': of('IS', '2003'), '00200052': of('UI', '1.4'), '00280008': of('IS', '7'), '00280010': of('US', 3), '00280011': of('US', 5), '00280100': of('US', 1), '00282110': of('CS', '01'), '00700081': of('LO', 'Organs'),
  });
  expect(object['0020000E']).not.toEqual(original['0020000E']);
  expect(object['00620002']!.Value).toMatchObject([{ '00620004': of('US', 1), '00620005': of('LO', 'Label 1') }, { '00620004': of('US', 2), '00620005': of('LO', 'Label 4') }]);
  for (const tag of ['00200032', '00180060', '00090010', '00200060', '52009230', '7FE00010']) expect(object).not.toHaveProperty(tag);
  // Positions without a frame of reference would mean nothing; without positions there is nothing to refer to.
  const { '00200052': _, ...lost } = original;
  expect(segmentationDataSet(lost, parts)['00200052']).toEqual(of('UI', expect.stringMatching(/^2\.25\./)));
  expect(segmentationDataSet(lost, { ...parts, slices: [slice(0, { plane: undefined })] })).not.toHaveProperty('00200052');
  expect(segmentationDataSet({ ...lost, '00200020': of('CS', 'L', 'F') }, { ...parts, slices: [slice(0, { plane: undefined })] })['00200020']).toEqual(of('CS', 'L', 'F'));
});

test('a frame of an enhanced image has its own attributes before those of all', () => {
  const position = (z: string) => of('SQ', { '00200032': of('DS', '0', '0', z) });
  const enhanced = {
    '00100020': of('LO', 'P1'),
    '52009229': of('SQ', { '00289110': of('SQ', { '00180050': of('DS', '2'), '00280030': of('DS', '1', '1') }) }),
    '52009230': of('SQ', { '00209113': position('5') }, { '00209113': position('7'), '00289110': of('SQ', { '00180050': of('DS', '4') }) }),
  };
  expect(frameAttributes(enhanced, 0)).toMatchObject({ '00100020': of('LO', 'P1'), '00200032': of('DS', '0', '0', '5'), '00180050': of('DS', '2') });
  expect(frameAttributes(enhanced, 1)).toMatchObject({ '00200032': of('DS', '0', '0', '7'), '00180050': of('DS', '4'), '00280030': of('DS', '1', '1') });
  expect(frameAttributes({ '00100020': of('LO', 'P1') }, 0)).toEqual({ '00100020': of('LO', 'P1') });
});
