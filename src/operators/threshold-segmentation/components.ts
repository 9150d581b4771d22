import { type Samples } from '../volume/elements.ts';
import { NumberList, SliceRuns } from './runs.ts';

/** Which voxels count as neighbours: those that share a face, or also an edge or a corner. */
export type Connectivity = 6 | 26;

/** Values that belong to the foreground, both ends included. */
export interface Window {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Labels connected foreground slice after slice. A label is a number that is given out when a run of foreground touches
 * nothing before it; labels that turn out to be one component are joined. Memory holds the runs of two slices and eight
 * bytes per label, never a volume of labels: feeding the same slices again gives the same labels, whose components are
 * known by then.
 */
export interface Labeller {
  /** The next slice; calls back for each run, row by row. */
  slice(values: Samples, onRun?: (row: number, start: number, end: number, label: number) => void): void;
  /** Starts again at the first slice, keeping what is known of the labels. */
  rewind(): void;
  /** The component that a label belongs to. */
  componentOf(label: number): number;
  /** Voxels of each component. */
  components(): Map<number, number>;
}

export function createLabeller(columns: number, rows: number, window: Window, connectivity: Connectivity): Labeller {
  const labels = createLabels();
  // With corners, runs touch that overlap after one of them grew by a voxel to either side.
  const reach = connectivity === 26 ? 1 : 0;
  let replay = false;
  let next = 0;
  let below = new SliceRuns();
  let here = new SliceRuns();

  /** The label of a run after looking at a row of neighbours, all of which are joined. */
  const touch = (label: number, start: number, end: number, runs: SliceRuns, row: number): number => {
    if (!runs.has(row)) return label;
    let found = label;
    for (let run = runs.from(row); run < runs.to(row); run++) {
      if (runs.start.at(run) >= end + reach) break;
      if (runs.end.at(run) + reach <= start) continue;
      if (found === -1) found = runs.label.at(run);
      else if (!replay) labels.join(found, runs.label.at(run));
    }
    return found;
  };

  const labelOf = (start: number, end: number, row: number): number => {
    let label = touch(-1, start, end, here, row - 1);
    for (let near = row - reach; near <= row + reach; near++) label = touch(label, start, end, below, near);
    if (label === -1) {
      label = next++;
      if (!replay) labels.add();
    }
    if (!replay) labels.grow(label, end - start);
    return label;
  };

  return {
    componentOf: labels.rootOf,
    components: labels.components,
    rewind: () => {
      replay = true;
      next = 0;
      below.clear();
    },
    slice: (values, onRun) => {
      here.clear();
      for (let row = 0; row < rows; row++) {
        here.beginRow();
        for (let start = 0; start < columns; start++) {
          if (!isInside(values[row * columns + start]!, window)) continue;
          let end = start + 1;
          while (end < columns && isInside(values[row * columns + end]!, window)) end += 1;
          const label = labelOf(start, end, row);
          here.add(start, end, label);
          onRun?.(row, start, end, label);
          start = end;
        }
      }
      [below, here] = [here, below];
    },
  };
}

/** NaN is never inside. */
function isInside(value: number, { lower, upper }: Window): boolean {
  return value >= lower && value <= upper;
}

/** Disjoint sets of labels; each set has a size in voxels. */
interface Labels {
  add(): void;
  join(a: number, b: number): void;
  grow(label: number, voxels: number): void;
  readonly rootOf: (label: number) => number;
  readonly components: () => Map<number, number>;
}

function createLabels(): Labels {
  const parents = new NumberList();
  /** Voxels of a set, at its root: up to 2,147,483,647, a volume of 4 GiB. */
  const voxels = new NumberList();

  const rootOf = (label: number): number => {
    let root = label;
    while (parents.at(root) !== root) root = parents.at(root);
    for (let at = label; at !== root; ) {
      const above = parents.at(at);
      parents.set(at, root);
      at = above;
    }
    return root;
  };
  return {
    rootOf,
    add: () => {
      parents.push(parents.length);
      voxels.push(0);
    },
    grow: (label, more) => {
      const root = rootOf(label);
      voxels.set(root, voxels.at(root) + more);
    },
    join: (a, b) => {
      const [first, second] = [rootOf(a), rootOf(b)];
      if (first === second) return;
      // The earlier label stays: components are numbered in the order of their first voxel.
      const [kept, gone] = first < second ? [first, second] : [second, first];
      parents.set(gone, kept);
      voxels.set(kept, voxels.at(kept) + voxels.at(gone));
    },
    components: () => {
      const sizes = new Map<number, number>();
      for (let label = 0; label < parents.length; label++) {
        if (parents.at(label) === label) sizes.set(label, voxels.at(label));
      }
      return sizes;
    },
  };
}
