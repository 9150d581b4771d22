import { isMap, isScalar, parseDocument, type Pair, type ParsedNode } from 'yaml';
import { ClaraError } from '../../core/errors.ts';
import { SourceFile } from '../../pipeline/source.ts';
import { field, kindOf, readValues, type Value } from './nodes.ts';
import { findMarks, linesOf, pairOf, type Line } from './marks.ts';

/**
 * Puts a block of lines at the end of a table of values.yaml (`stages`, `workflows`) and keeps every other byte. The block, whose lines end in `\n`, is indented as its
 * neighbours are and gets their line ends. Fails with `usage` where that cannot be done; `key` is what it adds.
 */
export function insertBlock(text: string, table: 'stages' | 'workflows', key: string, block: string, shown: string): string {
  const { at, indent } = placeFor(text, table, shown);
  const lineEnd = lineEndBefore(text, at);
  const lines = indented(block, indent);
  // A last line without an end gets one, and the block takes over that it has none: taking it away gives back what was there.
  const atOpenEnd = at === text.length && at > 0 && !text.endsWith('\n');
  const added = lines.map((line) => line + lineEnd).join('');
  const edited = text.slice(0, at) + (atOpenEnd ? lineEnd + added.slice(0, -lineEnd.length) : added) + text.slice(at);
  const [before, after] = [readValues(text, shown), readEdited(edited)];
  if (field(before, table)?.kind === 'mapping' && entryOf(before, table, key) !== undefined) throw new ClaraError('usage', `\`${table}\` in ${shown} has \`${key}\` already`);
  if (after === undefined || entryOf(after, table, key) === undefined || !equal(without(after, table, key), without(before, table, key))) {
    throw new ClaraError('usage', `\`${key}\` cannot be added to \`${table}\` in ${shown} without changing something else`, { hint: 'write the table as one entry after the other, as in the file that `clara-wf init` makes' });
  }
  return edited;
}

/** Takes a stage's block away, its marks included, and nothing else. Fails with `usage` where the marks are not one pair around that stage. */
export function removeBlock(text: string, stage: string, shown: string): string {
  const pair = pairOf(findMarks(text), stage);
  if (pair.kind !== 'pair') {
    const where = pair.kind === 'broken' ? `${shown}:${pair.position.line}:${pair.position.column}: ${pair.reason}` : `${shown} has no marks of ${stage}`;
    throw new ClaraError('usage', where, { hint: `put the block of ${stage} between ##BEGIN_${stage}## and ##END_${stage}##, or take it away by hand` });
  }
  const { start } = pair.begin;
  const { end } = pair.end;
  const atOpenEnd = end === text.length && !text.endsWith('\n');
  const before = text.slice(0, start);
  const edited = (atOpenEnd ? before.replace(/\r?\n$/, '') : before) + text.slice(end);
  const [was, is] = [readValues(text, shown), readEdited(edited)];
  if (is === undefined || entryOf(is, 'stages', stage) !== undefined || !equal(without(is, 'stages', stage), without(was, 'stages', stage))) {
    throw new ClaraError('usage', `${shown}:${pair.begin.position.line}: more than the block of ${stage} lies between its marks, or not all of it`, { hint: 'move the marks to the first and the last line of the block' });
  }
  return edited;
}

/** Undefined where the edit would leave no YAML. */
function readEdited(text: string): Value | undefined {
  try {
    return readValues(text, '');
  } catch (thrown) {
    if (thrown instanceof ClaraError) return undefined;
    throw thrown;
  }
}

interface Spot {
  /** Offset of the line that the block comes before. */
  readonly at: number;
  /** Blanks before the table's keys; undefined: there are none to go by. */
  readonly indent: number | undefined;
}

