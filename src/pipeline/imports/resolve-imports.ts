import { quoted } from '../../core/names.ts';
import { itemName } from '../check/mounts.ts';
import { subject, type Subject } from '../check/properties.ts';
import { type Findings } from '../findings.ts';
import { type Entry, type Mapping, type Node, type Scalar } from '../source.ts';
import { readScope, substitute, type Budget } from '../substitute.ts';
import { type DefinitionSet, type ImportedFile } from './definition-set.ts';
import { isImport, readImport, type ImportEntry } from './import-entry.ts';

/** Files that import each other, one in the other. */
const depthLimit = 256;
/** Characters of all imports, each time they are imported: a large file imported by every operator would cost as many copies. */
const importedLimit = 16 * 1024 * 1024;
/** What the smallest import counts, so that their number is bounded too. */
const leastImport = 1024;

type Kind = 'operator' | 'service';

export interface ResolveOptions {
  readonly set: DefinitionSet;
  readonly findings: Findings;
  readonly budget: Budget;
  /** What a path means where its placeholders were kept; the text itself otherwise. */
  readonly pathText?: (text: string) => string;
}

/**
 * The document with every import replaced by what it stands for: the imported file with its arguments filled in, and
 * over it, property by property and never merged, what stands beside the import (Clara guide, Import).
 */
export function resolveImports(root: Mapping, options: ResolveOptions): Mapping {
  const resolver = new Resolver(options);
  return withList(root, 'operators', (item, index) => resolver.operator(item, index));
}

class Resolver {
  readonly #options: ResolveOptions;
  #imported = 0;

  constructor(options: ResolveOptions) {
    this.#options = options;
  }

  operator(item: Mapping, index: number): Mapping {
    const called = itemName(item);
    const of = subject({ findings: this.#options.findings, version: undefined, reported: new Set() }, called === undefined ? `operator ${index + 1}` : `operator ${quoted(called)}`, '', called);
    return this.#expand(item, 'operator', of, []);
  }

  #expand(item: Mapping, kind: Kind, of: Subject, chain: readonly string[]): Mapping {
    if (!isImport(item)) return kind === 'operator' ? this.#withServices(item, of, chain) : item;
    const entry = readImport(item, of);
    const beside: Mapping = { ...item, entries: entry.overrides };
    const overrides = (kind === 'operator' ? this.#withServices(beside, of, chain) : beside).entries;
    const document = this.#open(entry, kind, of, chain);
    return document === undefined ? { ...item, entries: overrides, unread: true } : overridden(document, overrides, item);
  }

  /** The services of an operator stand in the file in which they are written; their paths are relative to it. */
  #withServices(operator: Mapping, of: Subject, chain: readonly string[]): Mapping {
    return withList(operator, 'services', (item, index) => {
      const called = itemName(item);
      return this.#expand(item, 'service', { ...of, title: `service ${called === undefined ? String(index + 1) : quoted(called)} of ${of.title}`, prefix: `services[${index}].` }, chain);
    });
  }

  /** The imported document, its placeholders and its own imports replaced. */
  #open(entry: ImportEntry, kind: Kind, of: Subject, chain: readonly string[]): Mapping | undefined {
    const { set, findings, budget, pathText } = this.#options;
    if (entry.path === undefined) return undefined;
    const imported = set.open(pathText?.(entry.path.text) ?? entry.path.text, entry.path);
    if (imported === undefined || !this.#mayImport(imported, entry.path, of, chain)) return undefined;
    const { document } = imported;
    if (document === undefined || !this.#isPart(imported, document, entry.path, kind, of)) return undefined;
    if (kind === 'service' && entry.args.length > 0) {
      findings.add('ignored-arguments', entry.argsKey ?? entry.path, `${of.title} is imported with arguments, which services do not take`, { operator: of.operator, property: 'import.args', help: 'remove "args"' });
    }
    const scope = readScope(kind === 'service' ? withoutParameters(document) : document, kind === 'service' ? [] : entry.args, findings, quoted(imported.path));
    const filled = substitute(document, scope, findings, budget);
    const body = kind === 'operator' ? withoutParameters(filled) : filled;
    return this.#expand(body, kind, of, [...chain, imported.path]);
  }

  #mayImport({ path, document }: ImportedFile, place: Scalar, of: Subject, chain: readonly string[]): boolean {
    const { findings, set } = this.#options;
    const details = { operator: of.operator, property: 'import.path' };
    const ring = set.isRoot(path) ? [path, ...chain, path] : chain.includes(path) ? [...chain.slice(chain.indexOf(path)), path] : undefined;
    if (ring !== undefined) {
      findings.add('import-cycle', place, ring.length === 2 ? `the file ${quoted(path)} imports itself` : `files import each other: ${ring.map((name) => quoted(name)).join(' → ')}`, { ...details, help: 'a file cannot stand for itself' });
      return false;
    }
    if (chain.length >= depthLimit) {
      findings.add('too-deep', place, `imports are nested more than ${depthLimit} deep here`, details);
      return false;
    }
    const before = this.#imported;
    this.#imported += Math.max(leastImport, document?.file.text.length ?? 0);
    if (this.#imported <= importedLimit) return true;
    if (before <= importedLimit) findings.add('too-large', place, `imports make the definition larger than ${importedLimit / 1024 / 1024} MiB`, details);
    return false;
  }

  /** An imported file is an operator or a service, never a pipeline. */
  #isPart({ path }: ImportedFile, document: Mapping, place: Scalar, kind: Kind, of: Subject): boolean {
    if (!document.entries.has('operators')) return true;
    this.#options.findings.add('bad-import', place, `the file ${quoted(path)} is a pipeline, and cannot be imported as ${kind === 'operator' ? 'an operator' : 'a service'}`, {
      operator: of.operator, property: 'import.path', help: 'import the files of its operators one by one',
    });
    return false;
  }
}

function withList(mapping: Mapping, name: string, replace: (item: Mapping, index: number) => Mapping): Mapping {
  const entry = mapping.entries.get(name);
  if (entry?.value.kind !== 'list') return mapping;
  const items = entry.value.items.map((item, index): Node => (item.kind === 'mapping' ? replace(item, index) : item));
  return { ...mapping, entries: new Map(mapping.entries).set(name, { ...entry, value: { ...entry.value, items } }) };
}

/** Shallow: the value of an override is the whole value. Stands where the import stands. */
function overridden(document: Mapping, overrides: ReadonlyMap<string, Entry>, item: Mapping): Mapping {
  const entries = new Map(document.entries);
  for (const [name, entry] of overrides) entries.set(name, entry);
  return { ...document, kind: item.kind, file: item.file, start: item.start, end: item.end, entries };
}

function withoutParameters(mapping: Mapping): Mapping {
  if (!mapping.entries.has('parameters')) return mapping;
  return { ...mapping, entries: new Map([...mapping.entries].filter(([name]) => name !== 'parameters')) };
}
