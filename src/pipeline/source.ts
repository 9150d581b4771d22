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
  #lineStarts: number[] | undefined;

  constructor(file: DefinitionFile) {
    this.path = file.path;
    this.text = file.content.startsWith('\uFEFF') ? file.content.slice(1) : file.content;
  }

  /** The position of an offset into the text; offsets past the end are at the end. */
  position(offset: number): Position {
    const starts = this.#starts();
    const at = Math.min(Math.max(0, offset), this.text.length);
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: characters(this.text.slice(starts[low], at)) + 1 };
  }

  /** Characters between two offsets, no further than to the end of the first one's line, and at least 1. */
  length(start: number, end: number): number {
    const lineEnd = this.text.indexOf('\n', start);
    const last = Math.min(end, lineEnd < 0 ? this.text.length : lineEnd);
    return Math.max(1, characters(this.text.slice(start, last).trimEnd()));
  }

  /** A line by its number, without its line end; empty where there is none. */
  line(number: number): string {
    const starts = this.#starts();
    const start = starts[number - 1];
    return start === undefined ? '' : this.text.slice(start, starts[number] ?? this.text.length).replace(/\r?\n$/, '');
  }

  #starts(): number[] {
    if (this.#lineStarts === undefined) {
      const starts = [0];
      for (let at = this.text.indexOf('\n'); at >= 0; at = this.text.indexOf('\n', at + 1)) starts.push(at + 1);
      this.#lineStarts = starts;
    }
    return this.#lineStarts;
  }
}

function characters(text: string): number {
  // eslint-disable-next-line no-control-regex
  return /^[\u0000-\ud7ff]*$/.test(text) ? text.length : [...text].length;
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
