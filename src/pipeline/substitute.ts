import { foldName, nameProblem, quoted } from '../core/names.ts';
import { type Findings } from './findings.ts';
import { type Entry, type Mapping, type Node, type Place, type Scalar } from './source.ts';

/** Text that placeholders may add up to in one definition; a long default used often would otherwise grow without bound. */
const addedLimit = 4 * 1024 * 1024;

/** What placeholders have added to a definition so far, in characters. */
export interface Budget {
  added: number;
}

/** What placeholders of one document stand for, keyed by folded name. */
export interface Scope {
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** The values in use: an argument where one was passed, else the default. */
  readonly values: ReadonlyMap<string, string>;
}

export interface Parameter {
  readonly name: string;
  readonly default: string;
}

const noParameters: Scope = { parameters: new Map(), values: new Map() };

/** A value for a parameter of a document. */
export interface Argument {
  readonly name: string;
  readonly value: string;
  /** Where it stands; undefined for one from outside of the definition. */
  readonly place?: Place;
}

/** Reads `parameters` of a document and puts the arguments in their place (Clara guide, Template). `title` is the document's. */
export function readScope(root: Mapping, passed: readonly Argument[], findings: Findings, title = 'this definition'): Scope {
  const entry = root.entries.get('parameters');
  const parameters = readParameters(entry, undefined, findings);
  const values = new Map([...parameters].map(([folded, parameter]) => [folded, parameter.default]));
  const given = new Map<string, string>();
  const declared = [...parameters.values()].map(({ name }) => name);
  for (const { name, value, place = entry?.key ?? { file: root.file, start: 0, end: 0 } } of passed) {
    const folded = foldName(name);
    if (!parameters.has(folded)) {
      findings.add('unknown-argument', place, `a value was given for ${quoted(name)}, which is no parameter of ${title}`, {
        property: 'parameters',
        help: findings.didYouMean(name, declared) ?? (declared.length === 0 ? 'it declares no parameters' : undefined),
      });
    } else if (given.has(folded)) {
      findings.add('unknown-argument', place, `a value was given for both ${quoted(given.get(folded)!)} and ${quoted(name)}, which are one parameter`, { property: 'parameters' });
    }
    given.set(folded, name);
    if (parameters.has(folded)) values.set(folded, value);
  }
  return { parameters, values };
}

/** The scope in which placeholders stand for themselves, but for those that are filled in (by folded name). */
export function keptScope({ parameters, values }: Scope, filled: ReadonlySet<string>): Scope {
  return { parameters, values: new Map([...parameters].map(([folded, { name }]) => [folded, filled.has(folded) ? values.get(folded)! : `\${{ ${name} }}`])) };
}

/** A text whose placeholders were found to be right, with their values. */
export function fillText(text: string, { values }: Scope): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (written, name: string) => values.get(foldName(name.trim())) ?? written);
}

function readParameters(entry: Entry | undefined, operator: string | undefined, findings: Findings): ReadonlyMap<string, Parameter> {
  const parameters = new Map<string, Parameter>();
  if (entry?.value.kind !== 'mapping') return parameters;
  for (const { key, value } of entry.value.entries.values()) {
    const details = { operator, property: `parameters.${key.text}` };
    const problem = nameProblem(key.text);
    const first = parameters.get(foldName(key.text));
    if (problem !== undefined) {
      findings.add('bad-name', key, `the parameter name ${quoted(key.text)} ${problem}`, details);
    } else if (first !== undefined) {
      findings.add('duplicate-name', key, `the parameter ${quoted(key.text)} is declared twice; names differ by more than case`, details);
    } else if (value.kind !== 'scalar') {
      findings.add('wrong-type', value, `the default of the parameter ${quoted(key.text)} must be a single value`, details);
      parameters.set(foldName(key.text), { name: key.text, default: '' });
    } else {
      parameters.set(foldName(key.text), { name: key.text, default: value.text });
    }
  }
  return parameters;
}

/**
 * The document with its placeholders `${{ NAME }}` replaced, in every value but those of `parameters` and `api-version`.
 * What is put in is not looked at again. An operator that declares parameters sees them before the document's.
 */
export function substitute(root: Mapping, scope: Scope, findings: Findings, budget: Budget): Mapping {
  const filler = new Filler(findings, budget);
  return filler.document(root, [scope], (key, value) =>
    key === 'operators' && value.kind === 'list'
      ? { ...value, items: value.items.map((item) => (item.kind === 'mapping' ? operator(filler, item, scope, findings) : filler.node(item, [scope]))) }
      : undefined);
}

