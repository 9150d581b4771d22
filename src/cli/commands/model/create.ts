import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { ModelsService, ModelType as WireType, type ModelDetails } from '../../../api/generated/nvidia/clara/platform/models.ts';
import { type UploadPlan } from '../../../actions/transfer/upload-plan.ts';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { shellWord } from '../../../core/text/shell-word.ts';
import { type ModelType } from '../../declarations/parts.ts';
import { type Context } from '../../../terminal/context.ts';
import { labelLines, printItem, type PrintOptions } from '../../../terminal/print.ts';
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
  await checkLayout(options.path, plan);
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

/** Refuses what no inference server could load (Triton's model repository: numbered version folders with files). */
async function checkLayout(path: string, { files }: UploadPlan): Promise<void> {
  if (files.some(({ name }) => /^\d+\/./.test(name))) return;
  const example = 'a model is a folder with config.pbtxt and version folders, such as 1/model.plan';
  if (!(await stat(path)).isDirectory()) throw new ClaraError('usage', `${path} is a file, not the folder of a model`, { hint: example });
  const inside = files.map(({ name }) => /^(.*?)\/\d+\/./.exec(name)?.[1]).find((folder) => folder !== undefined);
  throw new ClaraError('usage', `${path} is not the folder of a model: it has no version folder with files (a number, such as 1/)`, {
    hint: inside === undefined ? example : `give the folder of one model: \`-p ${shellWord(join(path, inside))}\``,
  });
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
