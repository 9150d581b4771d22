import { type Samples } from '../volume/elements.ts';

/** Which voxels count as neighbours: those that share a face, or also an edge or a corner. */
export type Connectivity = 6 | 26;

/** Values that belong to the foreground, both ends included. */
export interface Window {
  readonly lower: number;
  readonly upper: number;
}

/** A run of foreground in one row: columns from `start` up to, not including, `end`. */
interface Run {
  readonly start: number;
  readonly end: number;
  readonly label: number;
}

/**
 * Labels connected foreground slice after slice. A label is a number that is given out when a run touches nothing
 * before it; labels that turn out to be one component are joined. Memory holds the runs of two slices and twelve bytes
 * per label, never a volume of labels: feeding the same slices again gives the same labels, which by then
 * are known to their ends.
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
  const parents = new GrowingNumbers(Int32Array);
  const voxels = new GrowingNumbers(Float64Array);
  // With corners, runs touch that overlap after one of them grew by a voxel to either side.
  const reach = connectivity === 26 ? 1 : 0;
  let labels = 0;
  let replay = false;
  let below: Run[][] = emptyRows(rows);

  const componentOf = (label: number): number => {
    let root = label;
    while (parents.at(root) !== root) root = parents.at(root);
    for (let at = label; at !== root; ) {
      const next = parents.at(at);
      parents.set(at, root);
      at = next;
    }
    return root;
  };
  const join = (a: number, b: number): void => {
    const [first, second] = [componentOf(a), componentOf(b)];
    if (first === second) return;
    // The earlier label stays: components are numbered in the order of their first voxel.
    const [kept, gone] = first < second ? [first, second] : [second, first];
    parents.set(gone, kept);
    voxels.set(kept, voxels.at(kept) + voxels.at(gone));
  };
  /** The label of a run from the runs that it touches; joins them all. */
  const labelOf = (start: number, end: number, neighbours: readonly (readonly Run[])[]): number => {
    let label = -1;
    for (const row of neighbours) {
      for (const run of row) {
        if (run.start >= end + reach) break;
        if (run.end + reach <= start) continue;
        if (label === -1) label = run.label;
        else if (!replay) join(label, run.label);
      }
    }
    if (label !== -1) return label;
    if (!replay) {
      parents.set(labels, labels);
      voxels.set(labels, 0);
    }
    return labels++;
  };

  return {
    componentOf,
    rewind: () => {
      replay = true;
      labels = 0;
      below = emptyRows(rows);
    },
    slice: (values, onRun) => {
      const here: Run[][] = [];
      for (let row = 0; row < rows; row++) {
        const neighbours = [here[row - 1] ?? [], ...below.slice(Math.max(row - reach, 0), row + reach + 1)];
        const runs: Run[] = [];
        for (const [start, end] of foreground(values, row * columns, columns, window)) {
          const label = labelOf(start, end, neighbours);
          runs.push({ start, end, label });
          if (!replay) {
            const component = componentOf(label);
            voxels.set(component, voxels.at(component) + end - start);
          }
          onRun?.(row, start, end, label);
        }
        here.push(runs);
      }
      below = here;
    },
    components: () => {
      const sizes = new Map<number, number>();
      for (let label = 0; label < labels; label++) {
        if (parents.at(label) === label) sizes.set(label, voxels.at(label));
      }
      return sizes;
    },
  };
}

/** Stretches of a row within the window, as column pairs. NaN is never within it. */
function foreground(values: Samples, offset: number, columns: number, { lower, upper }: Window): (readonly [number, number])[] {
  const runs: (readonly [number, number])[] = [];
  let start = -1;
  for (let column = 0; column < columns; column++) {
    const value = values[offset + column]!;
    const inside = value >= lower && value <= upper;
    if (inside && start === -1) start = column;
    if (!inside && start !== -1) {
      runs.push([start, column]);
      start = -1;
    }
  }
  if (start !== -1) runs.push([start, columns]);
  return runs;
}

function emptyRows(rows: number): Run[][] {
  return Array.from({ length: rows }, () => []);
}

/** A typed array that doubles when it is full. */
class GrowingNumbers {
  private numbers: Int32Array | Float64Array;
  private readonly kind: Int32ArrayConstructor | Float64ArrayConstructor;

  constructor(kind: Int32ArrayConstructor | Float64ArrayConstructor) {
    this.kind = kind;
    this.numbers = new kind(1024);
  }

  at(index: number): number {
    return this.numbers[index]!;
  }

  set(index: number, value: number): void {
    if (index >= this.numbers.length) {
      const larger = new this.kind(this.numbers.length * 2);
      larger.set(this.numbers as Int32Array);
      this.numbers = larger;
    }
    this.numbers[index] = value;
  }
}
