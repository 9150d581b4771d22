import { mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineEnvironment } from '../../config/engine-environment.ts';
import { programOf } from '../../operators/catalog.ts';
import { type Logger } from '../../system/log.ts';
import { readMachine } from '../../system/machine.ts';
import { findProgram } from '../../system/programs.ts';
import { detectSandbox, type Sandbox } from '../../system/sandbox/detect.ts';
import { ScratchFolders } from '../../system/sandbox/scratch-folders.ts';
import { hostFiles } from '../../system/sandbox/host-files.ts';
import { type Database } from '../../system/database/sqlite.ts';
import { DockerNetworks } from '../../tools/docker-networks.ts';
import { Docker } from '../../tools/docker.ts';
import { readGpus } from '../../tools/nvidia-smi.ts';
import { type Backend } from '../backends/backend.ts';
import { DockerBackend } from '../backends/docker.ts';
import { ProcessBackend } from '../backends/process.ts';
import { type PlatformOptions } from '../options.ts';
import { type SqliteJobStore } from '../store/jobs.ts';
import { Definitions, type DefinitionSource } from './definitions.ts';
import { type Engine } from './engine.ts';
import { JobEngine } from './job-engine.ts';
import { type OperatorRun } from './job-run.ts';
import { homeKey } from './home-key.ts';
import { Ledger } from './ledger.ts';
import { SharedMemory } from './memory/shared-memory.ts';
import { OperatorRunner } from './run/operator-runner.ts';
import { type BackendName, type ResultsDoor } from './plan.ts';
import { Planner } from './planner.ts';
import { Scheduler } from './scheduler.ts';
import { type ModelSource } from './services/models.ts';
import { ServiceHost } from './services/service-host.ts';

export interface EngineDeps {
  readonly db: Database;
  readonly jobs: SqliteJobStore;
  readonly definition: DefinitionSource;
  readonly options: Pick<PlatformOptions, 'home' | 'backend' | 'capacity' | 'limits' | 'serviceMs' | 'tritonImage'>;
  readonly models: ModelSource;
  readonly environment: EngineEnvironment;
  /** The folder of the built product, where `operators/<name>.js` are. */
  readonly product: string;
  readonly log: Logger;
  /** Where operators register results. */
  readonly results: ResultsDoor;
  /** How to confine host commands; found out by trying unless given. */
  readonly sandbox?: Sandbox;
}

/** Makes the engine of one platform; finds out what the machine has and can. Call `recover` before it is used. */
export async function createEngine({ db, jobs, definition, options, models, environment, product, log, results, sandbox: given }: EngineDeps): Promise<Engine> {
  const { backend, limits } = options;
  const { PATH } = environment.host;
  // Operators are told apart by their folder's path: one spelling, whatever links lead there.
  const home = realpathSync(options.home);
  const [sandbox, host, gpus] = await Promise.all([given ?? detectSandbox(PATH), hostFiles(), options.capacity.gpus ?? countGpus(PATH)]);
  const machine = readMachine();
  const capacity = { cpus: options.capacity.cpus ?? machine.cpus, memoryMb: options.capacity.memoryMb ?? machine.memoryMb, gpus };
  if (sandbox.kind === 'none') log.warn({ reason: sandbox.reason }, 'commands of the host cannot run: no sandbox');
  for (const folder of ['jobs', 'scratch']) mkdirSync(join(home, folder), { recursive: true, mode: 0o700 });
  const onTrouble = (thrown: unknown) => log.warn({ err: thrown }, 'cannot remove what an operator left');
  const serving = { image: options.tritonImage, source: models };
  const memory = new SharedMemory(`clara-${homeKey(home)}`, ownerOfOutputs());
  const planner = new Planner(home, { backend, capacity, programOf, results }, serving, memory);
  const watching = new AbortController();
  const docker = findProgram('docker', PATH);
  const dockerProgram = docker === undefined ? undefined : new Docker(docker, environment.docker);
  const backends = new Map<BackendName, Backend>([
    ['process', new ProcessBackend({
      sandbox, hostFiles: host, scratch: new ScratchFolders(join(home, 'scratch')), onTrouble, home, product, environment: environment.host, detached: watching.signal,
    })],
    ['docker', new DockerBackend({ docker: dockerProgram, home, user: containerUser(), detached: watching.signal })],
  ]);
  return new JobEngine({
    jobs,
    definitions: new Definitions(definition),
    planner,
    backends,
    scheduler: new Scheduler<OperatorRun>(capacity),
    ledger: new Ledger(db, (thrown) => log.error({ err: thrown }, 'cannot save the state of jobs; trying again')),
    services: (onLoss) => new ServiceHost({
      backends, networks: dockerProgram === undefined ? undefined : new DockerNetworks(dockerProgram), home, models,
      answerMs: options.serviceMs, graceMs: limits.graceMs, log, onLoss,
    }),
    runner: (services, isCurrent, onEnd) => new OperatorRunner({
      backends,
      plan: ({ job, definition: operator }, attachment) => planner.plan(job, job.pipeline, operator, attachment),
      attach: (operator) => {
        const { job, definition } = operator;
        const plans = planner.services(job.pipeline, definition);
        operator.services = plans.map(({ key }) => key);
        return plans.length === 0 ? undefined : (signal) => services.attach(job.id, plans, planner.backendOf(definition), signal);
      },
      needsMore: ({ job, definition }) => planner.services(job.pipeline, definition).length > 0,
      isCurrent,
      memory,
      graceMs: limits.graceMs,
      owner: ownerOfOutputs(),
      log,
      onEnd,
    }),
    models: serving,
    memory,
    watching,
    limits,
    log,
  });
}

/** Where there is no driver there is nothing to run: starting a program, and the library for it, would take half of a server's start. */
async function countGpus(path: string): Promise<number> {
  return findProgram('nvidia-smi', path) === undefined ? 0 : (await readGpus()).length;
}

/** Files that containers write must be ours; root takes them over afterwards, and lets images run as they say. */
function containerUser(): string | undefined {
  const [uid, gid] = [process.getuid?.(), process.getgid?.()];
  return uid === undefined || uid === 0 ? undefined : `${uid}:${gid}`;
}

/** Only root can give files away, and has to: containers may run as any user. */
function ownerOfOutputs(): { uid: number; gid: number } | undefined {
  return process.getuid?.() === 0 ? { uid: 0, gid: process.getgid!() } : undefined;
}
