import { type Connection } from '../../../api/client.ts';
import { PipelinesService } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type GraphFormat } from '../../declarations/parts.ts';
import { escapeLines } from '../../../terminal/output/escape.ts';
import { type Context } from '../../../terminal/context.ts';
import { describePipelineLines, pipelineDetails, type PipelineDetails } from '../../views/pipelines.ts';
import { printItem, type PrintOptions } from '../../../terminal/print.ts';
import { resolveOne, wantedId } from '../ids.ts';

interface Options extends PrintOptions {
  readonly pipeline: string | undefined;
  readonly raw: boolean;
  readonly graph: GraphFormat | undefined;
}

/** `clara describe pipeline`: what is registered, its text as it is (`--raw`), or its graph (`--graph`). */
export async function describePipeline(context: Context, options: Options, args: readonly string[]): Promise<void> {
  const text = wantedId('pipeline', options.pipeline, args);
  const connection = await context.connect();
  const details = await fetchPipeline(connection, await resolveOne(context, connection, 'pipeline', text), context.signal);
  if (options.raw) return printRaw(context, details);
  if (options.graph !== undefined) {
    const { registeredGraph } = await import('./registered-graph.ts');
    return context.io.lines(registeredGraph(details, options.graph));
  }
  await printItem(context.io, pipelineDetails, details, () => describePipelineLines(details), options);
}

/** A pipeline with its whole definition; pieces of one file are put together (platform-api 3.2). */
export async function fetchPipeline(connection: Connection, id: string, signal: AbortSignal): Promise<PipelineDetails> {
  const contents = new Map<string, string>();
  let details: PipelineDetails = { pipelineId: id, name: '', definition: [], dag: [], metadata: {} };
  let first = true;
  for await (const message of connection.service(PipelinesService).details({ pipelineId: { value: id } }, { signal })) {
    if (first) details = { ...details, name: message.name, dag: message.dag, metadata: message.metadata };
    first = false;
    const { definition } = message;
    if (definition) contents.set(definition.path, (contents.get(definition.path) ?? '') + definition.content);
  }
  return { ...details, definition: [...contents].map(([path, content]) => ({ path, content })) };
}

/** The definition byte for byte into a file or pipe; a terminal gets no control characters. */
async function printRaw({ io }: Context, { definition }: PipelineDetails): Promise<void> {
  if (definition.length > 1) {
    throw new ClaraError('usage', `the definition has ${definition.length} files, --raw prints one`, {
      details: definition.map(({ path }) => `  ${path}`),
      hint: 'use -o json, or -o yaml',
    });
  }
  const content = definition[0]?.content ?? '';
  await io.write(io.terminal.stdout.isTTY ? escapeLines(content) : content);
}
