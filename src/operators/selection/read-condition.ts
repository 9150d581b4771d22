import { RE2JS } from 're2js';
import { type Node } from 'yaml';
import { messageOf } from '../../core/errors.ts';
import { type Condition, type Range } from './rules.ts';
import { kindOf, propertiesOf, type RulesText } from './rules-text.ts';

const number = '[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?';
const comparison = new RegExp(`^\\s*(<=|>=|<|>)\\s*(${number})\\s*$`);
const interval = new RegExp(`^\\s*(${number})\\s*\\.\\.\\s*(${number})\\s*$`);
const flags: Readonly<Record<string, number>> = { i: RE2JS.CASE_INSENSITIVE, m: RE2JS.MULTILINE, s: RE2JS.DOTALL };

/**
 * What the value of an attribute must be. `at`: where problems are reported.
 * Regular expressions are those of RE2, which take time in proportion to the text, whatever they are.
 */
export function readCondition(at: Node, value: Node | null, text: RulesText): Condition | undefined {
  const kind = kindOf(value);
  switch (kind.kind) {
    case 'number': return { kind: 'within', range: { low: kind.number, high: kind.number, open: false } };
    case 'boolean': return { kind: 'present', expected: kind.value };
    case 'text': return readTextCondition(kind.text, at, text);
    case 'list': return several('all', kind.node.items as Node[], at, text);
    case 'object': return combined(kind.node, at, text);
    case 'nothing':
      text.report(at, 'a condition is a text, a number, true, false, a list, {"any": [...]} or {"not": ...}');
      return undefined;
  }
}

/** `<= 5`, `> 0.5`, `1..3`; undefined where the text is none of these. */
export function readRange(text: string): Range | undefined {
  const compared = comparison.exec(text);
  if (compared !== null) {
    const [, operator, limit] = compared;
    const open = operator!.length === 1;
    return operator!.startsWith('<') ? { low: -Infinity, high: Number(limit), open } : { low: Number(limit), high: Infinity, open };
  }
  const between = interval.exec(text);
  return between === null ? undefined : { low: Number(between[1]), high: Number(between[2]), open: false };
}

function readTextCondition(text: string, at: Node, rules: RulesText): Condition | undefined {
  const range = readRange(text);
  if (range !== undefined) {
    if (range.low > range.high) rules.report(at, `${JSON.stringify(text)} is met by no number: ${range.low} is above ${range.high}`);
    return { kind: 'within', range };
  }
  if (/^\s*(<|>)/.test(text)) {
    rules.report(at, `${JSON.stringify(text)} compares with no number`);
    return undefined;
  }
  const expression = /^\/(.+)\/([a-z]*)$/s.exec(text);
  if (expression !== null) return readExpression(expression[1]!, expression[2]!, at, rules);
  if (/^\(\?|^\^|\$$|\.\*/.test(text)) {
    rules.report(at, `${JSON.stringify(text)} looks like a regular expression, which stands between slashes: ${JSON.stringify(`/${text}/`)}`);
    return undefined;
  }
  if (text.trim() === '') {
    rules.report(at, 'an empty text is no condition; false is met where there is no value');
    return undefined;
  }
  return { kind: 'equals', text };
}

function readExpression(source: string, letters: string, at: Node, rules: RulesText): Condition | undefined {
  const unknown = [...letters].find((letter) => flags[letter] === undefined);
  if (unknown !== undefined) {
    rules.report(at, `a regular expression has no flag ${unknown}; there are i, m and s`);
    return undefined;
  }
  try {
    return { kind: 'matches', pattern: RE2JS.compile(source, [...letters].reduce((all, letter) => all | flags[letter]!, 0)) };
  } catch (error) {
    const note = /\(\?<?[=!]|\\[1-9]/.test(source) ? ' (look-ahead, look-behind and back references are not supported)' : '';
    rules.report(at, `${messageOf(error).replace(/\.$/, '')}${note}`);
    return undefined;
  }
}

function several(kind: 'all' | 'any', items: readonly Node[], at: Node, rules: RulesText): Condition | undefined {
  if (items.length === 0) {
    rules.report(at, 'an empty list is no condition');
    return undefined;
  }
  const of = items.map((item) => readCondition(item, item, rules));
  return of.every((part) => part !== undefined) ? { kind, of } : undefined;
}

function combined(node: Parameters<typeof propertiesOf>[0], at: Node, rules: RulesText): Condition | undefined {
  const properties = propertiesOf(node, ['any', 'not'], 'a condition', rules);
  const [first, second] = properties;
  if (first === undefined || second !== undefined) {
    if (node.items.length !== 1) rules.report(at, 'a condition that is an object is {"any": [...]} or {"not": ...}');
    return undefined;
  }
  const [name, { key, value }] = first;
  if (name === 'not') {
    const of = readCondition(value ?? key, value, rules);
    return of === undefined ? undefined : { kind: 'not', of };
  }
  const list = kindOf(value);
  if (list.kind === 'list') return several('any', list.node.items as Node[], value!, rules);
  rules.report(value ?? key, '"any" is a list');
  return undefined;
}
