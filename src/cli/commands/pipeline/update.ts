import { PipelinesService } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { allFiles, definitionPieces, openDefinition } from '../../../actions/definition-files.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Context } from '../../../terminal/context.ts';
import { printItem, type PrintOptions } from '../../../terminal/print.ts';
import { resolveOne } from '../ids.ts';
import { changeMetadata, hasChanges, printMetadata, type MetadataChanges } from '../metadata.ts';

interface Options extends PrintOptions, MetadataChanges {
  readonly path: readonly string[];
  readonly files: readonly string[];
}

/** `clara update pipeline`: replaces all files of a definition, changes metadata, or both. */
export async function updatePipeline(context: Context, options: Options, [text]: readonly string[]): Promise<void> {
  const changesMetadata = hasChanges(options);
  if (options.path.length === 0 && options.files.length > 0) throw new ClaraError('usage', '-f names files of a definition, and -p is missing', { hint: 'give -p FILE, the main file' });
  if (options.path.length === 0 && !changesMetadata) {
    throw new ClaraError('usage', 'nothing to change', { hint: 'give -p FILE, --metadata KEY=VALUE or --remove-metadata KEY' });
  }
  const files = options.path.length === 0 ? [] : allFiles(await openDefinition({ main: options.path, parts: options.files }, { input: (most) => context.io.readInput(most), exact: true }));
  const connection = await context.connect();
  const id = await resolveOne(context, connection, 'pipeline', text!);
  if (files.length > 0) {
    const requests = [...definitionPieces(files)].map((definition) => ({ definition, pipelineId: { value: id } }));
    await connection.service(PipelinesService).update(requests, { signal: context.signal });
  }
  if (changesMetadata) return printMetadata(context, 'pipeline', id, await changeMetadata(context, connection, 'pipeline', id, options), options);
  const view = { kind: 'pipeline', id: () => id, data: () => ({ pipelineId: id }) };
  await printItem(context.io, view, id, () => [`PIPELINE_ID:${id}`], options);
}
