import { quoted } from '../../core/names.ts';
import { type FindingCode, type Findings } from '../findings.ts';
import { describeKind, isAbsent, type Entry, type List, type Mapping, type Node, type Place, type Scalar } from '../source.ts';
import { type ApiVersion } from '../versions.ts';

/** What all checks of one document share. */
export interface Check {
  readonly findings: Findings;
  /** The document's api-version; undefined where it is missing or wrong. */
  readonly version: ApiVersion | undefined;
  /** What one finding of a kind is enough for, or what makes others pointless. */
  readonly reported: Set<string>;
}

/** The object that is being checked: how messages call it, and the path of its properties (`container.`, `input[1].`). */
export interface Subject {
  readonly check: Check;
  /** With its article or name: `the pipeline`, `operator "reader"`. */
  readonly title: string;
  readonly operator?: string | undefined;
  readonly prefix: string;
}

/** What findings are about: how messages call it, and what stands before the names of its properties. */
export function subject(check: Check, title: string, prefix = '', operator?: string): Subject {
  return { check, title, prefix, operator };
}

/** Adds a finding about a property of the subject. */
export function add(of: Subject, code: FindingCode, place: Place, property: string, message: string, help?: string): void {
  of.check.findings.add(code, place, message, { operator: of.operator, property: `${of.prefix}${property}`, help });
}

/** Warns about properties that mean nothing here, naming the nearest that does; `elsewhere` says where a known one belongs. */
export function checkKnown(mapping: Mapping, known: readonly string[], of: Subject, elsewhere: Readonly<Record<string, string>> = {}): void {
  for (const [name, { key }] of mapping.entries) {
    if (known.includes(name)) continue;
    const help = Object.hasOwn(elsewhere, name) ? elsewhere[name] : of.check.findings.didYouMean(name, known);
    add(of, 'unknown-property', key, name, `${of.title} has no property ${quoted(name)}; it is ignored`, help);
  }
}

/** The entry of a property that says something; `name:` and `name: null` are as good as none. */
export function present(mapping: Mapping, name: string): Entry | undefined {
  const entry = mapping.entries.get(name);
  return entry === undefined || isAbsent(entry.value) ? undefined : entry;
}

/** A property that is a single value; undefined where it is left out, or wrong, which is reported. */
export function scalarOf(mapping: Mapping, name: string, of: Subject): Scalar | undefined {
  const entry = present(mapping, name);
  return entry === undefined ? undefined : asScalar(entry.value, name, of);
}

/** A single value, or a finding that says what stands there instead. */
export function asScalar(node: Node, name: string, of: Subject): Scalar | undefined {
  if (node.kind === 'scalar') return node;
  wrongType(node, name, 'a single value', of);
  return undefined;
}

/** The same of a list; `help` says how one is written. */
export function listOf(mapping: Mapping, name: string, of: Subject, help?: string): List | undefined {
  const entry = present(mapping, name);
  if (entry === undefined || entry.value.kind === 'list') return entry?.value as List | undefined;
  wrongType(entry.value, name, 'a list', of, help);
  return undefined;
}

/** The same of an object. */
export function mappingOf(mapping: Mapping, name: string, of: Subject): Mapping | undefined {
  const entry = present(mapping, name);
  return entry === undefined ? undefined : asMapping(entry.value, name, of);
}

/** An object, or a finding that says what stands there instead; without a name it is the subject itself. */
export function asMapping(node: Node, name: string, of: Subject): Mapping | undefined {
  if (node.kind === 'mapping') return node;
  wrongType(node, name, 'an object', of);
  return undefined;
}

function wrongType(node: Node, name: string, wanted: string, of: Subject, help?: string): void {
  const what = name === '' ? of.title : `"${name}" of ${of.title}`;
  add(of, 'wrong-type', node, name, `${what} must be ${wanted}, not ${describeKind(node)}`, help);
}

/** A value that must be there and not be empty. */
export function requiredText(mapping: Mapping, name: string, of: Subject, place: Place = firstKey(mapping)): Scalar | undefined {
  const entry = present(mapping, name);
  if (entry === undefined || (entry.value.kind === 'scalar' && entry.value.text === '')) {
    missing(mapping.entries.get(name)?.key ?? place, name, of);
    return undefined;
  }
  return asScalar(entry.value, name, of);
}

/** Reports a property that has to be there, at a place near where it belongs. */
export function missing(place: Place, name: string, of: Subject, help?: string): void {
  add(of, 'missing-property', place, name, `${of.title} has no ${quoted(name)}`, help);
}

/** Where an object is pointed at: its first key; the whole of it would underline lines of text. */
export function firstKey(mapping: Mapping): Place {
  for (const { key } of mapping.entries.values()) return key;
  return mapping;
}

/** Text that is handed to programs: no NUL, and no longer than Linux takes in one argument or variable. */
export function checkPassable(scalar: Scalar, name: string, of: Subject): void {
  if (scalar.text.includes('\0')) add(of, 'bad-value', scalar, name, `the value of ${quoted(name)} has a NUL character, which no program can be given`);
  else if (scalar.text.length > 32_767 && Buffer.byteLength(scalar.text) > 131_000) {
    add(of, 'bad-value', scalar, name, `the value of ${quoted(name)} is longer than 131,000 bytes, more than a program can be given`);
  }
}
