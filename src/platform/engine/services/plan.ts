import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Operator, type Service } from '../../../pipeline/model.ts';
import { chooseBackend, demandOf, type Attachment, type BackendName, type Platform, type Program, type RunMount, type RunPlan } from '../plan.ts';
import { expandReferences } from './references.ts';

/** A connection of a service: the variable in which operators find it, and its port where the definition says one. */
export interface ServiceConnection {
  readonly variable: string;
  readonly port: number | undefined;
}

/** What counts as an answer: a connection that is accepted, or status 200 for a path. */
export type Health = { readonly kind: 'tcp' } | { readonly kind: 'http'; readonly path: string };

/** Everything about a service that is known before it starts; as data, so that it can be saved. */
export interface ServicePlan {
  /** Services of one image, tag and command are one (Clara guide, Services). */
  readonly key: string;
  /** What it shares with the services that stand for the same under another key, such as those with earlier versions of its models. */
  readonly family: string;
  /** As messages call it: `service infer`. */
  readonly title: string;
  readonly backend: BackendName;
  readonly program: Program;
  readonly connections: readonly ServiceConnection[];
  readonly variables: Readonly<Record<string, string>>;
  readonly limits: RunPlan['limits'];
  /** How many devices it sees; they are not its own. */
  readonly gpus: number;
  readonly mounts: readonly RunMount[];
  /** Models that are laid out for it before it starts. */
  readonly models: readonly ServedModel[];
  readonly health: Health;
}

/** A model as it was when its server was planned. */
export interface ServedModel {
  readonly name: string;
  /** Its archive in the repository; undefined where it had gone. */
  readonly file: string | undefined;
}

/** Where an inference server finds its models. */
export const modelsPath = '/models';

/** Where services find the folder that all of them share, in the name of the original (Clara Administration). */
export const dataPath = '/clara/common';

/** Plans the services of an operator. @param common the host's folder that services share */
export function planServices(operator: Operator, platform: Platform, common: string): ServicePlan[] {
  return operator.services.map((service) => planService(service, platform, common));
}

function planService(service: Service, platform: Platform, common: string): ServicePlan {
  const chosen = chooseBackend(service, platform);
  const { image, tag, command } = service.container;
  const key = keyOf([chosen.backend, image, tag, ...command]);
  return {
    key,
    family: key,
    title: `service ${service.name}`,
    ...chosen,
    connections: service.connections.map(({ name, port }) => ({ variable: name, port })),
    variables: service.variables,
    limits: { cpus: service.requests.cpu, memoryMb: service.requests.memory },
    gpus: demandOf(service, platform.capacity).gpus,
    mounts: [{ path: dataPath, source: common, access: 'read' }],
    models: [],
    health: { kind: 'tcp' },
  };
}

/** Sixteen hexadecimal digits that stand for what tells a service from others. */
export function keyOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** How many ports have to be chosen for a service. */
export function freePorts(connections: readonly ServiceConnection[]): number {
  return connections.filter(({ port }) => port === undefined).length;
}

/** The port of each connection: its own, or the next of the chosen ones; undefined where those do not suffice. */
export function portsOf(connections: readonly ServiceConnection[], chosen: readonly number[]): readonly (number | undefined)[] {
  let next = 0;
  return connections.map(({ port }) => port ?? chosen[next++]);
}

/** What a service finds in its environment about where to listen and where its data are. */
export function serviceEnvironment(plan: ServicePlan, chosen: readonly number[]): Record<string, string> {
  const ports = portsOf(plan.connections, chosen);
  return {
    NVIDIA_CLARA_SERVICE_DATA_PATH: dataPath,
    ...(ports.length === 0 ? {} : { PORT: String(ports[0]), NVIDIA_CLARA_SERVICE_PORTS: plan.connections.map(({ variable }, index) => `${variable}:${ports[index]}`).join(';') }),
    ...plan.variables,
  };
}

/** The run of a service as backends take it. @param owner tells this platform's services from those of others on the machine */
export function serviceRun(plan: ServicePlan, folder: string, owner: string, chosen: readonly number[], network: string | undefined): RunPlan {
  const environment = serviceEnvironment(plan, chosen);
  return {
    kind: 'service',
    title: plan.title,
    jobId: owner,
    operator: `service-${plan.key}`,
    backend: plan.backend,
    program: withReferences(plan.program, environment),
    folder,
    inputs: [],
    outputs: [],
    memory: { folder, inputs: [], outputs: [] },
    mounts: [...plan.mounts, ...(plan.models.length === 0 ? [] : [{ path: modelsPath, source: modelsFolder(folder), access: 'read' as const }])],
    network,
    publish: { from: folder, to: folder },
    environment,
    demand: { cpus: 0, memoryMb: 0, gpus: plan.gpus },
    limits: plan.limits,
  };
}

/** Where the models of a server are laid out. */
export function modelsFolder(folder: string): string {
  return join(folder, 'models');
}

function withReferences(program: Program, environment: Readonly<Record<string, string>>): Program {
  if (program.kind === 'provided') return program;
  return { ...program, command: program.command.map((argument) => expandReferences(argument, environment)) };
}

/** A service that answers: where, and for whom. */
export interface Answering {
  readonly connections: readonly ServiceConnection[];
  readonly ports: readonly number[];
  readonly host: string;
}

/** The connections of an operator's services; each variable is one `host:port`. */
export function attachmentOf(services: readonly Answering[], network: string | undefined): Attachment {
  return {
    environment: Object.fromEntries(services.flatMap(({ connections, ports, host }) => connections.map(({ variable }, index) => [variable, `${host}:${ports[index]}`]))),
    network,
  };
}

/** The network of docker that the containers of these services and of the operators that use them share. */
export function networkOf(owner: string, keys: readonly string[]): string {
  return keys.length === 1 ? `clara-${owner}-${keys[0]}` : `clara-${owner}-${keyOf([...keys].sort())}`;
}
