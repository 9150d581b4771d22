import { basename, join } from 'node:path';
import { isWildcard, splitAddress } from '../../core/addresses.ts';
import { resultsSocket } from '../../core/results.ts';
import { type Operator, type Pipeline } from '../../pipeline/model.ts';
import { isMemory, memoryMounts, memoryVariables, planMemory, type MemoryPlan } from './memory/plan.ts';
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
  /** Of an input: where it lies in the payload. */
  readonly uri?: string;
}

/** A folder or file of the host at a path of the platform's choice. */
export interface RunMount {
  readonly path: string;
  readonly source: string;
  readonly access: 'read' | 'write';
}

/** Everything about one run of an operator, or of a service, that is known before it starts; as data, so that it can be tested and shown. */
export interface RunPlan {
  readonly kind: 'operator' | 'service';
  /** As messages call it: `operator segment`. */
  readonly title: string;
  /** Of a service: what tells the platform's own runs from those of jobs. */
  readonly jobId: string;
  readonly operator: string;
  readonly backend: BackendName;
  readonly program: Program;
  /** The folder of this run: supervisor's files, log, outputs that are being written. */
  readonly folder: string;
  readonly inputs: readonly Entry[];
  /** Their sources are below `outputs.from`. */
  readonly outputs: readonly Entry[];
  /** Inputs and outputs in shared memory. */
  readonly memory: MemoryPlan;
  /** Besides inputs and outputs. */
  readonly mounts: readonly RunMount[];
  /** The network of docker that its container joins; undefined is none at all. */
  readonly network: string | undefined;
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
  /** The folder of the job in shared memory. */
  readonly memory: string;
}

/** What an operator gets that does not ask (Clara guide 0.7.1, Requests); less where the platform has less. */
const defaultDemand: Demand = { cpus: 1, memoryMb: 512, gpus: 0 };

/** What the scheduler counts for an operator or a service: CPUs, megabytes, GPUs. */
export function demandOf({ requests }: Pick<Operator, 'requests'>, capacity: Capacity): Demand {
  return {
    cpus: requests.cpu ?? Math.min(defaultDemand.cpus, capacity.cpus),
    memoryMb: requests.memory ?? Math.min(defaultDemand.memoryMb, capacity.memoryMb),
    gpus: requests.gpu ?? defaultDemand.gpus,
  };
}

/** The operator of ours that an image stands for; see operators/catalog.ts. */
export type ProgramOf = (image: string) => { readonly program: string } | undefined;

/** Where operators reach the Results Service. */
export interface ResultsDoor {
  /** `host:port`, for those that run on this machine's network. */
  readonly address: string;
  /** The host's folder with the socket, for those that run anywhere on this machine: containers have no network. */
  readonly folder: string;
}

export interface Platform {
  readonly results: ResultsDoor;
  readonly backend: PlatformBackend;
  readonly capacity: Capacity;
  readonly programOf: ProgramOf;
}

/** What an operator is given of the services that it uses, once they answer. */
export interface Attachment {
  /** Connections, `host:port` by variable. */
  readonly environment: Readonly<Record<string, string>>;
  readonly network: string | undefined;
}

export const unattached: Attachment = { environment: {}, network: undefined };

/** Plans one operator's run. The operator is one of the pipeline's. */
export function planRun(
  pipeline: Pipeline, operator: Operator, job: PlannedJob, folders: Folders, platform: Platform, attachment = unattached,
): RunPlan {
  const folder = runFolder(folders.job, operator.name);
  const from = join(folder, 'out');
  const memory = planMemory(operator, folders.memory);
  const chosen = chooseBackend(operator, platform);
  return {
    kind: 'operator',
    title: `operator ${operator.name}`,
    jobId: job.id,
    operator: operator.name,
    ...chosen,
    folder,
    inputs: operator.inputs.filter(({ type }) => !isMemory(type)).map((input) => ({
      name: input.name === '' ? (input.from ?? '') : input.name,
      path: input.path,
      source: join(folders.payload, uriOf(input)),
      uri: uriOf(input),
    })),
    outputs: operator.outputs.filter(({ type }) => !isMemory(type)).map((output) => ({ name: output.name, path: output.path, source: join(from, output.name) })),
    memory,
    mounts: [...memoryMounts(memory), { path: resultsFolder, source: platform.results.folder, access: 'read' }],
    network: attachment.network,
    publish: { from, to: join(folders.payload, 'operators', operator.name) },
    environment: {
      NVIDIA_CLARA_JOBID: job.id,
      NVIDIA_CLARA_JOBNAME: job.name,
      NVIDIA_CLARA_STAGENAME: operator.name,
      NVIDIA_CLARA_TIMEOUT: String(Math.ceil(job.limitMs / 1000)),
      NVIDIA_CLARA_PAYLOADID: job.payloadId,
      NVIDIA_CLARA_PIPELINEID: job.pipelineId,
      NVIDIA_CLARA_NOSYNCLOCK: 'TRUE',
      ...resultsVariables(platform.results, chosen.backend),
      ...attachment.environment,
      ...pipeline.variables,
      ...operator.variables,
    },
    demand: demandOf(operator, platform.capacity),
    limits: { cpus: operator.requests.cpu, memoryMb: operator.requests.memory },
  };
}

