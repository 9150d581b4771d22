import { PipelinesService } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { allFiles, definitionPieces, openDefinition } from '../../../actions/definition-files.ts';
import { ClaraError } from '../../../core/errors.ts';
import { parseId } from '../../../core/ids.ts';
import { type Context } from '../../../terminal/context.ts';
import { printItem, type PrintOptions } from '../../../terminal/print.ts';

interface Options extends PrintOptions {
  readonly path: readonly string[];
  readonly files: readonly string[];
  readonly id: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
}

/** `clara create pipelines`: registers a definition with all that it imports; the platform checks it. */
export async function createPipeline(context: Context, options: Options): Promise<void> {
  const forced = options.id === undefined ? undefined : parseId(options.id);
  if (options.id !== undefined && forced === undefined) {
    throw new ClaraError('usage', `--id: \`${options.id}\` is not an id`, { hint: 'an id is 32 hexadecimal digits' });
  }
  const files = allFiles(await openDefinition({ main: options.path, parts: options.files }, { input: (most) => context.io.readInput(most), exact: true }));
  const connection = await context.connect();
  const common = { metadata: Object.fromEntries(options.metadata), ...(forced === undefined ? {} : { pipelineId: { value: forced } }) };
  const requests = [...definitionPieces(files)].map((definition) => ({ definition, ...common }));
  const { pipelineId } = await connection.service(PipelinesService).create(requests, { signal: context.signal });
  const id = pipelineId?.value ?? '';
  const view = { kind: 'pipeline', id: () => id, data: () => ({ pipelineId: id }) };
  await printItem(context.io, view, id, () => [`PIPELINE_ID:${id}`], options);
}
