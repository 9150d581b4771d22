import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatDuration } from '../../../core/duration.ts';
import { ClaraError, messageOf } from '../../../core/errors.ts';
import { shellLine } from '../../../core/text/shell-word.ts';
import { confirm } from '../../../terminal/output/confirm.ts';
import { containerEnvironment, containerState, runArguments } from '../../../tools/docker.ts';
import { imageArguments, pullArguments } from '../../../tools/docker-images.ts';
import { endText, type ContainerProgress } from '../../../tools/kubectl/pods.ts';
import { toolFailure } from '../../../tools/tool-failure.ts';
import { type Cleanup, withCleanup } from '../cleanup.ts';
import { together } from '../cluster/both.ts';
import { buildImages } from '../images.ts';
import { listOutputs, prepareData } from '../outputs.ts';
import { releaseOf, type TestPlan } from '../plan.ts';
import { StageProgress } from '../progress.ts';
import { type Tools } from '../tools.ts';
import { stageContainers, type StageContainer } from './pod-manifest.ts';

export interface DockerTestOptions {
  readonly trtisUri: string;
  readonly follow: boolean;
  readonly keep: boolean;
  readonly replace: boolean;
  /** Milliseconds for all stages. */
  readonly timeoutMs: number;
}

const label = 'clara.workflow.job';
export const containerName = (job: string, stage: string) => `clara-wf-${job}-${stage}`;

/** Runs the containers that the chart describes with docker, all at the same time as in a pod; locks decide their order. */
export async function testOnDocker(tools: Tools, plan: TestPlan, options: DockerTestOptions): Promise<void> {
  const { io, helm, docker, signal } = tools;
  await prepareData(io, plan);
  await helm.version();
  const containers = await stageContainers(await helm.template(releaseOf(plan, options.trtisUri), tools.at.namespace));
  await docker.expect('docker cannot be used', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: 30_000 });
  await clearTheWay(tools, plan.job, options.replace);
  await buildImages(tools, plan.builds);
  for (const image of new Set(containers.map((container) => container.image))) await ensureImage(tools, image);
  await withCleanup((cleanup) => runContainers(tools, cleanup, plan, containers, options), {
    keep: options.keep,
    onFailure: () => io.note(signal.aborted ? 'interrupted; removing the containers' : 'removing the containers'),
    onKept: (byHand) => { for (const command of byHand) io.note(`kept; remove it with: ${command}`); },
  });
  await listOutputs(io, plan.output);
}

async function ensureImage({ io, docker }: Tools, image: string): Promise<void> {
  if ((await docker.run(imageArguments(image), { timeoutMs: 30_000 })).exitCode === 0) return;
  io.note(shellLine(['docker', ...pullArguments(image)]));
  const result = await docker.run(pullArguments(image), { onLine: (line) => io.note(line) });
  if (result.exitCode === 0) return;
  const { message, kind } = toolFailure('docker', `the image ${image} cannot be had`, result);
  throw new ClaraError(kind === 'unreachable' ? kind : 'failed', message, { hint: 'see that the name is right, or build it here: `build:` in the stage\'s values' });
}

/** Containers of an earlier run that was not cleaned up. */
async function clearTheWay({ io, docker, signal }: Tools, job: string, replace: boolean): Promise<void> {
  const found = await docker.expect('docker cannot list containers', ['ps', '--all', '--format', '{{.Names}}', '--filter', `label=${label}=${job}`], { timeoutMs: 30_000 });
  const names = found.split('\n').filter((name) => name !== '');
  if (names.length === 0) return;
  const line = shellLine(['docker', 'rm', '--force', ...names]);
  const what = `containers of the job ${job} are there already (${names.join(', ')}): an earlier test left them, or another one is running`;
  if (!replace && !io.interactive) throw new ClaraError('failed', what, { hint: `remove them with --replace, or with: ${line}` });
  if (!replace && !(await confirm(io, `${what[0]!.toUpperCase()}${what.slice(1)}. Replace them?`, '--replace', signal))) {
    throw new ClaraError('interrupted', 'nothing was done', { hint: `they are still there; remove them with: ${line}` });
  }
  await docker.expect('the containers cannot be removed', ['rm', '--force', ...names], { timeoutMs: 60_000 });
}

