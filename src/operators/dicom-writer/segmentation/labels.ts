import { ClaraError } from '../../../core/errors.ts';
import { type Samples } from '../../volume/elements.ts';

/** Slices, from zero, that hold a voxel of each label. */
export type Labels = ReadonlyMap<number, readonly number[]>;

/** More different values than this, none of them named: the volume is an image. The largest atlases in use know some 200 parts. */
const mostLabels = 256;
const largestLabel = 0xffff;

/**
 * Finds which labels a mask has, and where, in one pass; 0 is the background.
 * @param wanted the labels that count; undefined: all there are
 * @param name of the volume, for messages
 * @throws ClaraError `usage` where a value is no label: not whole, below 0 or above 65535
 */
export async function findLabels(slices: AsyncIterable<Samples>, wanted: ReadonlySet<number> | undefined, name: string, signal: AbortSignal): Promise<Labels> {
  const found = new Map<number, number[]>();
  const seen = new Uint8Array(largestLabel + 1);
  let index = 0;
  for await (const slice of slices) {
    signal.throwIfAborted();
    for (const label of labelsOf(slice, seen, `slice ${index + 1} of ${name}`)) {
      if (wanted !== undefined && !wanted.has(label)) continue;
      const known = found.get(label);
      if (known !== undefined) known.push(index);
      else found.set(label, [index]);
    }
    if (found.size > mostLabels && wanted === undefined) {
      throw new ClaraError('usage', `${name} holds more than ${mostLabels} different values: an image rather than a mask`, { hint: '--type series writes a volume of any values; --segments names the labels that are segments' });
    }
    index += 1;
  }
  return new Map([...found].sort(([a], [b]) => a - b));
}

/** The labels of a slice, each once. `seen` is memory of a byte for each label. */
function labelsOf(values: Samples, seen: Uint8Array, where: string): number[] {
  seen.fill(0);
  const labels: number[] = [];
  let last = 0;
  // By index: iterators of typed arrays take several times as long, and this looks at every voxel.
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at]!;
    if (value === last) continue;
    if (!Number.isInteger(value) || value < 0 || value > largestLabel) {
      throw new ClaraError('usage', `${where} holds the value ${value}, which is no label: labels are whole numbers from 0 to ${largestLabel}`, { hint: '--type series writes a volume of any values' });
    }
    last = value;
    if (value === 0 || seen[value] === 1) continue;
    seen[value] = 1;
    labels.push(value);
  }
  return labels;
}

/** A frame of the object: the voxels of one segment in one slice. */
export interface Frame {
  /** Its number in the object, from one. */
  readonly segment: number;
  /** From zero. */
  readonly slice: number;
}

/**
 * The frames of an object, segment after segment, each from the first slice to the last. Those without a voxel are left out,
 * except where all are: an object must have a frame, and “nothing was found” is a result too.
 */
export function framesOf(labels: readonly number[], found: Labels, slices: number, isEmptyKept: boolean): Frame[] {
  const everything = isEmptyKept || labels.every((label) => !found.has(label));
  const all = Array.from({ length: everything ? slices : 0 }, (_, slice) => slice);
  return labels.flatMap((label, index) => (everything ? all : (found.get(label) ?? [])).map((slice) => ({ segment: index + 1, slice })));
}
