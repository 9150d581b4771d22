import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from '../../helpers/run.ts';
import { ctAttributes, writeDicom } from './dicom.ts';
import { filesEnding, operator, readVolume, type ReadVolume } from './helpers.ts';

/** Writes files with the given attributes, converts them, returns the volume of their one series and the log. */
async function convert(images: readonly Readonly<Record<string, unknown>>[]): Promise<ReadVolume & { log: string }> {
  const folder = tempDir();
  for (const [index, attributes] of images.entries()) writeDicom(join(folder, 'in', `${index}.dcm`), attributes);
  const result = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(result).toMatchObject({ exitCode: 0 });
  expect(filesEnding(join(folder, 'out'), '').filter((name) => name.includes('part'))).toEqual([]);
  return { ...readVolume(join(folder, 'out'), '2.25.2'), log: result.stderr };
}

const ramp = (from: number): number[] => Array.from({ length: 16 }, (_, at) => from + at);

test('rescale: whole numbers that fit, that do not, and fractions', async () => {
  const unsigned = (values: number[]): Record<string, unknown> => ({ PixelRepresentation: 0, PixelData: Uint16Array.from(values).buffer });
  const short = await convert([ctAttributes(0, { ...unsigned(ramp(0)), RescaleIntercept: '-1024' })]);
  expect([short.header.elementType, short.values]).toEqual(['MET_SHORT', ramp(-1024)]);
  const wide = await convert([ctAttributes(0), ctAttributes(1, unsigned(ramp(65_000)))]);
  expect([wide.header.elementType, wide.values]).toEqual(['MET_INT', [...ramp(0), ...ramp(65_000)]]);
  const slopes = await convert([ctAttributes(0), ctAttributes(1, { RescaleSlope: '0.5' }), ctAttributes(2, { RescaleSlope: '2' })]);
  expect([slopes.header.elementType, slopes.values]).toEqual(['MET_FLOAT', [...ramp(0), ...ramp(100).map((v) => v / 2), ...ramp(200).map((v) => v * 2)]]);
});

test('8 bits, and 12 bits in the upper end of a word', async () => {
  const bytes = await convert([ctAttributes(0, { BitsAllocated: 8, BitsStored: 8, HighBit: 7, PixelRepresentation: 0, PixelData: Uint8Array.from(ramp(240)).buffer, _vrMap: { PixelData: 'OB' } })]);
  expect(bytes.values).toEqual(ramp(240));
  const upper = await convert([ctAttributes(0, { BitsStored: 12, HighBit: 15, PixelData: Int16Array.from(ramp(-8).map((v) => v * 16 + 5)).buffer })]);
  expect(upper.values).toEqual(ramp(-8));
});

test('MONOCHROME1 keeps its values', async () => {
  const { values, report } = await convert([ctAttributes(0, { PhotometricInterpretation: 'MONOCHROME1 ' })]);
  expect(values).toEqual(ramp(0));
  expect(report).toMatchObject({ photometricInterpretation: 'MONOCHROME1' });
});

test('images without a place or a pixel spacing are left out for that reason, whichever comes first', async () => {
  const { values, log } = await convert([
    ctAttributes(0, { PixelSpacing: undefined }), ctAttributes(1), ctAttributes(2), ctAttributes(3), ctAttributes(4, { PixelSpacing: undefined }), ctAttributes(5, { ImagePositionPatient: undefined }),
  ]);
  expect(values).toEqual([...ramp(100), ...ramp(200), ...ramp(300)]);
  expect(log).toContain('2 images without a valid Pixel Spacing left out: 0.dcm, 4.dcm');
  expect(log).toContain('1 image without a valid Image Position (Patient) and Image Orientation (Patient) left out: 5.dcm');
});

test('a localizer of the same series, a copy and a second image at one position are left out and named', async () => {
  const { values, report, log } = await convert([
    ctAttributes(0), ctAttributes(1), ctAttributes(2),
    ctAttributes(3, { ImageOrientationPatient: ['0', '1', '0', '0', '0', '-1'] }),
    ctAttributes(1),
    ctAttributes(4, { ImagePositionPatient: ['0', '0', '4'], InstanceNumber: '99' }),
  ]);
  expect(values).toEqual([...ramp(0), ...ramp(100), ...ramp(200)]);
  expect(log).toContain('1 image of another size or orientation left out (4 × 4, 0.5 × 0.5 mm): 3.dcm');
  expect(report.warnings).toEqual([
    '1 image left out: a second copy of an instance (4.dcm)',
    '1 image left out: another image at the same position; the one with the lowest instance number was taken (5.dcm)',
  ]);
});

