import { type DefinitionFile } from './model.ts';

/** A place in a file, both counted from 1, columns in characters (a pair of surrogates is one). */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** One definition file with its line table. A byte-order mark is not part of the text. */
export class SourceFile {
  readonly path: string;
  readonly text: string;
  #lines: readonly number[] | undefined;
  /** Offsets of characters that are two code units. */
  #pairs: readonly number[] | undefined;

  constructor(file: DefinitionFile) {
    this.path = file.path;
    this.text = file.content.startsWith('\uFEFF') ? file.content.slice(1) : file.content;
  }

  /** The position of an offset into the text; offsets past the end are at the end. */
  position(offset: number): Position {
    let at = Math.min(Math.max(0, offset), this.text.length);
    // CRLF is one line end.
    if (this.text[at] === '\n' && this.text[at - 1] === '\r') at -= 1;
    const line = countUpTo(this.#lineStarts(), at);
    return { line, column: this.#characters(this.#lineStarts()[line - 1]!, at) + 1 };
  }

  /** Characters between two offsets, no further than to the end of the first one's line, and at least 1. */
  length(start: number, end: number): number {
    const starts = this.#lineStarts();
    let last = Math.min(end, starts[countUpTo(starts, start)] ?? this.text.length);
    while (last > start && /\s/.test(this.text[last - 1]!)) last -= 1;
    return Math.max(1, this.#characters(start, last));
  }

  /** The offset of a position that `position` gave. */
  offset({ line, column }: Position): number {
    const start = this.#lineStarts()[line - 1] ?? this.text.length;
    let offset = start + column - 1;
    // Each round adds the pairs that the last one moved past.
    for (let last = start; last !== offset;) {
      last = offset;
      offset = start + column - 1 + countUpTo(this.#pairOffsets(), last - 1) - countUpTo(this.#pairOffsets(), start - 1);
    }
    return Math.min(offset, this.text.length);
  }

  /** Where a line begins and ends, without its line end. */
  lineRange(number: number): { readonly start: number; readonly end: number } {
    const starts = this.#lineStarts();
    const start = starts[number - 1] ?? this.text.length;
    let end = starts[number] ?? this.text.length;
    if (this.text[end - 1] === '\n' && end > start) end -= 1;
    if (this.text[end - 1] === '\r' && end > start) end -= 1;
    return { start, end };
  }

  /** A hostile file is one line of 4 MiB with a finding at every step: nothing here walks along a line. */
  #characters(start: number, end: number): number {
    const pairs = this.#pairOffsets();
    return end - start - (pairs.length === 0 ? 0 : countUpTo(pairs, end - 1) - countUpTo(pairs, start - 1));
  }

  #lineStarts(): readonly number[] {
    if (this.#lines === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lines = starts;
    }
    return this.#lines;
  }

  #pairOffsets(): readonly number[] {
    this.#pairs ??= Array.from(this.text.matchAll(/[\ud800-\udbff](?=[\udc00-\udfff])/g), ({ index }) => index);
    return this.#pairs;
  }
}

/** How many of the ascending numbers are at most the given one. */
function countUpTo(numbers: readonly number[], most: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= most) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where something stands: offsets into the text of one file, `end` exclusive. */
export interface Place {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** A value of a definition, as read: text is kept as it is written, nothing is a number or a truth value. */
export type Node = Scalar | List | Mapping;

export interface Scalar extends Place {
  readonly kind: 'scalar';
  /** Plain scalars as written (`1.10`, `0x10`, `yes`), quoted ones with their escapes resolved. */
  readonly text: string;
  /** Written without quotes, and not a block scalar. */
  readonly plain: boolean;
}

export interface List extends Place {
  readonly kind: 'list';
  readonly items: readonly Node[];
}

export interface Mapping extends Place {
  readonly kind: 'mapping';
  /** In the order of the file; of a repeated key the first. */
  readonly entries: ReadonlyMap<string, Entry>;
  /** An import whose file could not be read: more properties may belong here. */
  readonly unread?: true;
}

export interface Entry {
  readonly key: Scalar;
  readonly value: Node;
}

/** Whether a value says nothing: `name:`, `name: ~` or `name: null`, which the compiler of the original wrote for absent names. */
export function isAbsent(node: Node): boolean {
  return node.kind === 'scalar' && node.plain && /^(~|null|Null|NULL)?$/.test(node.text);
}

/** What a value is, for a message. */
export function describeKind(node: Node): string {
  if (node.kind === 'scalar') return isAbsent(node) ? 'nothing' : 'a single value';
  return node.kind === 'list' ? 'a list' : 'an object';
}
