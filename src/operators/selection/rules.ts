import { type RE2JS } from 're2js';

/** What the values of an attribute must be. All but `present` and `not` hold where one of the values fits. */
export type Condition =
  | { readonly kind: 'equals'; readonly text: string }
  | { readonly kind: 'matches'; readonly pattern: RE2JS }
  | { readonly kind: 'within'; readonly range: Range }
  | { readonly kind: 'present'; readonly expected: boolean }
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition };

/** Numbers between two limits; a limit that is `open` is not among them. */
export interface Range {
  readonly low: number;
  readonly high: number;
  readonly open: boolean;
}

/** One way for a series to be selected. */
export interface Selection {
  readonly name: string;
  /** By tag, `00080060`; all of them must hold for an instance. */
  readonly conditions: readonly { readonly tag: string; readonly condition: Condition }[];
  /** How many instances of the series must meet the conditions. */
  readonly instances: Range;
}

/** A series is selected where one of the selections fits. */
export interface SelectionRules {
  /** Where they come from, for messages. */
  readonly source: string;
  readonly selections: readonly Selection[];
}

export function isWithin(value: number, { low, high, open }: Range): boolean {
  return open ? value > low && value < high : value >= low && value <= high;
}
