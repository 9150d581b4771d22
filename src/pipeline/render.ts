import { visible } from '../core/names.ts';
import { type Finding } from './findings.ts';
import { SourceFile } from './source.ts';

/** Parts of a rendered finding that a terminal may colour. */
export type Part = 'error' | 'warning' | 'title' | 'frame' | 'mark' | 'help';

export type Paint = (part: Part, text: string) => string;

/** Longest piece of a source line that is shown; of a longer line the part around the mark. */
const shown = 120;

/**
 * A finding as compilers show it: what is wrong, where, the line with the place underlined, what was meant. Ends without a
 * line end. Without colours unless `paint` adds them; control characters of the source come out as escapes.
 */
export function renderFinding(finding: Finding, source: SourceFile | string | undefined, paint: Paint = (_, text) => text): string {
  const title = `${paint(finding.severity, `${finding.severity}[${finding.code}]`)}${paint('title', `: ${finding.message}`)}`;
  const gutter = ' '.repeat(String(finding.line).length);
  const where = `${gutter}${paint('frame', '-->')} ${visible(finding.file)}:${finding.line}:${finding.column}`;
  const file = typeof source === 'string' ? new SourceFile({ path: finding.file, content: source }) : source;
  if (file === undefined) return [title, where, ...(finding.help === undefined ? [] : [`${gutter} ${paint('help', `help: ${finding.help}`)}`])].join('\n');
  const { before, marked, after } = cut([...file.line(finding.line)], finding.column - 1, finding.length);
  const bar = paint('frame', '|');
  const mark = paint(finding.severity === 'error' ? 'mark' : 'warning', '^'.repeat(Math.max(1, width(marked))));
  const help = finding.help === undefined ? '' : ` ${paint('help', finding.help)}`;
  return [
    title,
    where,
    `${gutter} ${bar}`,
    `${paint('frame', String(finding.line))} ${bar} ${before}${marked}${after}`.trimEnd(),
    `${gutter} ${bar} ${' '.repeat(width(before))}${mark}${help}`,
  ].join('\n');
}

/** Splits a line around the mark, with tabs as two blanks and control characters visible. */
function cut(line: readonly string[], start: number, length: number): { before: string; marked: string; after: string } {
  const from = line.length <= shown ? 0 : Math.max(0, Math.min(start - shown / 4, line.length - shown));
  const to = line.length <= shown ? line.length : Math.min(line.length, from + shown);
  const end = Math.min(start + length, to);
  return {
    before: `${from > 0 ? '…' : ''}${plain(line.slice(from, Math.max(from, start)))}`,
    marked: plain(line.slice(start, end)),
    after: `${plain(line.slice(end, to))}${to < line.length ? '…' : ''}`,
  };
}

function plain(characters: readonly string[]): string {
  return visible(characters.join('').replaceAll('\t', '  '));
}

/** Columns of a terminal: wide characters (CJK, emoji) take two, combining marks none. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    columns += /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(character) ? 2 : 1;
  }
  return columns;
}
