import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { type Sandbox } from '../../system/sandbox/detect.ts';
import { canLaunchCommand, Launchers } from '../../system/sandbox/launcher.ts';
import { LayoutProblem, sandboxLayout, type HostFiles, type Mount, type Step } from '../../system/sandbox/layout.ts';
import { findSandboxed, scratchIn, wasSandboxed, watchSandboxed } from '../../system/sandbox/find.ts';
import { canPrepare, prepareSandboxed, sandboxWrappers, startSandboxed, type SandboxedCommand } from '../../system/sandbox/run.ts';
import { type ScratchFolders } from '../../system/sandbox/scratch-folders.ts';
import { isUnshared, makeUnshareFolders, removeUnshareFolders, unshareCommand, unshareWrappers } from '../../system/sandbox/unshare.ts';
import { closedFolders, viewOf } from '../../system/sandbox/view.ts';
import { findProgram } from '../../system/programs.ts';
import { Recent } from '../../system/recent.ts';
import { killBelow, terminateBelow } from '../../system/supervise/process-tree.ts';
import { type Supervised, type SupervisedEnd } from '../../system/supervise/supervised.ts';
import { findRun, startSupervised, watchRun } from '../../system/supervise/supervisor.ts';
import { pathVariables, type RunPlan } from '../engine/plan.ts';
import { type Backend, type FoundOperator, type OperatorEnd, type PreparedRun, type RunningOperator } from './backend.ts';

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
  /** Of runs that were found again. */
  readonly #scratchInUse = new Set<string>();
  readonly #launchers: Launchers;
  /** Whether what operators want to run was there a moment ago. */
  readonly #programs = new Recent<boolean>(500);
  /** Where launchers have what sandboxes have in common. */
  readonly #place: string;

  constructor(options: ProcessBackendOptions) {
    this.#options = options;
    this.#launchers = new Launchers(options.sandbox.kind === 'bwrap' ? options.sandbox.program : '', isRoot(), options.detached);
    this.#place = join(options.home, 'view');
    if (isRoot()) mkdirSync(this.#place, { recursive: true, mode: 0o700 });
  }

  check(plans: readonly RunPlan[]): Promise<void> {
    for (const plan of plans) this.#refuse(plan);
    return Promise.resolve();
  }

  start(plan: RunPlan, gpus: readonly number[]): RunningOperator {
    this.#refuse(plan);
    const { sandbox, detached } = this.#options;
    const { folder } = plan;
    const command = this.#program(plan);
    switch (sandbox.kind) {
      case 'bwrap': {
        const sandboxed = this.#sandboxed(plan, gpus, sandbox.program);
        const run = startSandboxed(sandboxed, this.#launchers, detached);
        return running(run, run.wrappers, this.#giveBack(sandboxed.scratch, run.ended));
      }
      case 'unshare': {
        const { root, scratch } = makeUnshareFolders(folder);
        const steps: Step[] = [{ kind: 'bind', source: scratch, path: '/tmp', access: 'write' }, ...this.#layout(plan, gpus)];
        const run = startSupervised({
          folder, command: unshareCommand(sandbox, root, steps, '/tmp', command), environment: this.#environment(plan, gpus, 'path'),
        }, detached);
        return running(run, unshareWrappers, removeUnshareFolders(folder, run.ended));
      }
      case 'none': {
        // Only programs of ours, which take the two path variables for what they are.
        const run = startSupervised({ folder, command, environment: this.#environment(plan, gpus, 'source') }, detached);
        return running(run, 0, run.ended);
      }
    }
  }

  canPrepare(plan: RunPlan): boolean {
    const { sandbox, environment: { PATH } } = this.#options;
    const paths = [...plan.inputs, ...plan.outputs, ...plan.mounts].map(({ path }) => path);
    if (sandbox.kind !== 'bwrap' || !canLaunchCommand(this.#program(plan)) || !canPrepare(paths, Object.keys(plan.environment))) return false;
    if (plan.program.kind === 'provided') return true;
    // What cannot be run is for bubblewrap to say, not for the shell that stands at the gate.
    const program = plan.program.command[0] ?? '';
    if (!program.includes('/')) return this.#isProgram(program, plan.environment['PATH'] ?? PATH);
    return ![...paths, '/tmp'].some((path) => program.startsWith(`${path}/`)) && this.#isProgram(basename(program), dirname(program));
  }

  #isProgram(name: string, path: string): boolean {
    return this.#programs.get(`${path}\0${name}`, () => findProgram(name, path) !== undefined);
  }

  prepare(plan: RunPlan): PreparedRun {
    const { sandbox, detached, onTrouble } = this.#options;
    if (sandbox.kind !== 'bwrap') throw new Error(`${plan.title} cannot be set up ahead`);
    const sandboxed = this.#sandboxed(plan, [], sandbox.program);
    const { scratch } = sandboxed;
    const prepared = prepareSandboxed(sandboxed, this.#launchers, detached);
    return {
      ready: prepared.ready,
      isUsable: () => !prepared.hasEnded(),
      hasBegun: () => prepared.hasBegun(),
      begin: () => {
        const run = prepared.begin();
        return running(run, run.wrappers, this.#giveBack(scratch, run.ended));
      },
      discard: async () => {
        await prepared.discard();
        this.#options.scratch.give(scratch).catch(onTrouble);
      },
    };
  }

  /** The earlier platform may have had another kind of sandbox than this one: the run's own files tell. */
  async attach(plan: RunPlan): Promise<FoundOperator> {
    const { detached } = this.#options;
    const { folder } = plan;
    if (!wasSandboxed(folder)) {
      const found = await findRun(folder);
      if (found.kind === 'never-started') return found;
      if (found.kind !== 'running') return { kind: 'ended', end: await removeUnshareFolders(folder, Promise.resolve(found)) };
      const wrappers = isUnshared(found.command) ? unshareWrappers : 0;
      return { kind: 'running', running: running(found, wrappers, removeUnshareFolders(folder, watchRun(folder, found.pid, detached))) };
    }
    const found = await findSandboxed(folder);
    if (found.kind === 'never-started') return found;
    if (found.kind !== 'running') return { kind: 'ended', end: found };
    const scratch = scratchIn(found.command);
    if (scratch !== undefined) this.#scratchInUse.add(scratch);
    return { kind: 'running', running: running(found, sandboxWrappers, this.#giveBack(scratch, watchSandboxed(folder, found.pid, detached))) };
  }

  tidy(): void {
    this.#options.scratch.sweep(this.#scratchInUse).catch(this.#options.onTrouble);
  }

  clean(): Promise<void> {
    return Promise.resolve();
  }

  #sandboxed(plan: RunPlan, gpus: readonly number[], bwrap: string): SandboxedCommand {
    const steps = this.#layout(plan, gpus);
    return {
      folder: plan.folder, scratch: this.#options.scratch.take(), bwrap, command: this.#program(plan),
      surroundings: { steps, closed: closedFolders(steps), environment: this.#environment(plan, gpus, 'path'), folder: '/tmp', root: isRoot() },
      view: viewOf(steps, this.#place, bwrap, this.#options.hostFiles),
    };
  }

  #refuse({ title, kind, program }: RunPlan): void {
    const { sandbox } = this.#options;
    if (program.kind === 'image') throw new Error(`${title} is not for the process backend`);
    if (program.kind !== 'host') return;
    if (program.command.length === 0) {
      throw new ClaraError('usage', `${title} has no command to run on the host`, { hint: 'give its container a `command`, or run it with docker' });
    }
    if (sandbox.kind === 'none') {
      throw new ClaraError('missing-program', `${title} cannot run on the host: ${sandbox.reason}`, {
        hint: `install bubblewrap (the program bwrap), or give the ${kind} an image and run it with docker`,
      });
    }
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
      ...pathVariables(plan, where),
      ...(devices === '' ? {} : { CUDA_VISIBLE_DEVICES: devices, NVIDIA_VISIBLE_DEVICES: devices }),
      ...plan.environment,
    };
  }

  #program({ program, title }: RunPlan): readonly string[] {
    switch (program.kind) {
      case 'provided':
        return [process.execPath, join(this.#options.product, program.file), ...program.args];
      case 'host':
        return program.command;
      case 'image':
        throw new Error(`${title} is not for the process backend`);
    }
  }

  #layout(plan: RunPlan, gpus: readonly number[]): ReturnType<typeof sandboxLayout> {
    const { home, hostFiles } = this.#options;
    const mounts: Mount[] = [
      ...plan.inputs.map(({ path, source }) => ({ path, source, access: 'read' as const })),
      ...plan.outputs.map(({ path, source }) => ({ path, source, access: 'write' as const })),
      ...plan.mounts,
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

const isRoot = () => process.getuid?.() === 0;

/** `watcher` is asked each time, since another may have taken its place; `wrappers`: processes between it and the command. */
function running(watcher: Pick<Supervised, 'pid'>, wrappers: number, ended: Promise<SupervisedEnd>): RunningOperator {
  return {
    ended: ended as Promise<OperatorEnd>,
    terminate: () => watcher.pid !== undefined && terminateBelow(watcher.pid, wrappers) > 0,
    kill: () => {
      if (watcher.pid !== undefined) killBelow(watcher.pid, wrappers);
    },
  };
}

/** The device files of these GPUs, and those that all of them share, as far as they exist. */
function gpuDevices(gpus: readonly number[], host: HostFiles): string[] {
  return host.list('/dev').map(({ name }) => name)
    .filter((name) => ['nvidiactl', 'nvidia-uvm', 'nvidia-uvm-tools', 'nvidia-modeset', 'nvidia-caps', ...gpus.map((gpu) => `nvidia${gpu}`)].includes(name))
    .map((name) => `/dev/${name}`);
}
