import { type DataSet } from 'dicom-parser';
import { messageOf } from '../../../core/errors.ts';
import { dot, length, normalized } from '../../volume/vector.ts';
import { decimal, decimals, items, tags, text, vector } from './attributes.ts';
import { type Header } from './header.ts';
import { type PixelFormat } from '../../../pixels/format.ts';
import { type FileContent, type ImageFile, type PixelLocation, type Plane, type Slice } from './instance.ts';
import { bigEndianSyntax, transferSyntaxOf } from '../../../pixels/transfer-syntaxes.ts';

const mediaStorageDirectory = '1.2.840.10008.1.3.10';

/** A reason to leave a file out, thrown where it is found. */
class Skip extends Error {}

/** What the attributes of a file say: the image planes it holds, or why it is left out. */
export function describe(header: Header, path: string, name: string): FileContent {
  if (header.kind === 'not-dicom') return { kind: 'skipped', reason: 'not a DICOM file' };
  if (header.kind === 'broken') return { kind: 'skipped', reason: `broken DICOM file: ${header.reason}` };
  try {
    return { kind: 'image', slices: slicesOf(header, path, name) };
  } catch (error) {
    return { kind: 'skipped', reason: error instanceof Skip ? error.message : `broken DICOM file: ${messageOf(error)}` };
  }
}

/** A DICOMDIR (PS3.3 F.3): an index of other files. */
export function isDirectory(dataSet: DataSet): boolean {
  return text(dataSet, tags.mediaStorageClass) === mediaStorageDirectory || dataSet.elements['x00041220'] !== undefined;
}

type Readable = Extract<Header, { kind: 'header' }>;

function slicesOf(header: Readable, path: string, name: string): Slice[] {
  const { dataSet } = header;
  if (isDirectory(dataSet)) throw new Skip('a DICOMDIR, which holds no image');
  const image: ImageFile = {
    path,
    name,
    pixels: locate(header),
    format: formatOf(dataSet),
    seriesUid: uid(dataSet, tags.seriesUid, 'Series Instance UID'),
    studyUid: text(dataSet, tags.studyUid) ?? '',
    instanceUid: text(dataSet, tags.instanceUid) ?? '',
    sopClass: text(dataSet, tags.sopClass) ?? '',
    modality: text(dataSet, tags.modality) ?? '',
    imageType: (text(dataSet, tags.imageType) ?? '').split('\\').map((value) => value.trim()),
    frames: framesOf(dataSet),
    gantryTilt: decimal(dataSet, tags.gantryTilt),
  };
  checkLength(image, header.dataLength);
  return planesOf(dataSet, image);
}

/** UIDs become file names: only what PS3.5 9.1 allows in one may pass. */
export function isUid(text: string): boolean {
  return /^[0-9.]{1,64}$/.test(text) && !/^\.+$/.test(text);
}

function uid(dataSet: DataSet, tag: string, what: string): string {
  const value = text(dataSet, tag);
  if (value === undefined || !isUid(value)) throw new Skip(`no valid ${what}`);
  return value;
}

function locate({ dataSet, transferSyntax }: Readable): PixelLocation {
  const element = dataSet.elements[tags.pixelData];
  if (element === undefined) {
    if (dataSet.elements[tags.floatPixelData] !== undefined || dataSet.elements[tags.doublePixelData] !== undefined) throw new Skip('floating-point pixel data is not supported');
    throw new Skip('no pixel data');
  }
  if (transferSyntaxOf(transferSyntax) === undefined) throw new Skip(`transfer syntax ${transferSyntax || '(none)'} is not supported`);
  return {
    transferSyntax,
    offset: element.dataOffset,
    length: element.hadUndefinedLength === true ? undefined : element.length,
    wordSize: transferSyntax === bigEndianSyntax && element.vr !== 'OB' ? 2 : 1,
  };
}

function formatOf(dataSet: DataSet): PixelFormat {
  const need = (tag: string, what: string): number => {
    const value = dataSet.uint16(tag);
    if (value === undefined) throw new Skip(`no ${what}`);
    return value;
  };
  const bitsAllocated = need(tags.bitsAllocated, 'Bits Allocated');
  const bitsStored = dataSet.uint16(tags.bitsStored) ?? bitsAllocated;
  const format = {
    rows: need(tags.rows, 'Rows'),
    columns: need(tags.columns, 'Columns'),
    samplesPerPixel: dataSet.uint16(tags.samplesPerPixel) ?? 1,
    photometric: text(dataSet, tags.photometric) ?? 'MONOCHROME2',
    bitsAllocated,
    bitsStored,
    highBit: dataSet.uint16(tags.highBit) ?? bitsStored - 1,
    signed: dataSet.uint16(tags.pixelRepresentation) === 1,
  };
  if (format.rows === 0 || format.columns === 0) throw new Skip(`an image of ${format.columns} × ${format.rows} pixels`);
  if (format.samplesPerPixel !== 1 || !/^MONOCHROME[12]$/.test(format.photometric)) throw new Skip(`photometric interpretation ${format.photometric}: not an image of one grey value per pixel`);
  if (![8, 16, 32].includes(bitsAllocated)) throw new Skip(`${bitsAllocated} bits allocated per pixel are not supported`);
  if (bitsStored === 0 || bitsStored > bitsAllocated || format.highBit >= bitsAllocated || format.highBit < bitsStored - 1) {
    throw new Skip(`contradictory pixel layout (${bitsStored} bits stored of ${bitsAllocated}, high bit ${format.highBit})`);
  }
  return format;
}

