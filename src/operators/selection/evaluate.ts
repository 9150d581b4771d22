import { type Attribute, type Attributes, type JsonValue } from '../metadata/json-model.ts';
import { type Condition, isWithin, type Selection, type SelectionRules } from './rules.ts';

/** Shared Functional Groups Sequence: where an enhanced image keeps what holds for all its frames (PS3.3 C.7.6.16). */
const sharedGroups = '52009229';

/** Which selections a series meets; instances are shown to it one by one. */
export interface Selector {
  show(seriesUid: string, attributes: Attributes): void;
  /** The names of the selections that a series meets; none: it is not selected. In the order in which the series were met. */
  result(): ReadonlyMap<string, readonly string[]>;
}

export function createSelector({ selections }: SelectionRules): Selector {
  const counts = new Map<string, number[]>();
  return {
    show: (seriesUid, attributes) => {
      const known = counts.get(seriesUid);
      const own = known ?? selections.map(() => 0);
      if (known === undefined) counts.set(seriesUid, own);
      for (const [index, selection] of selections.entries()) if (meets(attributes, selection)) own[index]! += 1;
    },
    result: () => new Map([...counts].map(([uid, own]) => [uid, selections.filter(({ instances }, index) => isWithin(own[index]!, instances)).map(({ name }) => name)])),
  };
}

/** Whether an instance meets all conditions of a selection. */
export function meets(attributes: Attributes, { conditions }: Pick<Selection, 'conditions'>): boolean {
  return conditions.every(({ tag, condition }) => holds(condition, found(attributes, tag)));
}

/** The values of an attribute, at the top or else among what the frames share. */
function found(attributes: Attributes, tag: string): readonly Attribute[] {
  const top = attributes[tag];
  return top !== undefined ? [top] : (attributes[sharedGroups]?.Value ?? []).flatMap((item) => within(item as Attributes, tag));
}

/** Measures of the frames are two sequences deep. */
function within(item: Attributes, tag: string, depth = 0): Attribute[] {
  return Object.entries(item).flatMap(([key, attribute]) => {
    if (key === tag) return [attribute];
    return attribute.vr === 'SQ' && depth < 4 ? (attribute.Value ?? []).flatMap((inner) => within(inner as Attributes, tag, depth + 1)) : [];
  });
}

function holds(condition: Condition, attributes: readonly Attribute[]): boolean {
  switch (condition.kind) {
    case 'present': return attributes.some(({ Value }) => Value !== undefined && Value.length > 0) === condition.expected;
    case 'all': return condition.of.every((part) => holds(part, attributes));
    case 'any': return condition.of.some((part) => holds(part, attributes));
    case 'not': return !holds(condition.of, attributes);
    default: return attributes.flatMap(scalars).some((value) => fits(condition, value));
  }
}

function fits(condition: Extract<Condition, { kind: 'equals' | 'matches' | 'within' }>, value: string | number): boolean {
  switch (condition.kind) {
    case 'equals': return sameText(condition.text, value);
    case 'matches': return condition.pattern.test(String(value));
    case 'within': return asNumber(value) !== undefined && isWithin(asNumber(value)!, condition.range);
  }
}

function sameText(wanted: string, value: string | number): boolean {
  if (typeof value === 'number') return asNumber(wanted) === value;
  return wanted.trim().toLowerCase() === value.trim().toLowerCase();
}

/** The number that a text is: dates and times count as well. */
function asNumber(value: string | number): number | undefined {
  if (typeof value === 'number') return value;
  const number = value.trim() === '' ? NaN : Number(value);
  return Number.isFinite(number) ? number : undefined;
}

/** The values that can be compared: texts and numbers; of a person's name each way to write it. */
function scalars({ vr, Value = [] }: Attribute): (string | number)[] {
  if (vr === 'SQ') return [];
  return Value.flatMap((value: JsonValue) => {
    if (typeof value === 'string' || typeof value === 'number') return [value];
    return vr === 'PN' && value !== null ? Object.values(value as Readonly<Record<string, unknown>>).filter((part) => typeof part === 'string') : [];
  });
}
