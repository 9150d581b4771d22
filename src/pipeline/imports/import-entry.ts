import { quoted } from '../../core/names.ts';
import { asMapping, asScalar, checkKnown, mappingOf, missing, present, type Subject } from '../check/properties.ts';
import { type Argument } from '../substitute.ts';
import { type Entry, type Mapping, type Scalar } from '../source.ts';

/** An import as written, in either form. */
export interface ImportEntry {
  /** Undefined where it is missing or wrong, which was reported. */
  readonly path: Scalar | undefined;
  readonly args: readonly Argument[];
  /** Where the arguments stand. */
  readonly argsKey: Scalar | undefined;
  /** What replaces properties of the imported document. */
  readonly overrides: ReadonlyMap<string, Entry>;
}

/** What an import does not hand on: `parameters` beside it are placeholders for its own arguments and properties. */
const own = new Set(['import', 'path', 'args', 'parameters']);

/** Whether an operator, service or document stands for another file: `import: {path: …}`, or `path` right in it. */
export function isImport({ entries }: Mapping): boolean {
  if (entries.has('import')) return true;
  const path = entries.get('path')?.value;
  // Beside a container, `path` may as well be an input's that is indented too little.
  return entries.has('container') ? path?.kind === 'scalar' && /\.ya?ml$/i.test(path.text) : path !== undefined || entries.has('args');
}

/** Reads an import (Clara guide, Import). */
export function readImport(mapping: Mapping, of: Subject): ImportEntry {
  const overrides = new Map([...mapping.entries].filter(([name]) => !own.has(name)));
  const nested = mapping.entries.get('import');
  if (nested === undefined) return { ...readTarget(mapping, of, mapping.entries.get('args')?.key ?? mapping), overrides };
  for (const name of ['path', 'args']) {
    const entry = mapping.entries.get(name);
    if (entry !== undefined) of.check.findings.add('unknown-property', entry.key, `${quoted(name)} beside "import" is ignored`, { operator: of.operator, property: name, help: `move it into "import"` });
  }
  const value = present(mapping, 'import')?.value;
  if (value === undefined) {
    missing(nested.key, 'path', of, 'write import: {path: parts/reader.yaml}');
    return { path: undefined, args: [], argsKey: undefined, overrides };
  }
  if (value.kind === 'scalar') {
    of.check.findings.add('wrong-type', value, `"import" of ${of.title} must be an object, not a single value`, { operator: of.operator, property: 'import', help: `write import: {path: ${value.text}}` });
    return { path: undefined, args: [], argsKey: undefined, overrides };
  }
  const target = asMapping(value, 'import', of);
  if (target === undefined) return { path: undefined, args: [], argsKey: undefined, overrides };
  const inner: Subject = { ...of, title: `the import of ${of.title}`, prefix: `${of.prefix}import.` };
  checkKnown(target, ['path', 'args'], inner, { name: 'what replaces properties stands beside "import"', file: 'the file is the "path"' });
  return { ...readTarget(target, inner, nested.key), overrides };
}

function readTarget(mapping: Mapping, of: Subject, place: Scalar | Mapping): Omit<ImportEntry, 'overrides'> {
  const written = present(mapping, 'path')?.value;
  const path = written === undefined ? undefined : asScalar(written, 'path', of);
  if (written === undefined || path?.text === '') missing(mapping.entries.get('path')?.key ?? place, 'path', of, 'a file, relative to this one');
  const args: Argument[] = [];
  for (const { key, value } of mappingOf(mapping, 'args', of)?.entries.values() ?? []) {
    const scalar = asScalar(value, `args.${key.text}`, of);
    if (scalar !== undefined) args.push({ name: key.text, value: scalar.text, place: key });
  }
  return { path: path?.text === '' ? undefined : path, args, argsKey: mapping.entries.get('args')?.key };
}
