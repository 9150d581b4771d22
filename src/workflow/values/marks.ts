import { type Position } from '../../pipeline/source.ts';

/** One of the two comments that a stage's block in values.yaml lies between: `##BEGIN_<stage>##`, `##END_<stage>##`. */
export interface Mark {
  readonly kind: 'BEGIN' | 'END';
  readonly stage: string;
  readonly position: Position;
  /** Offsets of its line, `end` after the line end. */
  readonly start: number;
  readonly end: number;
}

/** Every mark of a file, in order. */
export function findMarks(text: string): readonly Mark[] {
  const marks: Mark[] = [];
  for (const line of linesOf(text)) {
    const found = /^([ \t]*)##(BEGIN|END)_(.+?)##[ \t]*$/.exec(line.text);
    if (found === null) continue;
    marks.push({ kind: found[2] as Mark['kind'], stage: found[3]!, position: { line: line.number, column: found[1]!.length + 1 }, start: line.start, end: line.end });
  }
  return marks;
}

/** The marks of a stage's block, where they are one pair in order; else what is wrong with them. */
export type MarkPair =
  | { readonly kind: 'pair'; readonly begin: Mark; readonly end: Mark }
  | { readonly kind: 'none' }
  | { readonly kind: 'broken'; readonly reason: string; readonly position: Position };

export function pairOf(marks: readonly Mark[], stage: string): MarkPair {
  const [begin, ...moreBegins] = marks.filter((mark) => mark.stage === stage && mark.kind === 'BEGIN');
  const [end, ...moreEnds] = marks.filter((mark) => mark.stage === stage && mark.kind === 'END');
  const broken = (reason: string, { position }: Mark): MarkPair => ({ kind: 'broken', reason, position });
  if (begin === undefined && end === undefined) return { kind: 'none' };
  const [again] = [...moreBegins, ...moreEnds];
  if (again !== undefined) return broken(`##${again.kind}_${stage}## stands there twice (lines ${marks.filter((mark) => mark.stage === stage && mark.kind === again.kind).map(({ position }) => position.line).join(' and ')})`, again);
  if (end === undefined) return broken(`##BEGIN_${stage}## has no ##END_${stage}##`, begin!);
  if (begin === undefined) return broken(`##END_${stage}## has no ##BEGIN_${stage}##`, end);
  if (begin.start > end.start) return broken(`##END_${stage}## comes before ##BEGIN_${stage}##`, end);
  const between = marks.find((mark) => mark.stage !== stage && mark.start > begin.start && mark.start < end.start);
  return between === undefined ? { kind: 'pair', begin, end } : broken(`##${between.kind}_${between.stage}## stands between the marks of ${stage}`, between);
}

export interface Line {
  /** Without its line end. */
  readonly text: string;
  /** From 1. */
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/** The lines of a text; `end` is after the line end, which may be missing at the end of the file. */
export function* linesOf(text: string): Generator<Line> {
  for (let start = 0, number = 1; start < text.length; number += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    yield { text: text.slice(start, end).replace(/\r?\n$/, ''), number, start, end };
    start = end;
  }
}