function framesOf(dataSet: DataSet): number {
  const frames = Number(text(dataSet, tags.frames)?.split('\\')[0] ?? 1);
  if (!Number.isInteger(frames) || frames < 1) throw new Skip('Number of Frames is not a whole number above zero');
  return frames;
}

/** Native pixel data must be as long as the frames need; fragments are checked where they are read. */
function checkLength({ pixels, format, frames }: ImageFile, dataLength: number): void {
  if (pixels.length === undefined) return;
  if (transferSyntaxOf(pixels.transferSyntax)?.packing !== 'native') throw new Skip('compressed pixel data that is not in fragments');
  const needed = format.rows * format.columns * (format.bitsAllocated / 8) * frames;
  const present = Math.min(pixels.length, dataLength - pixels.offset);
  if (present < needed) throw new Skip(`truncated: ${Math.max(present, 0)} of ${needed} bytes of pixel data`);
}

function planesOf(dataSet: DataSet, image: ImageFile): Slice[] {
  const perFrame = items(dataSet, tags.perFrameFunctionalGroups);
  const shared = items(dataSet, tags.sharedFunctionalGroups);
  if (dataSet.elements[tags.modalityLutSequence] !== undefined) throw new Skip('a Modality LUT Sequence is not supported');
  if (image.frames > 1 && perFrame.length !== image.frames) throw new Skip(`${image.frames} frames without a position of their own`);
  const instanceNumber = decimal(dataSet, tags.instanceNumber) ?? 0;
  return Array.from({ length: image.frames }, (_, frame) => {
    // An enhanced image keeps these in functional groups (PS3.3 C.7.6.16), of the frame or shared by all; a plain one at the top.
    const groups = [...perFrame.slice(frame, frame + 1), ...shared];
    const inGroup = (sequence: string): DataSet => groups.flatMap((group) => items(group, sequence))[0] ?? dataSet;
    const measures = inGroup(tags.pixelMeasuresSequence);
    const transformation = inGroup(tags.pixelValueTransformationSequence);
    const spacing = decimals(measures, tags.pixelSpacing) ?? decimals(dataSet, tags.imagerPixelSpacing);
    return {
      image,
      frame,
      instanceNumber,
      plane: planeOf(inGroup(tags.planePositionSequence), inGroup(tags.planeOrientationSequence)),
      pixelSpacing: spacing?.length === 2 && spacing[0]! > 0 && spacing[1]! > 0 ? [spacing[0]!, spacing[1]!] as const : undefined,
      thickness: positive(decimal(measures, tags.spacingBetweenSlices)) ?? positive(decimal(measures, tags.sliceThickness)),
      slope: slopeOf(transformation),
      intercept: rescaleValue(transformation, tags.intercept, 'Rescale Intercept') ?? 0,
    };
  });
}

/** PS3.3 C.11.1: a slope of 0 would make every value the same. */
function slopeOf(dataSet: DataSet): number {
  const slope = rescaleValue(dataSet, tags.slope, 'Rescale Slope') ?? 1;
  if (slope === 0) throw new Skip('a Rescale Slope of 0');
  return slope;
}

function rescaleValue(dataSet: DataSet, tag: string, what: string): number | undefined {
  const value = decimal(dataSet, tag);
  if (value === undefined && text(dataSet, tag) !== undefined) throw new Skip(`${what} is not a number`);
  return value;
}

function planeOf(positionHolder: DataSet, orientationHolder: DataSet): Plane | undefined {
  const position = vector(positionHolder, tags.position);
  const cosines = decimals(orientationHolder, tags.orientation);
  if (position === undefined || cosines?.length !== 6) return undefined;
  const row = [cosines[0]!, cosines[1]!, cosines[2]!] as const;
  const column = [cosines[3]!, cosines[4]!, cosines[5]!] as const;
  // PS3.3 C.7.6.2.1.1: unit vectors at right angles; scanners round, so a little is allowed.
  if (Math.abs(length(row) - 1) > 0.01 || Math.abs(length(column) - 1) > 0.01 || Math.abs(dot(row, column)) > 0.01) return undefined;
  return { position, row: normalized(row), column: normalized(column) };
}

function positive(value: number | undefined): number | undefined {
  return value !== undefined && value > 0 ? value : undefined;
}
