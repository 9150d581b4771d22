import { cross, dot, subtract, type Vector } from '../../volume/vector.ts';
import { type Plane, type Slice } from '../instances/instance.ts';

/** Slices that fit together into one volume, in order along their normal. */
export interface Stack {
  readonly slices: readonly Slice[];
  /** How many images of that size and orientation there are, those included that are not in it. */
  readonly images: number;
  /** Slices that are not in it, and why; each line counts as a warning. */
  readonly leftOut: readonly string[];
}

/** Directions closer than this (the cosine of about a quarter of a degree) count as the same. */
const sameDirection = 0.99999;
/** Positions along the normal closer than this count as the same, mm. */
const samePosition = 1e-3;

/**
 * Sorts the slices of one series into stacks: one per image size, pixel spacing and orientation, largest first; each
 * ordered along its normal (row direction × column direction) from the lowest position to the highest.
 */
export function stacksOf(slices: readonly Slice[]): Stack[] {
  const groups: Slice[][] = [];
  for (const slice of [...slices].sort(byInstance)) {
    const group = groups.find(([first]) => fits(first!, slice));
    if (group === undefined) groups.push([slice]);
    else group.push(slice);
  }
  return groups.sort((a, b) => b.length - a.length).map(orderedStack);
}

function byInstance(a: Slice, b: Slice): number {
  return a.instanceNumber - b.instanceNumber || a.frame - b.frame || (a.image.name < b.image.name ? -1 : 1);
}

function fits(a: Slice, b: Slice): boolean {
  const format = a.image.format;
  const other = b.image.format;
  if (format.rows !== other.rows || format.columns !== other.columns) return false;
  if (a.pixelSpacing === undefined || b.pixelSpacing === undefined) {
    if (a.pixelSpacing !== b.pixelSpacing) return false;
  } else if (a.pixelSpacing.some((mm, axis) => Math.abs(mm - b.pixelSpacing![axis]!) > 1e-3 * mm)) return false;
  if (a.plane === undefined || b.plane === undefined) return a.plane === b.plane;
  return dot(a.plane.row, b.plane.row) > sameDirection && dot(a.plane.column, b.plane.column) > sameDirection;
}

function orderedStack(slices: readonly Slice[]): Stack {
  const { plane } = slices[0]!;
  if (plane === undefined) return unplaced(slices);
  const normal = cross(plane.row, plane.column);
  const placed = slices
    .map((slice) => ({ slice, at: dot(slice.plane!.position, normal) }))
    .sort((a, b) => a.at - b.at || byInstance(a.slice, b.slice));
  const kept: typeof placed = [];
  const copies: Slice[] = [];
  const others: Slice[] = [];
  for (const candidate of placed) {
    const below = kept.at(-1);
    if (below === undefined || candidate.at - below.at > samePosition) kept.push(candidate);
    else if (isCopy(candidate.slice, below.slice)) copies.push(candidate.slice);
    else others.push(candidate.slice);
  }
  const leftOut: string[] = [];
  if (copies.length > 0) leftOut.push(`${count(copies.length, 'image')} left out: a second copy of an instance (${names(copies)})`);
  if (others.length > 0) leftOut.push(`${count(others.length, 'image')} left out: another image at the same position; the one with the lowest instance number was taken (${names(others)})`);
  return { slices: kept.map(({ slice }) => slice), images: slices.length, leftOut };
}

/** Without positions there is no order in space that one could trust: one image alone is a volume, several are not. */
function unplaced(slices: readonly Slice[]): Stack {
  if (slices.length === 1) return { slices, images: 1, leftOut: [] };
  return { slices: [], images: slices.length, leftOut: [`${count(slices.length, 'image')} left out: no valid Image Position (Patient) and Image Orientation (Patient) to order them by (${names(slices)})`] };
}

function isCopy(a: Slice, b: Slice): boolean {
  return a.image.instanceUid !== '' && a.image.instanceUid === b.image.instanceUid && a.frame === b.frame;
}

/** The first few file names of slices. */
export function names(slices: readonly Slice[]): string {
  const all = [...new Set(slices.map((slice) => slice.image.name))];
  return all.length > 3 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
}

export function count(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? '' : 's'}`;
}

/** Where slices lie. */
export interface SliceGeometry {
  /** Distance of each slice from the first along the normal, mm. */
  readonly positions: readonly number[];
  /** Shift of the last slice against the first within the slice plane, along rows and columns, mm. */
  readonly shift: readonly [number, number];
  readonly normal: Vector;
}

/** Positions of ordered slices along their common normal, and how far they slide sideways (a tilted gantry does that). */
export function sliceGeometry(planes: readonly Plane[]): SliceGeometry {
  const first = planes[0]!;
  const normal = cross(first.row, first.column);
  const offsets = planes.map((plane) => subtract(plane.position, first.position));
  const last = offsets.at(-1)!;
  return {
    positions: offsets.map((offset) => dot(offset, normal)),
    shift: [dot(last, first.row), dot(last, first.column)],
    normal,
  };
}

/**
 * Angle between the normal and the direction in which the slices advance, degrees; 0 for one slice. Positive as a
 * scanner counts it: the slices slide against the column direction, the top of the gantry leans away from the couch.
 */
export function tiltOf({ positions, shift }: SliceGeometry): number {
  const sideways = Math.hypot(shift[0], shift[1]);
  return (Math.atan2(shift[1] > 0 ? -sideways : sideways, positions.at(-1)!) * 180) / Math.PI;
}
