import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { type SupervisedEnd } from '../../system/supervise/supervised.ts';
import { findRun, startSupervised, watchRun } from '../../system/supervise/supervisor.ts';
import { containerEnvironment, runArguments, type Docker, type ContainerState, type ImageProblem } from '../../tools/docker.ts';
import { pathVariables, type RunPlan } from '../engine/plan.ts';
import { type Backend, type FoundOperator, type OperatorEnd, type RunningOperator } from './backend.ts';

export interface DockerBackendOptions {
  /** Undefined where it is not installed. */
  readonly docker: Docker | undefined;
  /** The platform's own folder, as a label of its containers. */
  readonly home: string;
  /** Fires when the platform lets its operators be. */
  readonly detached: AbortSignal;
  /** `uid:gid` for containers; undefined as root: then images run as they say. */
  readonly user: string | undefined;
}

/** Where a supervised command finds its settings. */
const settingsFile = '/dev/fd/3';

/** Runs operators as containers, each by a `docker run` that outlives the platform. */
export class DockerBackend implements Backend {
  readonly name = 'docker';
  readonly #options: DockerBackendOptions;

  constructor(options: DockerBackendOptions) {
    this.#options = options;
  }

  async check(plans: readonly RunPlan[]): Promise<void> {
    if (plans.length === 0) return;
    for (const plan of plans) imageOf(plan);
    const docker = this.#docker(plans[0]!);
    const problem = await docker.images([...new Set(plans.map((plan) => imageOf(plan)))]);
    if (problem !== undefined) throw imageError(problem, plans);
  }