function uriOf({ from, name }: Operator['inputs'][number]): string {
  return from === undefined ? '/input' : join('/operators', from, name);
}

/**
 * Where an operator finds the folder with the socket, as system programs find that of the log: every sandbox has a /dev of
 * its own, while to make room in a folder of the host takes a mount for each of its entries.
 */
const resultsFolder = '/dev/clara';

/** As Kubernetes names the address of the service `clara-resultsservice`; a container would look for it in vain. */
function resultsVariables({ address }: ResultsDoor, backend: BackendName): Record<string, string> {
  if (backend === 'docker') return {};
  const { host, port } = splitAddress(address);
  return { CLARA_RESULTSSERVICE_SERVICE_HOST: isWildcard(host) ? '127.0.0.1' : host, CLARA_RESULTSSERVICE_SERVICE_PORT: String(port) };
}

/** Where a job's operator runs; its log stays there. */
export function runFolder(jobFolder: string, operator: string): string {
  return join(jobFolder, operator);
}

/** Where an operator finds its inputs and outputs, folders and shared memory; a service has none. */
export function pathVariables({ kind, inputs, outputs, memory, mounts }: RunPlan, where: 'path' | 'source'): Record<string, string> {
  if (kind === 'service') return {};
  const folder = mounts.find(({ path }) => path === resultsFolder)?.[where];
  return {
    NVIDIA_CLARA_INPUTPATHS: pathVariable(inputs, where), NVIDIA_CLARA_OUTPUTPATHS: pathVariable(outputs, where), ...memoryVariables(memory, where),
    CLARA_INPUT_URIS: inputs.map((input) => `${input.uri ?? ''}:${input[where]}`).join(';'),
    ...(folder === undefined ? {} : { CLARA_RESULTSSERVICE_SOCKET: join(folder, resultsSocket) }),
  };
}

/** Folders as the two path variables hold them: `name:path`, joined with `;` (pipeline-language 13.2). */
export function pathVariable(entries: readonly Entry[], where: 'path' | 'source'): string {
  // Where the definition's path does not show, its last part tells whose folder it is.
  return entries.map((entry) => `${entry.name === '' && where === 'source' ? basename(entry.path) : entry.name}:${entry[where]}`).join(';');
}

/** How the platform was told to run operators. */
export type PlatformBackend = 'auto' | BackendName;

/** The image name that stands for a command of the host. */
export const hostImage = 'host';

/** Where an operator or a service runs, and as what. */
export function chooseBackend({ container }: Pick<Operator, 'container'>, { backend, programOf }: Platform): Pick<RunPlan, 'backend' | 'program'> {
  const provided = programOf(container.image);
  if (backend === 'docker' || (backend === 'auto' && provided === undefined && container.image !== hostImage)) {
    return { backend: 'docker', program: { kind: 'image', image: imageReference(container), command: container.command } };
  }
  if (provided !== undefined) return { backend: 'process', program: { kind: 'provided', file: provided.program, args: container.command } };
  return { backend: 'process', program: { kind: 'host', command: container.command } };
}

/** `image:tag`, unless the image is given by digest or has a tag in its name and none beside it. */
export function imageReference({ image, tag }: Operator['container']): string {
  const last = image.slice(image.lastIndexOf('/') + 1);
  return last.includes('@') || (last.includes(':') && tag === 'latest') ? image : `${image}:${tag}`;
}
