import { Document, Pair, Scalar as YAMLScalar, YAMLMap, YAMLSeq, type ScalarTag } from 'yaml';
import { foldName } from '../core/names.ts';
import { Findings } from './findings.ts';
import { DefinitionSet, type FindFile } from './imports/definition-set.ts';
import { isImport } from './imports/import-entry.ts';
import { resolveImports } from './imports/resolve-imports.ts';
import { type DefinitionFile } from './model.ts';
import { SourceFile, type Entry, type Mapping, type Node, type Scalar } from './source.ts';
import { fillText, keptScope, readScope, substitute } from './substitute.ts';

export interface CompileOptions {
  readonly find?: FindFile | undefined;
  /** Puts what is imported in the place of the imports. */
  readonly resolveImports: boolean;
  /** Values of parameters, which are then no longer declared; the others stay. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Values that replace those of the pipeline's `variables`. */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The definition as one YAML document that means the same. It has to be one that loads without an error. An input or
 * output without a name has `name: null`, as the compiler of the original wrote it.
 */
export function compileDefinition(files: readonly DefinitionFile[], options: CompileOptions): string {
  const root = new SourceFile(files[0]!);
  const findings = new Findings(root);
  const set = new DefinitionSet(root, files, findings, options.find);
  const budget = { added: 0 };
  const document = set.readRoot()!;
  const passed = Object.entries(options.arguments).map(([name, value]) => ({ name, value }));
  const scope = readScope(document, passed, findings);
  const filled = new Set(passed.map(({ name }) => foldName(name)));
  const kept = substitute(document, keptScope(scope, filled), findings, budget);
  const expanded = options.resolveImports ? resolveImports(kept, { set, findings, budget, pathText: (text) => fillText(text, scope) }) : kept;
  if (findings.failed) throw new Error('only a definition that loads can be compiled');
  return write(withoutFilled(withVariables(withOperators(expanded), options.variables), filled));
}

/** Parameters of single operators have been filled in; what stays is for the platform. */
function withOperators(root: Mapping): Mapping {
  return change(root, 'operators', (list) => (list.kind !== 'list' ? list : { ...list, items: list.items.map((item) => (item.kind === 'mapping' ? compiledOperator(item) : item)) }));
}

function compiledOperator(operator: Mapping): Mapping {
  // What still stands for a file may need its parameters for the arguments.
  const entries = isImport(operator) ? operator.entries : new Map([...operator.entries].filter(([name]) => name !== 'parameters' && name !== 'api-version'));
  return ['input', 'output'].reduce((changed, kind) => change(changed, kind, (list) => (list.kind !== 'list' ? list : { ...list, items: list.items.map(named) })), { ...operator, entries });
}

function named(item: Node): Node {
  if (item.kind !== 'mapping' || item.entries.has('name')) return item;
  const place = { file: item.file, start: item.start, end: item.start };
  const name: Entry = { key: { kind: 'scalar', ...place, text: 'name', plain: true }, value: { kind: 'scalar', ...place, text: 'null', plain: true } };
  return { ...item, entries: new Map([['name', name], ...item.entries]) };
}

function withVariables(root: Mapping, values: Readonly<Record<string, string>>): Mapping {
  return change(root, 'variables', (variables) => Object.entries(values).reduce((changed, [name, value]) => (changed.kind === 'mapping' ? change(changed, name, (old) => ({ ...placeOf(old), kind: 'scalar', text: value, plain: false })) : changed), variables));
}

function withoutFilled(root: Mapping, filled: ReadonlySet<string>): Mapping {
  const changed = change(root, 'parameters', (parameters) => (parameters.kind !== 'mapping' ? parameters : { ...parameters, entries: new Map([...parameters.entries].filter(([name]) => !filled.has(foldName(name)))) }));
  const left = changed.entries.get('parameters')?.value;
  if (left?.kind !== 'mapping' || left.entries.size > 0) return changed;
  return { ...changed, entries: new Map([...changed.entries].filter(([name]) => name !== 'parameters')) };
}

function change<Owner extends Mapping>(mapping: Owner, name: string, replace: (value: Node) => Node): Owner {
  const entry = mapping.entries.get(name);
  return entry === undefined ? mapping : { ...mapping, entries: new Map(mapping.entries).set(name, { key: entry.key, value: replace(entry.value) }) };
}

function placeOf({ file, start, end }: Node): Pick<Node, 'file' | 'start' | 'end'> {
  return { file, start, end };
}

/** A value that was not written at all: `tag:`. */
const nothing: ScalarTag = { tag: 'tag:yaml.org,2002:null', default: true, identify: (value) => value === null, resolve: () => null, stringify: () => '' };

function write(root: Mapping): string {
  // `failsafe`: what was written without quotes needs none, since nothing becomes a number.
  const document = new Document(null, { schema: 'failsafe', customTags: (tags) => [...tags, nothing] });
  document.contents = toYaml(root) as unknown as typeof document.contents;
  return document.toString({ lineWidth: 0, indentSeq: false });
}

function toYaml(node: Node): YAMLMap | YAMLSeq | YAMLScalar {
  if (node.kind === 'scalar') return toScalar(node);
  if (node.kind === 'list') {
    const list = new YAMLSeq();
    list.items = node.items.map(toYaml);
    list.flow = node.items.length === 0;
    return list;
  }
  const map = new YAMLMap();
  map.items = [...node.entries.values()].map(({ key, value }) => new Pair(toScalar(key), toYaml(value)));
  map.flow = node.entries.size === 0;
  return map;
}

/** What was quoted stays quoted, so that readers who know numbers see what they saw before. */
function toScalar(node: Scalar): YAMLScalar {
  if (node.plain && node.text === '') return new YAMLScalar(null);
  const scalar = new YAMLScalar(node.text);
  const first = node.end > node.start ? node.file.text[node.start] : '';
  const quoted = first === '"' || first === "'" || (!node.plain && /^(~|null|Null|NULL)?$/.test(node.text));
  if (quoted) scalar.type = 'QUOTE_DOUBLE';
  else scalar.type = node.text.includes('\n') ? 'BLOCK_LITERAL' : 'PLAIN';
  return scalar;
}
