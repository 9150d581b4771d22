import { type DataSet, type Element } from 'dicom-parser';
import { type Vector } from '../../volume/vector.ts';

/** Tags that the reader looks at, in dicom-parser's notation (PS3.6). */
export const tags = {
  transferSyntax: 'x00020010',
  mediaStorageClass: 'x00020002',
  imageType: 'x00080008',
  sopClass: 'x00080016',
  instanceUid: 'x00080018',
  modality: 'x00080060',
  sliceThickness: 'x00180050',
  spacingBetweenSlices: 'x00180088',
  gantryTilt: 'x00181120',
  imagerPixelSpacing: 'x00181164',
  studyUid: 'x0020000d',
  seriesUid: 'x0020000e',
  instanceNumber: 'x00200013',
  position: 'x00200032',
  orientation: 'x00200037',
  planePositionSequence: 'x00209113',
  planeOrientationSequence: 'x00209116',
  samplesPerPixel: 'x00280002',
  photometric: 'x00280004',
  frames: 'x00280008',
  rows: 'x00280010',
  columns: 'x00280011',
  pixelSpacing: 'x00280030',
  bitsAllocated: 'x00280100',
  bitsStored: 'x00280101',
  highBit: 'x00280102',
  pixelRepresentation: 'x00280103',
  intercept: 'x00281052',
  slope: 'x00281053',
  modalityLutSequence: 'x00283000',
  pixelMeasuresSequence: 'x00289110',
  pixelValueTransformationSequence: 'x00289145',
  sharedFunctionalGroups: 'x52009229',
  perFrameFunctionalGroups: 'x52009230',
  floatPixelData: 'x7fe00008',
  doublePixelData: 'x7fe00009',
  pixelData: 'x7fe00010',
} as const;

/** A text value without its padding; undefined where it is absent or empty. */
export function text(dataSet: DataSet, tag: string): string | undefined {
  const value = dataSet.string(tag)?.replace(/\0+$/, '').trim();
  return value === '' ? undefined : value;
}

/** All values of a decimal string, or undefined where one of them is not a number. */
export function decimals(dataSet: DataSet, tag: string): number[] | undefined {
  const values = text(dataSet, tag)?.split('\\').map((value) => (value.trim() === '' ? NaN : Number(value)));
  return values?.every(Number.isFinite) === true ? values : undefined;
}

/** The first value of a decimal string. */
export function decimal(dataSet: DataSet, tag: string): number | undefined {
  return decimals(dataSet, tag)?.[0];
}

/** Three decimals as a vector. */
export function vector(dataSet: DataSet, tag: string): Vector | undefined {
  const values = decimals(dataSet, tag);
  return values?.length === 3 ? (values as unknown as Vector) : undefined;
}

/** The data sets of a sequence's items. */
export function items(dataSet: DataSet, tag: string): DataSet[] {
  const element: Element | undefined = dataSet.elements[tag];
  return (element?.items ?? []).flatMap((item) => (item.dataSet === undefined ? [] : [item.dataSet]));
}
