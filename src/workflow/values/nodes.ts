import { isAlias, isMap, isPair, isScalar, isSeq, parseDocument, type ParsedNode } from 'yaml';
import { ClaraError } from '../../core/errors.ts';
import { SourceFile, type Position } from '../../pipeline/source.ts';

/** A value of values.yaml and where it begins. */
export type Value =
  | { readonly kind: 'text'; readonly text: string; readonly position: Position; /** What Helm takes it for, where that is no text. */ readonly other: 'number' | 'boolean' | undefined }
  | { readonly kind: 'list'; readonly items: readonly Value[]; readonly position: Position }
  | { readonly kind: 'mapping'; readonly entries: readonly Entry[]; readonly position: Position }
  | { readonly kind: 'nothing'; readonly position: Position };

export interface Entry {
  readonly key: string;
  readonly position: Position;
  readonly value: Value;
}

/** A larger file is no values.yaml. */
const mostBytes = 4 * 1024 * 1024;
const mostValues = 100_000;

/** Reads a file of values; fails with `usage` naming the first place where it is not YAML. `shown` is what to call the file. */
export function readValues(content: string, shown: string): Value {
  if (content.length > mostBytes) throw new ClaraError('usage', `${shown} is larger than the ${mostBytes} bytes that are allowed`);
  const source = new SourceFile({ path: shown, content });
  const document = parseDocument(source.text, { version: '1.1', merge: true, prettyErrors: false, logLevel: 'error' });
  const [error, ...more] = document.errors;
  if (error !== undefined) {
    const line = (place: number, message: string) => { const { line, column } = source.position(place); return `${shown}:${line}:${column}: ${message}`; };
    throw new ClaraError('usage', line(error.pos[0], error.message), {
      details: more.slice(0, 9).map((other) => line(other.pos[0], other.message)), hint: 'correct the file; `clara-wf lint` checks it',
    });
  }
  let left = mostValues;
  const convert = (node: ParsedNode | null | undefined, at: number): Value => {
    const position = source.position(node?.range[0] ?? at);
    if ((left -= 1) < 0) throw new ClaraError('usage', `${shown}:${position.line}:${position.column}: there are more than ${mostValues} values, aliases counted as often as they are used`);
    if (node === null || node === undefined) return { kind: 'nothing', position };
    if (isAlias(node)) {
      const target = node.resolve(document) as ParsedNode | undefined;
      if (target === undefined) throw new ClaraError('usage', `${shown}:${position.line}:${position.column}: *${node.source} stands for nothing before it`);
      // What holds itself would have no end.
      if (target.range[0] <= node.range[0] && target.range[1] >= node.range[1]) {
        throw new ClaraError('usage', `${shown}:${position.line}:${position.column}: *${node.source} holds itself`);
      }
      return convert(target, at);
    }
    if (isScalar(node)) {
      if (node.value === null) return { kind: 'nothing', position };
      const kind = typeof node.value;
      const other = kind === 'number' || kind === 'bigint' ? 'number' : kind === 'boolean' ? 'boolean' : undefined;
      return { kind: 'text', text: typeof node.value === 'string' ? node.value : node.source, position, other };
    }
    if (isSeq(node)) return { kind: 'list', items: node.items.map((item) => convert(item as ParsedNode, node.range[0])), position };
    if (!isMap(node)) return { kind: 'nothing', position };
    const entries = node.items.filter(isPair).map(({ key, value }) => ({
      key: isScalar(key) ? String(key.source ?? key.value) : String(key),
      position: source.position((key as ParsedNode).range[0]),
      value: convert(value as ParsedNode | null, (key as ParsedNode).range[1]),
    }));
    return { kind: 'mapping', entries: merged(entries), position };
  };
  return convert(document.contents, 0);
}

/** The entries with those that `<<` brings in, which come after and never replace one. */
function merged(entries: readonly Entry[]): readonly Entry[] {
  const own = entries.filter(({ key }) => key !== '<<');
  if (own.length === entries.length) return entries;
  const brought = entries.filter(({ key }) => key === '<<').flatMap(({ value }) => (value.kind === 'list' ? value.items : [value]));
  const all = new Map(own.map((entry) => [entry.key, entry]));
  for (const value of brought) for (const entry of value.kind === 'mapping' ? value.entries : []) if (!all.has(entry.key)) all.set(entry.key, entry);
  return [...all.values()];
}

/** The value of a key; undefined where it is missing or says nothing. */
export function field(value: Value | undefined, key: string): Value | undefined {
  if (value?.kind !== 'mapping') return undefined;
  const found = value.entries.find((entry) => entry.key === key)?.value;
  return found?.kind === 'nothing' ? undefined : found;
}

/** What a value is, for a message. */
export function kindOf(value: Value): string {
  return { text: 'a single value', list: 'a list', mapping: 'an object', nothing: 'nothing' }[value.kind];
}
