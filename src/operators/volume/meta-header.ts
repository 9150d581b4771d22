import { ClaraError } from '../../core/errors.ts';
import { bytesPerElement, type ElementType } from './elements.ts';
import { type Vector } from './vector.ts';

/** The header of a MetaImage volume (`.mhd`), as ITK reads and writes it. */
export interface VolumeHeader {
  /** Columns, rows, slices. */
  readonly size: Vector;
  /** Distance between the centres of neighbouring voxels along each axis, mm. */
  readonly spacing: Vector;
  /** Centre of the first voxel, mm. */
  readonly origin: Vector;
  /** Directions of increasing column, row and slice index: unit vectors, `TransformMatrix` three by three. */
  readonly direction: readonly [Vector, Vector, Vector];
  readonly elementType: ElementType;
  /** File with the voxels, beside the header. */
  readonly dataFile: string;
  readonly bigEndian: boolean;
  /** Bytes of the data file are one zlib stream. */
  readonly compressed: boolean;
  /** Bytes before the voxels; -1: the voxels are the end of the file. */
  readonly dataOffset: number;
}

/** The header's text. Numbers are printed in full, so that reading them back gives the same values. */
export function printMetaHeader(header: VolumeHeader): string {
  return [
    'ObjectType = Image',
    'NDims = 3',
    'BinaryData = True',
    `BinaryDataByteOrderMSB = ${header.bigEndian ? 'True' : 'False'}`,
    `CompressedData = ${header.compressed ? 'True' : 'False'}`,
    `TransformMatrix = ${header.direction.flat().map(number).join(' ')}`,
    `Offset = ${header.origin.map(number).join(' ')}`,
    'CenterOfRotation = 0 0 0',
    `AnatomicalOrientation = ${header.direction.map(anatomicalLetter).join('')}`,
    `ElementSpacing = ${header.spacing.map(number).join(' ')}`,
    `DimSize = ${header.size.join(' ')}`,
    `ElementType = ${header.elementType}`,
    `ElementDataFile = ${header.dataFile}`,
    '',
  ].join('\n');
}

/** MetaIO names an axis for where it starts: an axis that runs mostly towards the left is `R`. */
function anatomicalLetter(axis: Vector): string {
  const steepest = [0, 1, 2].reduce((best, i) => (Math.abs(axis[i]!) > Math.abs(axis[best]!) ? i : best), 0);
  return (axis[steepest]! < 0 ? 'LPS' : 'RAI')[steepest]!;
}

/** No exponents and no minus zero: not every reader of MetaImage takes them. */
function number(value: number): string {
  if (value === 0) return '0';
  const text = String(value);
  return /e/.test(text) ? value.toFixed(20).replace(/\.?0+$/, '').replace(/^-0$/, '0') : text;
}

/**
 * Reads a header's text.
 * @param file its name, for messages.
 * @throws ClaraError `usage` where the text is not a header of one three-dimensional image of single numbers.
 */
export function parseMetaHeader(text: string, file: string): VolumeHeader {
  const fields = readFields(text);
  const problem = (what: string): ClaraError => new ClaraError('usage', `${file}: ${what}`, { hint: 'a volume is a .mhd header with a .raw or .zraw file beside it' });
  const field = (...names: string[]): string | undefined => names.map((name) => fields.get(name)).find((value) => value !== undefined);
  const numbers = (fallback: readonly number[], ...names: string[]): readonly number[] => {
    const value = field(...names);
    if (value === undefined) return fallback;
    const list = value.split(/\s+/).map(Number);
    if (list.length !== fallback.length || !list.every(Number.isFinite)) throw problem(`${names[0]} must be ${fallback.length} numbers, not ${JSON.stringify(value)}`);
    return list;
  };
  const yes = (...names: string[]): boolean => /^(true|1)$/i.test(field(...names) ?? '');

  if (fields.size === 0) throw problem('not a MetaImage header');
  const dimensions = Number(field('NDims') ?? 3);
  if (dimensions !== 3) throw problem(`NDims is ${field('NDims')}: only volumes of three dimensions are supported`);
  if (Number(field('ElementNumberOfChannels') ?? 1) !== 1) throw problem('more than one value per voxel is not supported');
  if (field('BinaryData') !== undefined && !yes('BinaryData')) throw problem('voxels written as text are not supported');
  const size = numbers([0, 0, 0], 'DimSize');
  if (!size.every((n) => Number.isInteger(n) && n > 0)) throw problem('DimSize must be three whole numbers above zero');
  const elementType = field('ElementType') as ElementType | undefined;
  if (elementType === undefined || !(elementType in bytesPerElement)) throw problem(`ElementType ${elementType ?? 'is missing'}: not one of ${Object.keys(bytesPerElement).join(', ')}`);
  const spacing = numbers(numbers([1, 1, 1], 'ElementSize'), 'ElementSpacing');
  if (!spacing.every((s) => s > 0)) throw problem('ElementSpacing must be above zero');
  const matrix = numbers([1, 0, 0, 0, 1, 0, 0, 0, 1], 'TransformMatrix', 'Rotation', 'Orientation');
  return {
    size: size as unknown as Vector,
    spacing: spacing as unknown as Vector,
    origin: numbers([0, 0, 0], 'Offset', 'Position', 'Origin') as unknown as Vector,
    direction: [0, 3, 6].map((row) => matrix.slice(row, row + 3)) as unknown as VolumeHeader['direction'],
    elementType,
    dataFile: dataFileOf(field('ElementDataFile'), problem),
    bigEndian: yes('BinaryDataByteOrderMSB', 'ElementByteOrderMSB'),
    compressed: yes('CompressedData'),
    dataOffset: Number(field('HeaderSize') ?? 0),
  };
}

function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Za-z][\w]*)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match !== null) fields.set(match[1]!, match[2]!);
  }
  return fields;
}

/** The data file must lie beside the header: a header from elsewhere must not make us read any file of this machine. */
function dataFileOf(name: string | undefined, problem: (what: string) => ClaraError): string {
  if (name === undefined || name === '') throw problem('ElementDataFile is missing');
  if (/^(LOCAL|LIST)\b/i.test(name) || name.includes('%')) throw problem(`ElementDataFile ${name}: only one separate file is supported`);
  if (/[/\\\0]/.test(name)) throw problem(`ElementDataFile ${name}: the file must lie beside the header`);
  return name;
}