  start(plan: RunPlan, gpus: readonly number[]): RunningOperator {
    const docker = this.#docker(plan);
    const { user, home } = this.#options;
    const { file, others } = containerEnvironment({
      // A user that the image does not know has `/` for a home.
      ...(user === undefined ? {} : { HOME: '/tmp' }),
      ...pathVariables(plan, 'path'),
      ...plan.environment,
    });
    const clash = Object.keys(others).find((name) => name in docker.environment);
    if (clash !== undefined) throw new ClaraError('usage', `${plan.title}: docker cannot pass on the variable ${clash} with a value of several lines`);
    const { ended } = startSupervised({
      folder: plan.folder,
      command: [docker.program, ...runArguments({
        name: containerName(plan),
        image: imageOf(plan),
        command: plan.program.kind === 'image' ? plan.program.command : [],
        labels: { ...(plan.kind === 'service' ? { 'clara.service': plan.operator } : { 'clara.job': plan.jobId, 'clara.operator': plan.operator }), 'clara.home': home },
        mounts: [
          ...plan.inputs.map(({ source, path }) => ({ source, target: path, readOnly: true })),
          ...plan.outputs.map(({ source, path }) => ({ source, target: path, readOnly: false })),
          ...plan.mounts.map(({ source, path, access }) => ({ source, target: path, readOnly: access === 'read' })),
        ],
        network: plan.network,
        environmentFile: settingsFile,
        environmentNames: Object.keys(others),
        user,
        ...plan.limits,
        gpus,
      })],
      environment: { ...others, ...docker.environment },
      settings: file,
    }, this.#options.detached);
    return this.#running(plan, docker, ended.then((end) => this.#conclude(plan, docker, end)));
  }

  /** A container that was only made would count as one that has run. */
  canPrepare(): boolean {
    return false;
  }

  prepare({ title }: RunPlan): never {
    throw new Error(`${title} cannot be set up ahead`);
  }

  async attach(plan: RunPlan): Promise<FoundOperator> {
    const docker = this.#docker(plan);
    const found = await findRun(plan.folder);
    if (found.kind === 'never-started') return found;
    const end = found.kind === 'running' ? watchRun(plan.folder, found.pid, this.#options.detached) : Promise.resolve(found);
    if (found.kind === 'exited') return { kind: 'ended', end: await this.#conclude(plan, docker, found) };
    return { kind: 'running', running: this.#running(plan, docker, end.then((ended) => this.#conclude(plan, docker, ended))) };
  }

  tidy(): void {
    // A container that has ended is in the operator's record until it is removed.
  }

  async clean(run: { readonly jobId: string; readonly operator: string }): Promise<void> {
    const problem = await this.#options.docker?.remove(containerName(run));
    if (problem !== undefined) throw new ClaraError('failed', `the container ${containerName(run)} cannot be removed (${problem})`);
  }

  #docker({ title, kind }: RunPlan): Docker {
    const { docker } = this.#options;
    if (docker !== undefined) return docker;
    throw new ClaraError('missing-program', `${title} runs from an image, and docker is not installed`, {
      hint: `install docker, or give the ${kind} the image \`host\` to run its command on this machine`,
    });
  }

  #running(plan: RunPlan, docker: Docker, ended: Promise<OperatorEnd>): RunningOperator {
    return {
      ended,
      terminate: () => docker.signal(containerName(plan), 'SIGTERM'),
      kill: async () => {
        await docker.signal(containerName(plan), 'SIGKILL');
      },
    };
  }

  /** Docker's own failures have exit codes that a command may have as well: ask what became of the container. */
  async #conclude(plan: RunPlan, docker: Docker, end: SupervisedEnd): Promise<OperatorEnd> {
    if (end.kind === 'exited' && end.code === 0) return end;
    let state = await docker.state(containerName(plan));
    if (state.kind === 'running' || (end.kind === 'lost' && state.kind === 'ended')) {
      // The docker program that wrote the log is gone; the engine has all of it, and follows it to the container's end.
      await this.#rewriteLog(plan, docker);
      state = await docker.state(containerName(plan));
    }
    return conclusion(plan, end, state);
  }

  async #rewriteLog(plan: RunPlan, docker: Docker): Promise<void> {
    const log = openSync(join(plan.folder, 'log'), 'w');
    try {
      await docker.followLog(containerName(plan), log, this.#options.detached);
    } finally {
      closeSync(log);
    }
  }
}

function conclusion(plan: RunPlan, end: SupervisedEnd, state: ContainerState): OperatorEnd {
  switch (state.kind) {
    case 'ended':
      // Signals after a loss come from the machine's shutdown, not from the command.
      if (end.kind === 'lost' && state.exitCode > 128) return end;
      return { kind: 'exited', code: state.exitCode, ...(state.outOfMemory ? { note: outOfMemory(plan) } : {}) };
    case 'failed':
      return { kind: 'not-started', reason: state.reason };
    case 'absent':
      return end.kind === 'lost' ? end : { kind: 'not-started', reason: `docker refused it (exit code ${end.code}); its log says why` };
    case 'running':
      return { kind: 'lost', reason: 'docker cannot tell how it ended' };
    case 'unreachable':
      return { kind: 'lost', reason: `docker does not answer (${state.reason})` };
  }
}

const outOfMemory = ({ limits }: RunPlan) => (limits.memoryMb === undefined ? 'the machine ran out of memory' : `it used more than the ${limits.memoryMb} MB of memory that it requests`);

/** The same for every attempt, so that docker itself refuses a second run. */
export function containerName({ jobId, operator }: { readonly jobId: string; readonly operator: string }): string {
  return `clara-${jobId.slice(0, 12)}-${operator}`;
}

function imageOf({ program, title, kind }: RunPlan): string {
  if (program.kind !== 'image') throw new Error(`${title} is not for docker`);
  if (program.image.startsWith('host:')) {
    throw new ClaraError('usage', `${title} is a command of the host (image \`host\`), and this platform runs everything with docker`, {
      hint: `start the platform with --backend auto, or give the ${kind} an image`,
    });
  }
  return program.image;
}

function imageError(problem: ImageProblem, plans: readonly RunPlan[]): ClaraError {
  if (problem.kind === 'unreachable') {
    const denied = /permission denied/i.test(problem.reason);
    return new ClaraError('missing-program', `${plans[0]!.title} runs from an image, and docker does not answer (${problem.reason})`, {
      hint: denied ? 'let this user use docker: add it to the group `docker`' : 'start the docker service',
    });
  }
  const titles = new Set(plans.filter((plan) => imageOf(plan) === problem.image).map(({ title }) => title));
  return new ClaraError('not-found', `the image ${problem.image} of ${[...titles].join(', ')} is not on this machine`, {
    hint: `docker pull ${problem.image}, or build it: docker build -t ${problem.image} FOLDER`,
  });
}