function operator(filler: Filler, mapping: Mapping, outer: Scope, findings: Findings): Mapping {
  const entry = mapping.entries.get('parameters');
  if (entry === undefined) return filler.document(mapping, [outer]);
  const name = mapping.entries.get('name')?.value;
  const parameters = readParameters(entry, name?.kind === 'scalar' ? name.text : undefined, findings);
  const values = new Map([...parameters].map(([folded, parameter]) => [folded, parameter.default]));
  return filler.document(mapping, [{ ...noParameters, parameters, values }, outer]);
}

/** Replaces placeholders and counts what that adds. */
class Filler {
  readonly #findings: Findings;
  readonly #budget: Budget;

  constructor(findings: Findings, budget: Budget) {
    this.#findings = findings;
    this.#budget = budget;
  }

  document(mapping: Mapping, scopes: readonly Scope[], special?: (key: string, value: Node) => Node | undefined): Mapping {
    return this.#entries(mapping, (key, value) => {
      if (key !== 'parameters' && key !== 'api-version') return special?.(key, value) ?? this.node(value, scopes);
      this.#forbid(value, key);
      return value;
    });
  }

  node(node: Node, scopes: readonly Scope[]): Node {
    if (node.kind === 'scalar') return node.text.includes('${{') ? this.#scalar(node, scopes) : node;
    if (node.kind === 'list') return { ...node, items: node.items.map((item) => this.node(item, scopes)) };
    return this.#entries(node, (_, value) => this.node(value, scopes));
  }

  #entries(mapping: Mapping, replace: (key: string, value: Node) => Node): Mapping {
    const entries = new Map<string, Entry>();
    for (const [name, { key, value }] of mapping.entries) {
      if (name.includes('${{')) this.#findings.add('misplaced-placeholder', key, 'a placeholder cannot stand in the name of a property');
      entries.set(name, { key, value: replace(name, value) });
    }
    return { ...mapping, entries };
  }

  #forbid(node: Node, property: string): void {
    if (node.kind === 'scalar' && node.text.includes('${{')) {
      this.#findings.add('misplaced-placeholder', node, `a placeholder cannot stand in "${property}"`, {
        property, help: property === 'parameters' ? 'the default of a parameter is plain text' : undefined,
      });
    } else if (node.kind !== 'scalar') {
      for (const child of node.kind === 'list' ? node.items : [...node.entries.values()].map(({ value }) => value)) this.#forbid(child, property);
    }
  }

  #scalar(scalar: Scalar, scopes: readonly Scope[]): Scalar {
    let searched = scalar.start;
    const text = scalar.text.replace(/\$\{\{(.*?)(\}\}|$)/gs, (written: string, inner: string, close: string) => {
      // Escapes and line folding make text and source differ; then the whole value is the place.
      const at = scalar.file.text.indexOf(written, searched);
      const found = at >= 0 && at + written.length <= scalar.end;
      const place = found ? { file: scalar.file, start: at, end: at + written.length } : scalar;
      if (found) searched = place.end;
      const value = this.#value(written, inner.trim(), close !== '', place, scopes);
      if (value === undefined) this.#findings.spoil(scalar);
      return value ?? written;
    });
    return { ...scalar, text, plain: false };
  }

  #value(written: string, name: string, closed: boolean, place: Place, scopes: readonly Scope[]): string | undefined {
    const problem = closed ? nameProblem(name) : 'has no closing "}}"';
    if (problem !== undefined) {
      this.#findings.add('bad-placeholder', place, `the placeholder ${quoted(written)} ${closed ? `names no parameter: the name ${problem}` : problem}`, { help: 'write ${{ NAME }}' });
      return undefined;
    }
    const folded = foldName(name);
    const value = scopes.find((scope) => scope.values.has(folded))?.values.get(folded);
    if (value === undefined) {
      const known = scopes.flatMap((scope) => [...scope.parameters.values()].map((parameter) => parameter.name));
      this.#findings.add('unknown-placeholder', place, `the placeholder ${quoted(written)} names no declared parameter`, {
        help: this.#findings.didYouMean(name, known) ?? `declare it: parameters: {${name}: …}`,
      });
      return undefined;
    }
    const before = this.#budget.added;
    this.#budget.added += value.length;
    if (this.#budget.added <= addedLimit) return value;
    if (before <= addedLimit) this.#findings.add('too-large', place, 'placeholders make the definition larger than 4 MiB');
    return '';
  }
}
