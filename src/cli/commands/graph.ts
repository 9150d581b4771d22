import { type Context } from '../../terminal/context.ts';
import { type GraphFormat } from '../declarations/parts.ts';
import { drawingOf, type Drawing } from '../views/graph/drawing.ts';
import { svgLines } from '../views/graph/svg.ts';
import { asciiLines, dotLines, mermaidLines } from '../views/graph/text.ts';
import { loadValid } from './pipeline/local.ts';

interface Options {
  readonly pipeline: readonly string[];
  readonly files: readonly string[];
  readonly set: ReadonlyMap<string, string>;
  readonly output: GraphFormat | undefined;
}

/** `clara graph`: which operator waits for which, of a definition on this machine. */
export async function drawGraph(context: Context, { pipeline: main, files: parts, set, output }: Options): Promise<void> {
  const { pipeline, graph } = await loadValid(context, { main, parts }, [...set].map(([name, value]) => ({ name, value })));
  await context.io.lines(graphLines(drawingOf(pipeline.name, pipeline.operators, graph), output ?? 'ascii'));
}

/** A drawing in one of its forms, line by line. */
export function graphLines(drawing: Drawing, format: GraphFormat): readonly string[] {
  switch (format) {
    case 'dot': return dotLines(drawing);
    case 'mermaid': return mermaidLines(drawing);
    case 'svg': return svgLines(drawing);
    case 'ascii': return asciiLines(drawing);
  }
}
