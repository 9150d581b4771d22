import { ClaraError } from '../../core/errors.ts';
import { keywords, plainTag, tagOfKeyword, vrOf } from '../metadata/dictionary.ts';
import { isKeptTag, isKeptVr } from '../metadata/json-model.ts';
import { readCondition, readRange } from './read-condition.ts';
import { type Range, type Selection, type SelectionRules } from './rules.ts';
import { kindOf, propertiesOf, readText, type RulesText, suggestion } from './rules-text.ts';
import { type Node } from 'yaml';

/** The most findings that are shown. */
const shown = 50;

/**
 * Reads rules (docs/selection-rules.md). An empty text has no selections.
 * @param source what to call the text in messages: its file or its variable.
 * @throws ClaraError `usage` with everything that is wrong, a line each with its place.
 */
export function readRules(text: string, source: string): SelectionRules {
  const read = readText(text.replace(/^\ufeff/, ''));
  const selections = read.root === undefined ? [] : readSelections(read.root, read);
  if (read.problems.length === 0) return { source, selections };
  const problems = read.problems.sort((a, b) => a.line - b.line || a.column - b.column);
  throw new ClaraError('usage', `the selection rules of ${source} have ${problems.length === 1 ? 'a mistake' : `${problems.length} mistakes`}`, {
    details: [...problems.slice(0, shown).map(({ line, column, message }) => `${source}:${line}:${column}: ${message}`), ...(problems.length > shown ? [`and ${problems.length - shown} more`] : [])],
    hint: 'docs/selection-rules.md tells how rules are written',
  });
}

function readSelections(root: Node, text: RulesText): Selection[] {
  const top = kindOf(root);
  if (top.kind !== 'object') {
    text.report(root, 'rules are an object: {"selections": [...]}');
    return [];
  }
  const list = propertiesOf(top.node, ['$schema', 'selections'], 'the rules', text).get('selections');
  if (list === undefined) {
    if (text.problems.length === 0) text.report(root, 'there is no "selections"');
    return [];
  }
  const items = kindOf(list.value);
  if (items.kind !== 'list') {
    text.report(list.value ?? list.key, '"selections" is a list: [{"name": ..., "conditions": {...}}]');
    return [];
  }
  return items.node.items.flatMap((item, index) => readSelection(item as Node, index, text));
}

function readSelection(node: Node, index: number, text: RulesText): readonly Selection[] {
  const kind = kindOf(node);
  if (kind.kind !== 'object') {
    text.report(node, 'a selection is an object: {"name": ..., "conditions": {...}}');
    return [];
  }
  const properties = propertiesOf(kind.node, ['name', 'conditions', 'instances'], 'a selection', text);
  const name = nameOf(properties.get('name'), index, text);
  const instances = instancesOf(properties.get('instances'), text);
  const conditions = properties.get('conditions');
  if (conditions === undefined) {
    text.report(node, `${name}: there are no "conditions"; {} is met by every series`);
    return [];
  }
  const map = kindOf(conditions.value);
  if (map.kind !== 'object') {
    text.report(conditions.value ?? conditions.key, '"conditions" is an object: {"Modality": "CT"}');
    return [];
  }
  const read = [...propertiesOf(map.node, undefined, 'the conditions', text)].flatMap(([attribute, { key, value }]) => {
    const tag = tagOf(attribute, key, text);
    const condition = readCondition(value ?? key, value, text);
    return tag === undefined || condition === undefined ? [] : [{ tag, condition }];
  });
  return [{ name, conditions: read, instances }];
}

function nameOf(property: { readonly key: Node; readonly value: Node | null } | undefined, index: number, text: RulesText): string {
  const unnamed = `selection ${index + 1}`;
  if (property === undefined) return unnamed;
  const kind = kindOf(property.value);
  if (kind.kind === 'text' && kind.text.trim() !== '') return kind.text;
  text.report(property.value ?? property.key, '"name" is a text');
  return unnamed;
}

function instancesOf(property: { readonly key: Node; readonly value: Node | null } | undefined, text: RulesText): Range {
  const least: Range = { low: 1, high: Infinity, open: false };
  if (property === undefined) return least;
  const kind = kindOf(property.value);
  const range = kind.kind === 'number' ? { low: kind.number, high: kind.number, open: false } : kind.kind === 'text' ? readRange(kind.text) : undefined;
  if (range === undefined) text.report(property.value ?? property.key, '"instances" is a number or a range of numbers: ">= 20", "10..500"');
  return range ?? least;
}

/** The tag that a condition is about, by keyword or by number. */
function tagOf(attribute: string, key: Node, text: RulesText): string | undefined {
  const tag = plainTag(attribute) ?? tagOfKeyword(attribute);
  if (tag === undefined) {
    text.report(key, `there is no DICOM attribute ${JSON.stringify(attribute)}${suggestion(attribute, keywords())}`);
    return undefined;
  }
  const vr = vrOf(tag, false);
  if (!isKeptTag(tag) || (vr !== undefined && !isKeptVr(vr))) {
    text.report(key, `${attribute} is not in dicom-metadata.json, which leaves out private attributes and bulk data`);
    return undefined;
  }
  return tag;
}
