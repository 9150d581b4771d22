/** What a ratio or a figure should be. */
export type Goal = { readonly atMost: number } | { readonly atLeast: number };

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

/** The middle value; of an even number of values, the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no median of nothing');
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), count: values.length };
}

/** The duration of one run of the product and of one of its peer, taken in turn; milliseconds. */
export interface Pair {
  readonly product: number;
  readonly peer: number;
}

/** One ratio a pair. `time`: how many times as long as the peer the product takes; `speed`: how many times as fast it is. */
export function ratios(pairs: readonly Pair[], of: 'time' | 'speed'): number[] {
  return pairs.map(({ product, peer }) => (of === 'time' ? product / peer : peer / product));
}

export function meets(goal: Goal, value: number): boolean {
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

/** The contestants of a round, each round beginning with another one: none is always the one after the same other. */
export function turnOrder<Contestant>(contestants: readonly Contestant[], round: number): Contestant[] {
  const first = round % contestants.length;
  return [...contestants.slice(first), ...contestants.slice(0, first)];
}
