import { displayWidth } from '../core/text/display-width.ts';
import { visible } from '../core/names.ts';
import { type Finding } from './findings.ts';
import { type SourceFile } from './source.ts';

/** Parts of a rendered finding that a terminal may colour. */
export type Part = 'error' | 'warning' | 'title' | 'frame' | 'mark' | 'help';

export type Paint = (part: Part, text: string) => string;

/** Longest piece of a source line that is shown; of a longer line the part around the mark. */
const shown = 120;

/**
 * A finding as compilers show it: what is wrong, where, the line with the place underlined, what was meant. Ends without a
 * line end. Without the file the line is left out. Without colours unless `paint` adds them; control characters of the
 * source come out as escapes.
 */
export function renderFinding(finding: Finding, file: SourceFile | undefined, paint: Paint = (_, text) => text): string {
  const title = `${paint(finding.severity, `${finding.severity}[${finding.code}]`)}${paint('title', `: ${finding.message}`)}`;
  const gutter = ' '.repeat(String(finding.line).length);
  const where = `${gutter}${paint('frame', '-->')} ${visible(finding.file)}:${finding.line}:${finding.column}`;
  if (file === undefined) return [title, where, ...(finding.help === undefined ? [] : [`${gutter} ${paint('help', `help: ${finding.help}`)}`])].join('\n');
  const { before, marked, after } = cut(file, finding);
  const bar = paint('frame', '|');
  const mark = paint(finding.severity === 'error' ? 'mark' : 'warning', '^'.repeat(Math.max(1, displayWidth(marked))));
  const help = finding.help === undefined ? '' : ` ${paint('help', finding.help)}`;
  return [
    title,
    where,
    `${gutter} ${bar}`,
    `${paint('frame', String(finding.line))} ${bar} ${before}${marked}${after}`.trimEnd(),
    `${gutter} ${bar} ${' '.repeat(displayWidth(before))}${mark}${help}`,
  ].join('\n');
}

/** The line of a finding in three parts, with tabs as two blanks and control characters visible. */
function cut(file: SourceFile, { line, column, length }: Finding): { before: string; marked: string; after: string } {
  const range = file.lineRange(line);
  const start = Math.min(file.offset({ line, column }), range.end);
  const end = Math.min(file.offset({ line, column: column + length }), range.end, start + shown);
  const long = range.end - range.start > shown;
  const from = long ? Math.max(range.start, start - Math.max(shown / 4, shown - (range.end - start))) : range.start;
  const to = long ? Math.max(end, Math.min(range.end, from + shown)) : range.end;
  return {
    before: `${from > range.start ? '…' : ''}${plain(file.text.slice(from, start))}`,
    marked: plain(file.text.slice(start, end)),
    after: `${plain(file.text.slice(end, to))}${to < range.end ? '…' : ''}`,
  };
}

function plain(text: string): string {
  // A cut may have gone through a pair of surrogates.
  return visible(text.replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, '').replaceAll('\t', '  '));
}
