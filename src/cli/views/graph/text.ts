import { type Drawing, type Edge } from './drawing.ts';

/** For Graphviz. */
export function dotLines({ title, levels, edges }: Drawing): readonly string[] {
  const quote = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return [
    `digraph ${quote(title)} {`,
    '  rankdir=LR;',
    '  node [shape=box, style=rounded];',
    ...levels.flat().map((name) => `  ${quote(name)};`),
    ...edges.map(({ from, to, labels }) => `  ${quote(from)} -> ${quote(to)}${labels.length === 0 ? '' : ` [label=${quote(labels.join(', '))}]`};`),
    '}',
  ];
}

/** For Markdown pages that draw it. Ids are numbers, because some words mean something there. */
export function mermaidLines({ levels, edges }: Drawing): readonly string[] {
  const ids = new Map(levels.flat().map((name, index) => [name, `n${index}`]));
  return [
    'flowchart LR',
    ...[...ids].map(([name, id]) => `  ${id}["${name}"]`),
    ...edges.map(({ from, to, labels }) => `  ${ids.get(from)!} ${labels.length === 0 ? '-->' : `-- "${labels.join(', ')}" -->`} ${ids.get(to)!}`),
  ];
}

/**
 * For a terminal: a line for each operator, with a rail from every operator down to the last one that reads it.
 * `*` is the operator, `+` an output that it reads.
 */
export function asciiLines({ levels, edges, criticalPath }: Drawing): readonly string[] {
  const order = levels.flat();
  const reading = groupBy(edges);
  const readers = new Map(order.map((name) => [name, 0]));
  for (const { from } of edges) readers.set(from, readers.get(from)! + 1);
  const rails: (string | undefined)[] = [];
  const rows = order.map((name) => {
    const sources = reading.get(name) ?? [];
    const read = new Set(sources.map(({ from }) => rails.indexOf(from)));
    const free = rails.indexOf(undefined);
    const own = free < 0 ? rails.length : free;
    const picture = pictureOf(rails, read, own);
    rails[own] = readers.get(name)! > 0 ? name : undefined;
    for (const { from } of sources) {
      readers.set(from, readers.get(from)! - 1);
      if (readers.get(from) === 0) rails[rails.indexOf(from)] = undefined;
    }
    return { picture, name, sources };
  });
  const pictureWidth = Math.max(0, ...rows.map(({ picture }) => picture.length));
  const nameWidth = Math.max(0, ...rows.map(({ name }) => name.length));
  const lines = rows.map(({ picture, name, sources }) =>
    `${picture.padEnd(pictureWidth)}  ${name.padEnd(nameWidth)}${sources.length === 0 ? '' : `  <- ${sources.map(sourceText).join(', ')}`}`.trimEnd());
  return criticalPath.length < 2 ? lines : [...lines, '', `longest chain: ${criticalPath.join(' -> ')} (${criticalPath.length} of ${order.length} operators)`];
}

function pictureOf(rails: readonly (string | undefined)[], read: ReadonlySet<number>, own: number): string {
  const [first, last] = [Math.min(own, ...read), Math.max(own, ...read)];
  let picture = '';
  for (let index = 0; index < Math.max(rails.length, own + 1); index += 1) {
    const passed = index > first && index < last ? '-' : ' ';
    picture += `${index === 0 ? '' : index > first && index <= last ? '-' : ' '}${index === own ? '*' : read.has(index) ? '+' : rails[index] !== undefined ? '|' : passed}`;
  }
  return picture.trimEnd();
}

function sourceText({ from, labels }: Edge): string {
  return labels.length === 0 ? from : labels.map((label) => `${from}.${label}`).join(', ');
}

function groupBy(edges: readonly Edge[]): ReadonlyMap<string, readonly Edge[]> {
  const groups = new Map<string, Edge[]>();
  for (const edge of edges) {
    const group = groups.get(edge.to);
    if (group === undefined) groups.set(edge.to, [edge]);
    else group.push(edge);
  }
  return groups;
}
