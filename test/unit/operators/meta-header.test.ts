import { expect, test } from 'vitest';
import { parseMetaHeader, printMetaHeader, type VolumeHeader } from '../../../src/operators/volume/meta-header.ts';

const header: VolumeHeader = {
  size: [512, 256, 28],
  spacing: [0.4882812, 0.5, 5.336604],
  origin: [-125, -123.5404569, 5.8360586],
  direction: [[1, 0, 0], [0, 0.9483236465981046, -0.31730468213197416], [0, 0.31730468213197416, 0.9483236465981046]],
  elementType: 'MET_SHORT',
  dataFile: '1.2.3.raw',
  bigEndian: false,
  compressed: false,
  dataOffset: 0,
};

test('a header is printed as ITK reads it, and reads back the same', () => {
  const text = printMetaHeader(header);
  expect(text).toBe(`ObjectType = Image
NDims = 3
BinaryData = True
BinaryDataByteOrderMSB = False
CompressedData = False
TransformMatrix = 1 0 0 0 0.9483236465981046 -0.31730468213197416 0 0.31730468213197416 0.9483236465981046
Offset = -125 -123.5404569 5.8360586
CenterOfRotation = 0 0 0
AnatomicalOrientation = RAI
ElementSpacing = 0.4882812 0.5 5.336604
DimSize = 512 256 28
ElementType = MET_SHORT
ElementDataFile = 1.2.3.raw
`);
  expect(parseMetaHeader(text, 'x.mhd')).toEqual(header);
});

test.each([
  [-0, '0'],
  [1e-7, '0.0000001'],
  [-2.5e-9, '-0.0000000025'],
  [1e-30, '0'],
  [123456.789, '123456.789'],
])('the number %d is printed as %s', (value, text) => {
  expect(printMetaHeader({ ...header, origin: [value, 0, 0] })).toContain(`Offset = ${text} 0 0\n`);
});

test.each([
  [[[0, 1, 0], [0, 0, -1], [-1, 0, 0]], 'ASL'],
  [[[-1, 0, 0], [0, -1, 0], [0, 0, 1]], 'LPI'],
] as const)('axes %j are %s', (direction, letters) => {
  expect(printMetaHeader({ ...header, direction })).toContain(`AnatomicalOrientation = ${letters}\n`);
});

test('headers of other programs: synonyms, order, comments, a compressed and a big-endian one', () => {
  const text = 'NDims=3\r\nDimSize = 4 5 6\r\nComment = x\r\nElementSize = 1 2 3\nPosition : 7 8 9\nRotation = 0 1 0 1 0 0 0 0 1\nElementByteOrderMSB = True\nCompressedData = True\nCompressedDataSize = 99\nHeaderSize = -1\nElementType = MET_FLOAT\nElementDataFile = v.zraw\n';
  expect(parseMetaHeader(text, 'x.mhd')).toEqual({
    size: [4, 5, 6], spacing: [1, 2, 3], origin: [7, 8, 9], direction: [[0, 1, 0], [1, 0, 0], [0, 0, 1]],
    elementType: 'MET_FLOAT', dataFile: 'v.zraw', bigEndian: true, compressed: true, dataOffset: -1,
  });
});

const good = 'DimSize = 1 1 1\nElementType = MET_UCHAR\nElementDataFile = a.raw\n';

test.each([
  ['', 'not a MetaImage header'],
  [good.replace('1 1 1', '1 1'), 'DimSize must be 3 numbers'],
  [good.replace('1 1 1', '1 0 1'), 'DimSize must be three whole numbers above zero'],
  [good.replace('1 1 1', '1 1.5 1'), 'DimSize must be three whole numbers above zero'],
  [`NDims = 2\n${good}`, 'NDims is 2'],
  [`ElementNumberOfChannels = 3\n${good}`, 'more than one value per voxel'],
  [`BinaryData = False\n${good}`, 'voxels written as text'],
  [good.replace('MET_UCHAR', 'MET_STRING'), 'ElementType MET_STRING'],
  [`ElementSpacing = 1 -1 1\n${good}`, 'ElementSpacing must be above zero'],
  [`Offset = 1 2 x\n${good}`, 'Offset must be 3 numbers, not "1 2 x"'],
  [good.replace('a.raw', 'LOCAL'), 'only one separate file'],
  [good.replace('a.raw', 'a%03d.raw 1 5 1'), 'only one separate file'],
  [good.replace('a.raw', '/etc/passwd'), 'must lie beside the header'],
  [good.replace('a.raw', '../b.raw'), 'must lie beside the header'],
  ['DimSize = 1 1 1\nElementType = MET_UCHAR\n', 'ElementDataFile is missing'],
])('header %j is refused', (text, problem) => {
  expect(() => parseMetaHeader(text, 'x.mhd')).toThrow(problem);
});
