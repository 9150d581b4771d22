import { basename, resolve } from 'node:path';
import { ModelsService, ModelType as WireType, type ModelDetails } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { type UploadPlan } from '../../../actions/upload-plan.ts';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type ModelType } from '../../declarations/parts.ts';
import { type Context } from '../../context.ts';
import { labelLines, printItem, type PrintOptions } from '../../views/print.ts';
import { planFiles } from '../send-files.ts';

interface Options extends PrintOptions {
  readonly path: string;
  readonly type: ModelType | undefined;
  readonly raw: boolean;
  readonly name: string | undefined;
  readonly metadata: ReadonlyMap<string, string>;
}

/** Uploads a folder as one zip archive, which is made on the way (platform-api 3.5). */
export async function createModel(context: Context, options: Options): Promise<void> {
  const plan = await planFiles(context, [options.path]);
  const name = options.name ?? basename(resolve(options.path));
  if (!plan.files.some((file) => /^\d+\//.test(file.name))) {
    context.io.warn(`${options.path} has no version folder (a number, such as 1/); an inference server would not load it`);
  }
  const details: ModelDetails = {
    modelId: undefined, name, type: WireType[options.type ?? 'MODEL_TYPE_UNKNOWN'], metadata: Object.fromEntries(options.metadata),
  };
  const connection = await context.connect();
  const { chunkBytes } = await context.settings();
  const progress = await context.io.progress(`uploading the model ${name}`);
  try {
    const stored = await connection.service(ModelsService).uploadModel(messages(details, plan, chunkBytes), { signal: context.signal });
    const id = stored.details?.modelId?.value ?? '';
    const view = { kind: 'model', id: () => id, data: () => ({ modelId: id, name: stored.details?.name ?? name }) };
    await printItem(context.io, view, id, () => labelLines([['MODEL_ID', id]]), { ...options, quiet: options.quiet === true || options.raw });
  } finally {
    progress.stop();
  }
}

/** The details once, then the archive in pieces of at most so many bytes. */
async function* messages(details: ModelDetails, plan: UploadPlan, chunkBytes: number): AsyncGenerator<{ details?: ModelDetails; data: Buffer }> {
  const { ZipFile } = await import('yazl');
  const archive = new ZipFile();
  for (const { source, name } of plan.files) archive.addFile(source, name);
  const failed = new Promise<never>((_, reject) => {
    archive.on('error', (thrown: unknown) => reject(new ClaraError('failed', `the model cannot be read (${messageOf(thrown)})`, { cause: thrown })));
  });
  failed.catch(() => undefined);
  archive.end();
  yield { details, data: Buffer.alloc(0) };
  const pieces = (archive.outputStream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  for (;;) {
    const next = await Promise.race([pieces.next(), failed]);
    if (next.done === true) return;
    for (let start = 0; start < next.value.length; start += chunkBytes) yield { data: next.value.subarray(start, start + chunkBytes) };
  }
}