async function runContainers(tools: Tools, cleanup: Cleanup, plan: TestPlan, containers: readonly StageContainer[], { follow, timeoutMs }: DockerTestOptions): Promise<void> {
  const { io, signal } = tools;
  const folder = await mkdtemp(join(tmpdir(), 'clara-wf-'));
  const progress = await StageProgress.begin(io);
  const states = new Map<string, ContainerProgress>(containers.map(({ name }) => [name, { kind: 'waiting' }]));
  const show = (name: string, state: ContainerProgress) => {
    states.set(name, state);
    progress.show({ containers: states, trouble: undefined });
  };
  const late = AbortSignal.timeout(timeoutMs);
  try {
    await together(AbortSignal.any([signal, late]), containers.map((container) => async (inner: AbortSignal) => {
      const name = containerName(plan.job, container.name);
      await makeMounts(plan.payload, container);
      const args = containerArguments(plan, container, await environmentFile(folder, container));
      cleanup.add({ what: `the container ${name}`, remove: () => remove(tools, name), byHand: shellLine(['docker', 'rm', '--force', name]) });
      show(container.name, { kind: 'running' });
      const last: string[] = [];
      const result = await tools.docker.run(args, {
        signal: inner,
        onLine: (line) => {
          last.push(line);
          if (last.length > 20) last.shift();
          if (follow) io.note(`[${container.name}] ${line}`);
        },
      });
      if (result.exitCode === 0) return show(container.name, { kind: 'done' });
      show(container.name, { kind: 'failed', exitCode: result.exitCode ?? 1 });
      throw await stageFailure(tools, container.name, name, result, last);
    }));
  } catch (thrown) {
    if (!late.aborted || signal.aborted || (thrown instanceof ClaraError && thrown.kind === 'job-failed')) throw thrown;
    const open = [...states].filter(([, { kind }]) => kind !== 'done').map(([name, { kind }]) => `${name} is ${kind}`);
    throw new ClaraError('unreachable', `the stages are not done within ${formatDuration(timeoutMs)}: ${open.join(', ')}`, { hint: 'give them more time with --timeout, or see what they do with --follow' });
  } finally {
    progress.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Kubernetes makes the folders that are mounted and not there; docker refuses them. */
async function makeMounts(payload: string, { mounts }: StageContainer): Promise<void> {
  for (const { subPath } of mounts) {
    const path = join(payload, subPath);
    try {
      await mkdir(path, { recursive: true });
    } catch (thrown) {
      throw new ClaraError('failed', `the folder ${path} cannot be made (${messageOf(thrown)})`, { cause: thrown });
    }
  }
}

/** Arguments of docker that run a stage; its variables are in a file. */
export function containerArguments({ job, payload }: TestPlan, { name, image, entrypoint, command, mounts, user }: StageContainer, environmentFile: string): string[] {
  return runArguments({
    name: containerName(job, name), image, entrypoint, command, user, environmentFile, environmentNames: [], labels: { [label]: job },
    // Like a pod's: it leads out, to the inference server for one.
    network: 'bridge',
    mounts: mounts.map(({ subPath, target, readOnly }) => ({ source: join(payload, subPath), target, readOnly })),
    cpus: undefined, memoryMb: undefined, gpus: [],
  });
}

/** Variables go past the command line, which everybody can read. */
async function environmentFile(folder: string, { name, environment }: StageContainer): Promise<string> {
  const { file, others } = containerEnvironment(environment);
  const path = join(folder, `${name}.env`);
  await writeFile(path, file, { mode: 0o600 });
  const [other] = Object.keys(others);
  if (other !== undefined) throw new ClaraError('usage', `--docker cannot pass on the variable ${other} of the stage ${name}, which has line ends`, { hint: 'test it on a cluster, without --docker' });
  return path;
}

async function stageFailure({ docker }: Tools, stage: string, container: string, result: { exitCode: number | null; stderr: string; stdout: string }, last: readonly string[]): Promise<ClaraError> {
  const state = containerState(await docker.run(['container', 'inspect', '--format', '{{json .State}}', '--', container], { timeoutMs: 30_000 }));
  // 125: docker itself failed; 126 and 127: the command could not be run.
  if (state.kind !== 'ended') return new ClaraError('job-failed', toolFailure('docker', `the container ${stage} cannot be started`, result).message);
  const reason = state.outOfMemory ? 'it was killed: out of memory' : endText(state.exitCode);
  return new ClaraError('job-failed', `the stage ${stage} failed (${reason})`, { details: last.length === 0 ? [] : [`the last lines of ${stage}:`, ...last.map((line) => `  ${line}`)] });
}

async function remove({ unstoppable: { docker } }: Tools, container: string): Promise<void> {
  const result = await docker.run(['rm', '--force', '--volumes', '--', container], { timeoutMs: 60_000 });
  if (result.exitCode !== 0 && !/no such container/i.test(result.stderr)) throw toolFailure('docker', 'docker refuses', result);
}
