import { type Drawing } from './drawing.ts';

/** Where everything is, in pixels. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly Box[];
  readonly lines: readonly Line[];
}

export interface Box {
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly label: string;
  /** From the right side of one box, past those in between, to the left side of the other. */
  readonly points: readonly (readonly [x: number, y: number])[];
}

const characterWidth = 7.5;
const boxHeight = 32;
const rowGap = 24;
const columnGap = 72;
const margin = 16;
/** Slots that lines take on their way past other boxes; where there would be more, they go straight. */
const mostSlots = 20_000;

/** A level is a column. A line that passes a column has a slot of its own there, so that it crosses no box. */
export function layOut({ levels, edges }: Drawing): Layout {
  const columnOf = new Map(levels.flatMap((names, column) => names.map((name) => [name, column] as const)));
  const slots = edges.reduce((sum, { from, to }) => sum + columnOf.get(to)! - columnOf.get(from)! - 1, 0);
  const columns: string[][] = levels.map((names) => [...names]);
  const before = new Map<string, string[]>();
  const ways = edges.map(({ from, to, labels }, index) => {
    const way = [from];
    if (slots <= mostSlots) {
      for (let column = columnOf.get(from)! + 1; column < columnOf.get(to)!; column += 1) {
        // No name has a slash.
        const slot = `${index}/${column}`;
        columns[column]!.push(slot);
        way.push(slot);
      }
    }
    way.push(to);
    for (let step = 1; step < way.length; step += 1) before.set(way[step]!, [...(before.get(way[step]!) ?? []), way[step - 1]!]);
    return { way, label: labels.join(', ') };
  });
  const rows = orderRows(columns, before);
  const widths = columns.map((names) => Math.max(0, ...names.filter((name) => columnOf.has(name)).map((name) => name.length * characterWidth + 24)));
  const left: number[] = [];
  for (let column = 0; column < widths.length; column += 1) left.push(column === 0 ? margin : left[column - 1]! + widths[column - 1]! + columnGap);
  const tallest = Math.max(0, ...columns.map((names) => names.length));
  const y = (name: string, column: number) => margin + (rows.get(name)! + (tallest - columns[column]!.length) / 2) * (boxHeight + rowGap);
  const boxes = [...columnOf].map(([name, column]): Box => ({ name, x: left[column]!, y: y(name, column), width: widths[column]!, height: boxHeight }));
  const lines = ways.map(({ way, label }): Line => {
    const first = columnOf.get(way[0]!)!;
    const last = columnOf.get(way.at(-1)!)!;
    const points = way.flatMap((name, step): (readonly [number, number])[] => {
      const column = step === way.length - 1 ? last : first + step;
      const middle = y(name, column) + boxHeight / 2;
      if (step === 0) return [[left[column]! + widths[column]!, middle]];
      return step === way.length - 1 ? [[left[column]!, middle]] : [[left[column]!, middle], [left[column]! + widths[column]!, middle]];
    });
    return { label, points };
  });
  return {
    width: (left.at(-1) ?? 0) + (widths.at(-1) ?? 0) + margin, height: 2 * margin + Math.max(1, tallest) * (boxHeight + rowGap) - rowGap, boxes, lines,
  };
}

/** Sorts each column by the mean row of what leads there. */
function orderRows(columns: readonly string[][], before: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const names of columns) {
    const wanted = new Map(names.map((name, index) => {
      const sources = before.get(name) ?? [];
      return [name, sources.length === 0 ? index : sources.reduce((sum, source) => sum + rows.get(source)!, 0) / sources.length];
    }));
    for (const [row, name] of names.sort((one, other) => wanted.get(one)! - wanted.get(other)!).entries()) rows.set(name, row);
  }
  return rows;
}
