import { join } from 'node:path';
import { type Operator, type Pipeline } from '../../pipeline/model.ts';
import { type Capacity, type Demand } from './scheduler.ts';

export type BackendName = 'process' | 'docker';

/** What an operator's container stands for on this platform. */
export type Program =
  /** An operator that comes with the product; `file` is relative to the folder of the built product. */
  | { readonly kind: 'provided'; readonly file: string; readonly args: readonly string[] }
  /** A command of the host. */
  | { readonly kind: 'host'; readonly command: readonly string[] }
  | { readonly kind: 'image'; readonly image: string; readonly command: readonly string[] };

/** An input or output: a folder of the host under the definition's path. */
export interface Entry {
  /** As NVIDIA_CLARA_INPUTPATHS names it; empty for an unnamed one. */
  readonly name: string;
  readonly path: string;
  readonly source: string;
}

/** Everything about one operator's run that is known before it starts; as data, so that it can be tested and shown. */
export interface RunPlan {
  readonly jobId: string;
  readonly operator: string;
  readonly backend: BackendName;
  readonly program: Program;
  /** The folder of this run: supervisor's files, log, outputs that are being written. */
  readonly folder: string;
  readonly inputs: readonly Entry[];
  /** Their sources are below `outputs.from`. */
  readonly outputs: readonly Entry[];
  /** What becomes part of the payload in one rename, once the operator has succeeded. */
  readonly publish: { readonly from: string; readonly to: string };
  /** Variables of the contract and of the definition; not the host's (PATH, HOME, LANG), nor the two path variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** What the scheduler counts. */
  readonly demand: Demand;
  /** What the definition asks for by itself: limits for containers. */
  readonly limits: { readonly cpus: number | undefined; readonly memoryMb: number | undefined };
}

/** What a plan needs to know of a job. */
export interface PlannedJob {
  readonly id: string;
  readonly name: string;
  readonly pipelineId: string;
  readonly payloadId: string;
  readonly limitMs: number;
}

export interface Folders {
  /** The payload's own folder. */
  readonly payload: string;
  /** The folder of the job's runs. */
  readonly job: string;
}

/** What an operator gets that does not ask (Clara guide 0.7.1, Requests); less where the platform has less. */
const defaultDemand: Demand = { cpus: 1, memoryMb: 512, gpus: 0 };

export function demandOf({ requests }: Operator, capacity: Capacity): Demand {
  return {
    cpus: requests.cpu ?? Math.min(defaultDemand.cpus, capacity.cpus),
    memoryMb: requests.memory ?? Math.min(defaultDemand.memoryMb, capacity.memoryMb),
    gpus: requests.gpu ?? defaultDemand.gpus,
  };
}

/** The operator of ours that an image stands for; see operators/catalog.ts. */
export type ProgramOf = (image: string) => { readonly program: string } | undefined;

export interface Platform {
  readonly backend: PlatformBackend;
  readonly capacity: Capacity;
  readonly programOf: ProgramOf;
}

/** Plans one operator's run. The operator is one of the pipeline's. */
export function planRun(pipeline: Pipeline, operator: Operator, job: PlannedJob, folders: Folders, platform: Platform): RunPlan {
  const folder = runFolder(folders.job, operator.name);
  const from = join(folder, 'out');
  return {
    jobId: job.id,
    operator: operator.name,
    ...chooseBackend(operator, platform),
    folder,
    inputs: operator.inputs.map((input) => ({
      name: input.name === '' ? (input.from ?? '') : input.name,
      path: input.path,
      source: input.from === undefined ? join(folders.payload, 'input') : join(folders.payload, 'operators', input.from, input.name),
    })),
    outputs: operator.outputs.map((output) => ({ name: output.name, path: output.path, source: join(from, output.name) })),
    publish: { from, to: join(folders.payload, 'operators', operator.name) },
    environment: {
      NVIDIA_CLARA_JOBID: job.id,
      NVIDIA_CLARA_JOBNAME: job.name,
      NVIDIA_CLARA_STAGENAME: operator.name,
      NVIDIA_CLARA_TIMEOUT: String(Math.ceil(job.limitMs / 1000)),
      NVIDIA_CLARA_PAYLOADID: job.payloadId,
      NVIDIA_CLARA_PIPELINEID: job.pipelineId,
      NVIDIA_CLARA_NOSYNCLOCK: 'TRUE',
      ...pipeline.variables,
      ...operator.variables,
    },
    demand: demandOf(operator, platform.capacity),
    limits: { cpus: operator.requests.cpu, memoryMb: operator.requests.memory },
  };
}

/** Where a job's operator runs; its log stays there. */
export function runFolder(jobFolder: string, operator: string): string {
  return join(jobFolder, operator);
}

/** Folders as the two path variables hold them: `name:path`, joined with `;` (pipeline-language 13.2). */
export function pathVariable(entries: readonly Entry[], where: 'path' | 'source'): string {
  return entries.map((entry) => `${entry.name}:${entry[where]}`).join(';');
}

/** How the platform was told to run operators. */
export type PlatformBackend = 'auto' | BackendName;

/** The image name that stands for a command of the host. */
export const hostImage = 'host';

/** Where an operator runs, and as what. */
export function chooseBackend({ container }: Operator, { backend, programOf }: Platform): Pick<RunPlan, 'backend' | 'program'> {
  const provided = programOf(container.image);
  if (backend === 'docker' || (backend === 'auto' && provided === undefined && container.image !== hostImage)) {
    return { backend: 'docker', program: { kind: 'image', image: imageReference(container), command: container.command } };
  }
  if (provided !== undefined) return { backend: 'process', program: { kind: 'provided', file: provided.program, args: container.command } };
  return { backend: 'process', program: { kind: 'host', command: container.command } };
}

/** `image:tag`, unless the image is given by digest or has a tag in its name and none beside it. */
function imageReference({ image, tag }: Operator['container']): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.includes('@') || (last.includes(':') && tag === 'latest') ? image : `${image}:${tag}`;
}