test('an enhanced multi-frame image, whose frames have their own place and rescale', async () => {
  const frame = (z: number, slope: string): object => ({
    PlanePositionSequence: [{ ImagePositionPatient: ['0', '0', String(z)] }],
    PixelValueTransformationSequence: [{ RescaleSlope: slope, RescaleIntercept: '-1', RescaleType: 'HU' }],
  });
  const { header, values, report } = await convert([ctAttributes(0, {
    SOPClassUID: '1.2.840.10008.5.1.4.1.1.2.1',
    NumberOfFrames: '3',
    ImagePositionPatient: undefined, ImageOrientationPatient: undefined, PixelSpacing: undefined, RescaleSlope: undefined, RescaleIntercept: undefined,
    SharedFunctionalGroupsSequence: [{
      PlaneOrientationSequence: [{ ImageOrientationPatient: ['1', '0', '0', '0', '1', '0'] }],
      PixelMeasuresSequence: [{ PixelSpacing: ['0.25', '0.75'], SliceThickness: '3' }],
    }],
    PerFrameFunctionalGroupsSequence: [frame(6, '3'), frame(0, '1'), frame(3, '2')],
    PixelData: Int16Array.from([...ramp(300), ...ramp(100), ...ramp(200)]).buffer,
  })]);
  expect(header).toMatchObject({ size: [4, 4, 3], spacing: [0.75, 0.25, 3], origin: [0, 0, 0], elementType: 'MET_SHORT' });
  expect(values).toEqual([...ramp(99), ...ramp(200).map((v) => v * 2 - 1), ...ramp(300).map((v) => v * 3 - 1)]);
  expect(report.instances).toEqual(['2.25.1000#2', '2.25.1000#3', '2.25.1000#1']);
});

test.each([
  ['colour', { SamplesPerPixel: 3, PhotometricInterpretation: 'RGB', PlanarConfiguration: 0 }, 'photometric interpretation RGB: not an image of one grey value per pixel'],
  ['palette colour', { PhotometricInterpretation: 'PALETTE COLOR' }, 'photometric interpretation PALETTE COLOR'],
  ['no pixels', { PixelData: undefined }, 'no pixel data'],
  ['no series', { SeriesInstanceUID: undefined }, 'no valid Series Instance UID'],
  ['a series that is a path', { SeriesInstanceUID: '../../x' }, 'no valid Series Instance UID'],
  ['no rows', { Rows: undefined }, 'no Rows'],
  ['zero columns', { Columns: 0 }, 'an image of 0 × 4 pixels'],
  ['12 bits allocated', { BitsAllocated: 12, BitsStored: 12, HighBit: 11 }, '12 bits allocated per pixel are not supported'],
  ['a contradictory high bit', { BitsStored: 12, HighBit: 3 }, 'contradictory pixel layout'],
  ['fewer pixels than rows and columns', { Rows: 400 }, 'truncated: 32 of 3200 bytes of pixel data'],
  ['frames without positions', { NumberOfFrames: '2', Rows: 2 }, '2 frames without a position of their own'],
  ['a slope of nothing', { RescaleSlope: '0' }, 'a Rescale Slope of 0'],
  ['an intercept that is no number', { RescaleIntercept: '-1O24' }, 'Rescale Intercept is not a number'],
  ['a modality table', { ModalityLUTSequence: [{ LUTExplanation: 'x' }] }, 'a Modality LUT Sequence is not supported'],
])('an image with %s is skipped with the reason; the others are converted', async (_, changes, reason) => {
  const { values, log } = await convert([ctAttributes(0), ctAttributes(1, changes)]);
  expect(values).toEqual(ramp(0));
  expect(log).toContain(`warning: skipped 1.dcm: ${reason}`);
  expect(log).not.toMatch(/secret/i);
});

test('images without a position cannot be ordered', async () => {
  const folder = tempDir();
  for (const index of [0, 1]) writeDicom(join(folder, 'in', `${index}.dcm`), ctAttributes(index, { ImagePositionPatient: undefined }));
  const result = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('2 images left out: no valid Image Position (Patient)');
  expect(result.stderr).toContain('error: nothing could be converted: 2 files');
});