function placeFor(text: string, table: string, shown: string): Spot {
  // The first character of some editors counts for the offsets, too.
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const shift = text.length - body.length;
  const lines = [...linesOf(text)];
  const root = parseDocument(body, { version: '1.1', logLevel: 'silent' }).contents;
  const pair = isMap(root) ? root.items.find(({ key }) => isScalar(key) && key.value === table) as Pair<ParsedNode, ParsedNode | null> | undefined : undefined;
  if (pair === undefined) throw new ClaraError('usage', `${shown} has no \`${table}\``, { hint: `add a line \`${table}:\`` });
  const { value } = pair;
  const source = new SourceFile({ path: shown, content: text });
  if (isMap(value) && value.flow !== true && value.items.length > 0) {
    const first = value.items[0]!.key as ParsedNode;
    const last = value.items.at(-1)! as Pair<ParsedNode, ParsedNode | null>;
    const end = endOf(last);
    const { column } = source.position(first.range[0]);
    return { at: afterMarks(lines, Math.max(0, end - 1) + shift), indent: column - 1 };
  }
  if (value === null || (isScalar(value) && value.value === null)) return { at: lineAt(lines, pair.key.range[0] + shift).end, indent: undefined };
  const { line, column } = source.position(value.range[0]);
  throw new ClaraError('usage', `${shown}:${line}:${column}: \`${table}\` is not written as one entry after the other`, { hint: `write \`${table}:\` alone on its line, and the entries below` });
}

/** Where the last character of an entry is, comments after it not counted. */
function endOf({ key, value }: Pair<ParsedNode, ParsedNode | null>): number {
  if (value === null) return key.range[1];
  if (isMap(value) && value.flow !== true && value.items.length > 0) return endOf(value.items.at(-1)! as Pair<ParsedNode, ParsedNode | null>);
  if ('items' in value && value.flow !== true && value.items.length > 0) {
    const last = value.items.at(-1) as ParsedNode | Pair<ParsedNode, ParsedNode | null>;
    return 'range' in last ? endOf({ key: last, value: last } as Pair<ParsedNode, ParsedNode>) : endOf(last);
  }
  return value.range[1];
}

/** The end of the line at an offset, or of the mark that closes its block. */
function afterMarks(lines: readonly Line[], offset: number): number {
  const last = lineAt(lines, offset);
  let end = last.end;
  for (const line of lines.slice(last.number)) {
    if (/^\s*##END_.+##\s*$/.test(line.text)) return line.end;
    if (!/^\s*(#.*)?$/.test(line.text) || /^\s*##BEGIN_/.test(line.text)) break;
    // Comments of the last entry itself stay with it.
    if (/^\s+#/.test(line.text)) end = line.end;
  }
  return end;
}

function lineAt(lines: readonly Line[], offset: number): Line {
  return lines.find(({ start, end }) => offset >= start && offset < end) ?? lines.at(-1)!;
}

function lineEndBefore(text: string, at: number): string {
  const before = text.lastIndexOf('\n', Math.max(0, at - 1));
  return (before > 0 && text[before - 1] === '\r') || (before < 0 && text.includes('\r\n')) ? '\r\n' : '\n';
}

function indented(block: string, indent: number | undefined): string[] {
  const lines = block.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n');
  const own = Math.min(...lines.filter((line) => line.trim() !== '').map((line) => /^ */.exec(line)![0].length));
  const wanted = indent ?? 2;
  return lines.map((line) => (line.trim() === '' ? '' : ' '.repeat(wanted) + line.slice(own)));
}

function entryOf(values: Value, table: string, key: string): Value | undefined {
  const found = field(values, table);
  return found?.kind === 'mapping' ? found.entries.find((entry) => entry.key === key)?.value : undefined;
}

/** Values without their places, and without one entry of a table; an empty table is as good as none. */
function without(values: Value, table: string, key: string): unknown {
  if (values.kind !== 'mapping') return plain(values);
  return values.entries.map((entry) => {
    if (entry.key !== table) return [entry.key, plain(entry.value)];
    return [entry.key, entry.value.kind === 'mapping' ? entry.value.entries.filter((other) => other.key !== key).map((other) => [other.key, plain(other.value)]) : entry.value.kind === 'nothing' ? [] : plain(entry.value)];
  });
}

function plain(value: Value): unknown {
  switch (value.kind) {
    case 'text': return { text: value.text, other: value.other };
    case 'list': return value.items.map(plain);
    case 'mapping': return { mapping: value.entries.map((entry) => [entry.key, plain(entry.value)]) };
    case 'nothing': return kindOf(value);
  }
}

function equal(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
