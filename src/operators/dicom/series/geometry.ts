import { type VolumeHeader } from '../../volume/meta-header.ts';
import { type Slice } from '../instances/instance.ts';
import { sliceGeometry, type SliceGeometry, tiltOf } from './stack.ts';

/** Position, orientation and spacing of a volume, and what the single header of a volume cannot say about it. */
export interface VolumeGeometry extends Pick<VolumeHeader, 'size' | 'spacing' | 'origin' | 'direction'> {
  /** Position of each slice along the normal, from the first, mm. */
  readonly positions: readonly number[];
  /** One line each, with figures. */
  readonly warnings: readonly string[];
}

/** A slice may lie this far from its even place, as a share of the spacing, before the gaps count as uneven. */
const evenTolerance = 0.01;
/** Advancing at an angle to the normal greater than this counts as a tilt, degrees. */
const tiltTolerance = 0.1;

/** Geometry of the slices that a volume is made of, in order. */
export function volumeGeometry(slices: readonly Slice[]): VolumeGeometry {
  const first = slices[0]!;
  const { rows, columns } = first.image.format;
  const warnings: string[] = [];
  const [rowSpacing, columnSpacing] = first.pixelSpacing ?? [1, 1];
  if (first.pixelSpacing === undefined) warnings.push('no pixel spacing: 1 mm is assumed');
  const planes = slices.flatMap((slice) => (slice.plane === undefined ? [] : [slice.plane]));
  const plane = planes[0] ?? { position: [0, 0, 0], row: [1, 0, 0], column: [0, 1, 0] } as const;
  if (planes.length === 0) warnings.push('no valid Image Position (Patient) and Image Orientation (Patient): the volume lies at the origin, along the axes');
  const geometry = sliceGeometry([plane, ...planes.slice(1)]);
  warnings.push(...unevenGaps(geometry.positions), ...tilt(geometry, first));
  return {
    size: [columns, rows, slices.length],
    // Pixel Spacing names the distance between rows first (PS3.3 10.7.1.3); an axis of the volume runs across them.
    spacing: [columnSpacing, rowSpacing, sliceSpacing(geometry.positions, first, warnings)],
    origin: plane.position,
    direction: [plane.row, plane.column, geometry.normal],
    positions: geometry.positions,
    warnings,
  };
}

/** The mean gap, so that first and last slice are where they belong (ITK's series reader takes the same). */
function sliceSpacing(positions: readonly number[], first: Slice, warnings: string[]): number {
  if (positions.length > 1) return rounded(positions.at(-1)! / (positions.length - 1));
  if (first.thickness === undefined) warnings.push('one slice without a thickness: 1 mm is assumed');
  return first.thickness ?? 1;
}

/** Positions come as decimal text; what floating point adds beyond a nanometre is noise. */
function rounded(value: number): number {
  return Number(value.toFixed(6));
}

/** Slices at these positions, mm from the first, are one gap apart; always true of one slice. */
export function isEven(positions: readonly number[]): boolean {
  const mean = meanGap(positions);
  return positions.every((at, index) => Math.abs(at - index * mean) <= evenTolerance * mean);
}

/** Of positions from the first, mm; 0 for one slice. */
export function meanGap(positions: readonly number[]): number {
  return positions.at(-1)! / Math.max(positions.length - 1, 1);
}

function unevenGaps(positions: readonly number[]): string[] {
  if (isEven(positions)) return [];
  const mean = meanGap(positions);
  return [`uneven slice gaps: ${describeGaps(positions)}; the header holds the mean, ${mean.toFixed(4)} mm`];
}

/** How often each gap occurs, in the order of appearance: `13 × 4.0019 mm, 1 × 1.0811 mm`. */
export function describeGaps(positions: readonly number[]): string {
  const counts = new Map<string, number>();
  for (let i = 1; i < positions.length; i++) {
    const gap = (positions[i]! - positions[i - 1]!).toFixed(4);
    const near = [...counts.keys()].find((known) => Math.abs(Number(known) - Number(gap)) <= 0.00051) ?? gap;
    counts.set(near, (counts.get(near) ?? 0) + 1);
  }
  const all = [...counts].map(([gap, times]) => `${times} × ${gap} mm`);
  return all.length > 6 ? `${all.slice(0, 6).join(', ')} and ${all.length - 6} other gaps` : all.join(', ');
}

function tilt(geometry: SliceGeometry, first: Slice): string[] {
  const degrees = tiltOf(geometry);
  if (geometry.positions.length < 2 || Math.abs(degrees) < tiltTolerance) return [];
  const perSlice = Math.hypot(...geometry.shift) / (geometry.positions.length - 1);
  const nominal = first.image.gantryTilt;
  return [
    `gantry tilt of ${signed(degrees)}°${nominal === undefined || nominal === 0 ? '' : ` (the scanner says ${signed(nominal)}°)`}: `
    + `slices advance at that angle to their normal, ${perSlice.toFixed(4)} mm sideways from one to the next on average, which the header cannot hold; the volume is written as if they did not`,
  ];
}

function signed(degrees: number): string {
  return `${degrees > 0 ? '+' : ''}${Number(degrees.toFixed(2))}`;
}
