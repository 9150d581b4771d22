import { type Line } from './bench.ts';
import { type Goal } from './statistics.ts';

const figure = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

export function goalText(goal: Goal): string {
  return 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}

/** A line of the result for people: what, how it did, how far single pairs lay apart, the goal. */
export function textOf(line: Line): string {
  switch (line.kind) {
    case 'left-out':
      return `  ${line.against}: left out, ${line.reason}`;
    case 'memory':
      return columns(line.what, `${line.megabytes.toFixed(0)} MB`, '', `${goalText(line.goal)} MB`, line.met);
    case 'ratio': {
      const { median, min, max, count } = line.ratio;
      const spread = count === 1 ? '' : `(${figure(min)} to ${figure(max)}, ${count} pairs)`;
      return columns(`${line.what}, ${line.of} against ${line.against}`, `${figure(median)} ×`, spread, goalText(line.goal), line.met);
    }
  }
}

function columns(what: string, value: string, spread: string, goal: string, met: boolean): string {
  return `  ${what.padEnd(88)} ${value.padStart(7)}  ${spread.padEnd(26)} goal ${goal.padEnd(9)} ${met ? 'met' : 'missed'}`;
}

/** The same for programs. */
export function jsonOf(lines: readonly Line[]): string {
  return JSON.stringify(lines, null, 2);
}
