import { dirname, join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { bwrapOptions } from '../../system/sandbox/bwrap.ts';
import { type Sandbox } from '../../system/sandbox/detect.ts';
import { LayoutProblem, sandboxLayout, type HostFiles, type Mount } from '../../system/sandbox/layout.ts';
import { findSandboxed, sandboxWrappers, scratchOf, startSandboxed, watchSandboxed } from '../../system/sandbox/run.ts';
import { killBelow, terminateBelow } from '../../system/supervise/process-tree.ts';
import { type ScratchFolders } from '../../system/sandbox/scratch-folders.ts';
import { type Supervised, type SupervisedEnd } from '../../system/supervise/supervised.ts';
import { findRun, startSupervised, watchRun } from '../../system/supervise/supervisor.ts';
import { pathVariable, type RunPlan } from '../engine/plan.ts';
import { type Backend, type FoundOperator, type OperatorEnd, type RunningOperator } from './backend.ts';

export interface ProcessBackendOptions {
  readonly sandbox: Sandbox;
  readonly hostFiles: HostFiles;
  readonly scratch: ScratchFolders;
  /** Told of what could not be removed. */
  readonly onTrouble: (thrown: unknown) => void;
  /** The platform's own folder: operators do not see it. */
  readonly home: string;
  /** The folder of the built product, where `operators/<name>.js` are. */
  readonly product: string;
  /** Fires when the platform lets its operators be. */
  readonly detached: AbortSignal;
  /** Of the host, for operators. */
  readonly environment: { readonly PATH: string; readonly LANG: string };
}

/** Runs operators as processes of this machine, in a file system that has the definition's paths. */
export class ProcessBackend implements Backend {
  readonly name = 'process';
  readonly #options: ProcessBackendOptions;
  readonly #wrappers: number;
  /** Of runs that were found again. */
  readonly #scratchInUse = new Set<string>();

  constructor(options: ProcessBackendOptions) {
    this.#options = options;
    this.#wrappers = options.sandbox.kind === 'none' ? 0 : sandboxWrappers;
  }

  check(plans: readonly RunPlan[]): Promise<void> {
    for (const plan of plans) this.#refuse(plan);
    return Promise.resolve();
  }

  start(plan: RunPlan, gpus: readonly number[]): RunningOperator {
    this.#refuse(plan);
    const { ended, pid } = this.#options.sandbox.kind === 'none' ? this.#beginBare(plan, gpus) : this.#beginSandboxed(plan, gpus, this.#options.sandbox);
    return this.#running(pid, ended);
  }

  async attach(plan: RunPlan): Promise<FoundOperator> {
    const { sandbox, detached } = this.#options;
    const { folder } = plan;
    const found = await (sandbox.kind === 'none' ? findRun(folder) : findSandboxed(folder));
    if (found.kind === 'never-started') return found;
    if (found.kind !== 'running') return { kind: 'ended', end: found };
    if (sandbox.kind === 'none') return { kind: 'running', running: this.#running(found.pid, watchRun(folder, found.pid, detached)) };
    const scratch = scratchOf(found.pid);
    if (scratch !== undefined) this.#scratchInUse.add(scratch);
    return { kind: 'running', running: this.#running(found.pid, this.#giveBack(scratch, watchSandboxed(folder, found.pid, detached))) };
  }

  tidy(): void {
    this.#options.scratch.sweep(this.#scratchInUse);
  }

  clean(): Promise<void> {
    return Promise.resolve();
  }

  #running(pid: number | undefined, ended: Promise<SupervisedEnd>): RunningOperator {
    return {
      ended: ended as Promise<OperatorEnd>,
      terminate: () => pid !== undefined && terminateBelow(pid, this.#wrappers) > 0,
      kill: () => {
        if (pid !== undefined) killBelow(pid, this.#wrappers);
      },
    };
  }

  #refuse({ operator, program }: RunPlan): void {
    const { sandbox } = this.#options;
    if (program.kind === 'image') throw new Error(`operator ${operator} is not for the process backend`);
    if (program.kind !== 'host') return;
    if (program.command.length === 0) {
      throw new ClaraError('usage', `operator ${operator} has no command to run on the host`, { hint: 'give its container a `command`, or run it with docker' });
    }
    if (sandbox.kind === 'none') {
      throw new ClaraError('missing-program', `operator ${operator} cannot run on the host: ${sandbox.reason}`, {
        hint: 'install bubblewrap, or give the operator an image and run it with docker',
      });
    }
  }

  /** Without a sandbox: only programs of ours, which take the two path variables for what they are. */
  #beginBare(plan: RunPlan, gpus: readonly number[]): Supervised {
    return startSupervised({ folder: plan.folder, command: this.#program(plan), environment: this.#environment(plan, gpus, 'source') }, this.#options.detached);
  }

  #beginSandboxed(plan: RunPlan, gpus: readonly number[], sandbox: Extract<Sandbox, { kind: 'bwrap' }>): Supervised {
    const { scratch, detached } = this.#options;
    const options = bwrapOptions({
      steps: this.#layout(plan, gpus), environment: this.#environment(plan, gpus, 'path'), folder: '/tmp', root: process.getuid?.() === 0,
    });
    const tmp = scratch.take();
    const { pid, ended } = startSandboxed({ folder: plan.folder, scratch: tmp, bwrap: sandbox.program, options, command: this.#program(plan) }, detached);
    return { pid, ended: this.#giveBack(tmp, ended) };
  }

  async #giveBack(scratch: string | undefined, ended: Promise<SupervisedEnd>): Promise<SupervisedEnd> {
    const end = await ended;
    if (scratch !== undefined) this.#options.scratch.give(scratch).catch(this.#options.onTrouble);
    return end;
  }

  #environment(plan: RunPlan, gpus: readonly number[], where: 'path' | 'source'): Record<string, string> {
    const devices = gpus.join(',');
    return {
      ...this.#options.environment,
      HOME: '/tmp',
      NVIDIA_CLARA_INPUTPATHS: pathVariable(plan.inputs, where),
      NVIDIA_CLARA_OUTPUTPATHS: pathVariable(plan.outputs, where),
      ...(devices === '' ? {} : { CUDA_VISIBLE_DEVICES: devices, NVIDIA_VISIBLE_DEVICES: devices }),
      ...plan.environment,
    };
  }

  #program({ program, operator }: RunPlan): readonly string[] {
    switch (program.kind) {
      case 'provided':
        return [process.execPath, join(this.#options.product, program.file), ...program.args];
      case 'host':
        return program.command;
      case 'image':
        throw new Error(`operator ${operator} is not for the process backend`);
    }
  }

  #layout(plan: RunPlan, gpus: readonly number[]): ReturnType<typeof sandboxLayout> {
    const { home, hostFiles } = this.#options;
    const mounts: Mount[] = [
      ...plan.inputs.map(({ path, source }) => ({ path, source, access: 'read' as const })),
      ...plan.outputs.map(({ path, source }) => ({ path, source, access: 'write' as const })),
      ...(gpus.length === 0 ? [] : gpuDevices(gpus, hostFiles).map((path) => ({ path, source: path, access: 'device' as const }))),
      ...(plan.program.kind === 'provided' ? this.#ownPrograms() : []),
    ];
    try {
      return sandboxLayout(mounts, [home], hostFiles);
    } catch (thrown) {
      if (!(thrown instanceof LayoutProblem)) throw thrown;
      throw new ClaraError('usage', `its path ${thrown.path} ${thrown.message}`, {
        hint: 'choose another path in the definition, or run the operator with docker', cause: thrown,
      });
    }
  }

  /** Node.js and our programs, where a sandbox would hide them: below /tmp, or in the platform's own folder. */
  #ownPrograms(): Mount[] {
    const { home, product } = this.#options;
    const hidden = (path: string) => [home, '/tmp'].some((folder) => path.startsWith(`${folder}/`));
    return [dirname(process.execPath), dirname(product)].filter(hidden).map((path) => ({ path, source: path, access: 'read' }));
  }
}

/** The device files of these GPUs, and those that all of them share, as far as they exist. */
function gpuDevices(gpus: readonly number[], host: HostFiles): string[] {
  return host.list('/dev').map(({ name }) => name)
    .filter((name) => ['nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools', 'nvidia-modeset', 'nvidia-caps', ...gpus.map((gpu) => `nvidia${gpu}`)].includes(name))
    .map((name) => `/dev/${name}`);
}
