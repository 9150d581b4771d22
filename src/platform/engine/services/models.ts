import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { WireCode } from '../../../api/wire-codes.ts';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { type Pipeline } from '../../../pipeline/model.ts';
import { unpackZip } from '../../../system/unpack-zip.ts';
import { keyOf, modelsPath, type ServedModel, type ServicePlan } from './plan.ts';

/** The model repository, as far as serving it goes. */
export interface ModelSource {
  /** The archive that a model has now; undefined where the repository has no such model. */
  file(name: string): string | undefined;
  /** Opens an archive; throws where it is gone. */
  open(file: string): number;
}

/** Where Triton listens (Model Repository overview), and the variables that operators find it in, the two old ones included. */
const connections = [
  { variable: 'NVIDIA_TRITON_HTTPURI', port: 8000 },
  { variable: 'NVIDIA_TRITON_GRPCURI', port: 8001 },
  { variable: 'CLARA_TRITON_URI', port: 8000 },
  { variable: 'NVIDIA_CLARA_TRTISURI', port: 8000 },
];

/**
 * Plans the inference server of a pipeline: one with all the models that its operators list, shared with other jobs that want the
 * same ones. It sees every GPU.
 */
export function planModelServer({ operators }: Pipeline, image: string, gpus: number, source: ModelSource): ServicePlan {
  const names = [...new Set(operators.flatMap(({ models }) => models))].sort();
  const models = names.map((name): ServedModel => ({ name, file: source.file(name) }));
  return {
    key: keyOf(['triton', image, ...models.flatMap(({ name, file }) => [name, file ?? ''])]),
    family: keyOf(['triton', ...names]),
    title: `inference server of ${names.join(', ')}`,
    backend: 'docker',
    program: { kind: 'image', image, command: ['tritonserver', `--model-repository=${modelsPath}`] },
    connections,
    variables: {},
    limits: { cpus: undefined, memoryMb: undefined },
    gpus,
    mounts: [],
    models,
    health: { kind: 'http', path: '/v2/health/ready' },
  };
}

/** Lays out the models of a server as Triton reads them: a folder for each, with its configuration and its versions. */
export async function unpackModels(models: readonly ServedModel[], folder: string, source: ModelSource): Promise<void> {
  await mkdir(folder);
  await chmod(folder, 0o755);
  for (const { name, file } of models) {
    const place = join(folder, name);
    await mkdir(place);
    await chmod(place, 0o755);
    try {
      if (file === undefined) throw new Error('it is not in the repository any more');
      // Archives of other clients may hold the folder of the model, those of `clara create model` what is in it.
      await unpackZip(source.open(file), place, (path) => (path.startsWith(`${name}/`) ? path.slice(name.length + 1) : path));
    } catch (thrown) {
      throw new ClaraError('failed', `the model ${name} cannot be unpacked (${messageOf(thrown)})`, { cause: thrown, hint: 'upload it anew: clara create model' });
    }
  }
}

/** Refuses a job whose models are not there, or that nothing here can serve. */
export function checkModels(jobId: string, { operators }: Pipeline, image: string | undefined, source: ModelSource): void {
  const missing = operators.flatMap(({ name, models }) => models.filter((model) => source.file(model) === undefined).map((model) => ({ name, model })));
  if (missing.length > 0) {
    const [first] = missing;
    throw new ClaraError('not-found', `job ${jobId} needs the model ${first!.model} for operator ${first!.name}, and the repository has none of that name`, {
      wireCode: WireCode.jobStart,
      details: missing.slice(1).map(({ name, model }) => `operator ${name}: there is no model ${model} either`),
      hint: `clara create model -p FOLDER uploads one; clara list models shows what is there`,
    });
  }
  checkServing(jobId, operators, image);
}

/** Refuses operators that want models where there is nothing to serve them with. */
export function checkServing(jobId: string, operators: Pipeline['operators'], image: string | undefined): void {
  const wanting = operators.filter(({ models }) => models.length > 0);
  if (wanting.length === 0 || image !== undefined) return;
  throw new ClaraError('failed', `job ${jobId} needs models, and this platform has no inference server to serve them with`, {
    wireCode: WireCode.jobStart,
    details: wanting.map(({ name, models }) => `operator ${name}: ${models.join(', ')}`),
    hint: 'name an image of Triton that is on this machine: clara platform restart --triton-image nvcr.io/nvidia/tritonserver:TAG',
  });
}
