import { escapeControls } from './output/escape.ts';
import { formatJson, formatJsonLine, yamlFormatter } from './output/format.ts';
import { type Io } from './output/io.ts';
import { LineBuffer } from './output/line-buffer.ts';
import { table, tableRow } from './output/table.ts';
import { plainStyle, type Style } from './output/style.ts';
import { painted, type Tone } from './output/tones.ts';
import { type OutputFormat } from './program/options.ts';

export interface Column<Item> {
  readonly title: string;
  readonly value: (item: Item) => string;
  /** Under `-o wide` only. */
  readonly wide?: boolean;
  /** Where every column but the last has a width, rows are printed as they arrive instead of at the end. */
  readonly width?: number;
  /** Its colour on a terminal. */
  readonly tone?: (item: Item) => Tone;
}

/** How a resource is named and shown as data; the base of lists and descriptions. */
export interface ItemView<Item> {
  /** `job`, as in `job/<id>`. */
  readonly kind: string;
  readonly id: (item: Item) => string;
  /** The names and values of `-o json` and `-o yaml`: an interface. */
  readonly data: (item: Item) => unknown;
}

export interface ListView<Item> extends ItemView<Item> {
  readonly columns: readonly Column<Item>[];
}

export interface PrintOptions {
  readonly output?: OutputFormat | undefined;
  readonly quiet?: boolean;
}

/** Prints a list in the wanted format, row by row where the format allows it. An empty list is `[]`, a header, or nothing. */
export async function printList<Item>(io: Io, view: ListView<Item>, items: AsyncIterable<Item> | Iterable<Item>, options: PrintOptions): Promise<void> {
  const buffer = new LineBuffer(io);
  try {
    await pushItems(buffer, view, items, options, io.style);
  } finally {
    // What came before a failure is shown.
    await buffer.flush();
  }
}

async function pushItems<Item>(
  buffer: LineBuffer, view: ListView<Item>, items: AsyncIterable<Item> | Iterable<Item>, options: PrintOptions, style: Style,
): Promise<void> {
  switch (formatOf(options)) {
    case 'quiet':
      for await (const item of items) await buffer.push(view.id(item));
      return;
    case 'name':
      for await (const item of items) await buffer.push(`${view.kind}/${view.id(item)}`);
      return;
    case 'json': return pushJson(buffer, view, items);
    case 'yaml': return pushYaml(buffer, view, items);
    case 'text':
    case 'wide': return pushRows(buffer, view, items, options, style);
  }
}

/** `--quiet` is a format of its own, unless another one was asked for. */
function formatOf({ output, quiet }: PrintOptions): OutputFormat | 'quiet' {
  return quiet && (output === undefined || output === 'wide') ? 'quiet' : output ?? 'text';
}

/** Prints one item as data, or its text. */
export async function printItem<Item>(io: Io, view: ItemView<Item>, item: Item, text: () => readonly string[], options: PrintOptions): Promise<void> {
  switch (formatOf(options)) {
    case 'quiet': return io.line(view.id(item));
    case 'name': return io.line(`${view.kind}/${view.id(item)}`);
    case 'json': return io.line(formatJson(view.data(item)));
    case 'yaml': return io.write((await yamlFormatter())(view.data(item)));
    case 'text':
    case 'wide': return io.lines(text());
  }
}

/** Prints one item of a series that has no end: one line of JSON, one YAML document, or its text. */
export async function printEvent<Item>(io: Io, view: ItemView<Item>, item: Item, text: () => readonly string[], options: PrintOptions): Promise<void> {
  switch (options.output) {
    case 'json': return io.line(formatJsonLine(view.data(item)));
    case 'yaml': return io.write(`---\n${(await yamlFormatter())(view.data(item))}`);
    default: return printItem(io, view, item, text, options);
  }
}

/** The lines of a list whose columns have widths: the header, and one row at a time. */
export function rowLayout<Item>(view: ListView<Item>, { output }: PrintOptions, style: Style = plainStyle): { readonly header: string; readonly row: (item: Item) => string } {
  const columns = view.columns.filter(({ wide }) => !wide || output === 'wide');
  const widths = columns.map(({ title, width = 0 }) => Math.max(title.length, width));
  return {
    header: tableRow(columns.map(({ title }) => title), widths),
    row: (item) => tableRow(columns.map(({ value }) => escapeControls(value(item))), widths, (text, column) => painted(style, columns[column]!.tone?.(item), text)),
  };
}

/** `LABEL:value` lines, as scripts split them; no blank after the colon. */
export function labelLines(pairs: readonly (readonly [label: string, value: string])[]): string[] {
  return pairs.map(([label, value]) => `${label}:${escapeControls(value)}`);
}

async function pushRows<Item>(
  buffer: LineBuffer, view: ListView<Item>, items: AsyncIterable<Item> | Iterable<Item>, options: PrintOptions, style: Style,
): Promise<void> {
  const columns = view.columns.filter(({ wide }) => !wide || options.output === 'wide');
  if (columns.slice(0, -1).every(({ width }) => width !== undefined)) {
    const { header, row } = rowLayout(view, options, style);
    let above = `${header}\n`;
    for await (const item of items) {
      // The header comes with the first row: nothing is printed where the list fails at once.
      await buffer.push(above + row(item));
      above = '';
    }
    if (above !== '') await buffer.push(header);
    return;
  }
  const rows: string[][] = [];
  for await (const item of items) rows.push(columns.map(({ value }) => value(item)));
  for (const line of table(columns.map(({ title }) => title), rows)) await buffer.push(line);
}

async function pushJson<Item>(buffer: LineBuffer, view: ItemView<Item>, items: AsyncIterable<Item> | Iterable<Item>): Promise<void> {
  let previous: string | undefined;
  for await (const item of items) {
    if (previous !== undefined) await buffer.push(`${previous},`);
    previous = `${previous === undefined ? '[\n' : ''}${formatJson(view.data(item)).replace(/^/gm, '  ')}`;
  }
  await buffer.push(previous === undefined ? '[]' : `${previous}\n]`);
}

async function pushYaml<Item>(buffer: LineBuffer, view: ItemView<Item>, items: AsyncIterable<Item> | Iterable<Item>): Promise<void> {
  const format = await yamlFormatter();
  let empty = true;
  for await (const item of items) {
    empty = false;
    await buffer.push(format([view.data(item)]).trimEnd());
  }
  if (empty) await buffer.push('[]');
}
