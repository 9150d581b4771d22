import { displayWidth } from '../../core/text/display-width.ts';
import { escapeControls } from './escape.ts';

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Blanks between two columns (`list pipelines` as published in 0.5 and 0.6). */
const gap = '   ';

/** Colours a cell after it has its width. Rows count from 0, without the header. */
export type Paint = (text: string, column: number, row: number) => string;

/** One line of cells padded to the widths; the last cell is not padded. */
export function tableRow(cells: readonly string[], widths: readonly number[], paint: (text: string, column: number) => string = (text) => text): string {
  const last = cells.length - 1;
  return cells.map((cell, index) => paint(index === last ? cell : padEnd(cell, widths[index]!), index)).join(gap).trimEnd();
}

/** A header and rows, left aligned, each column as wide as its longest cell. Control characters are escaped. */
export function table(header: readonly string[], rows: readonly (readonly string[])[], paint: Paint = (text) => text): string[] {
  const cells = rows.map((row) => row.map(escapeControls));
  const widths = header.map((title, column) => Math.max(displayWidth(title), ...cells.map((row) => displayWidth(row[column]!))));
  return [tableRow(header, widths), ...cells.map((row, index) => tableRow(row, widths, (text, column) => paint(text, column, index)))];
}
