import { type ProgramResult, runInto, runProgram } from '../system/run-program.ts';

export interface ContainerMount {
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** One container that runs one command. */
export interface ContainerRun {
  readonly name: string;
  readonly image: string;
  /** Instead of the image's own. */
  readonly entrypoint?: string | undefined;
  /** Arguments after the image. */
  readonly command: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly ContainerMount[];
  /** The network that it joins; undefined is none at all. */
  readonly network: string | undefined;
  /** A file of `NAME=value` lines. */
  readonly environmentFile: string;
  /** Variables whose values are taken from docker's own environment. */
  readonly environmentNames: readonly string[];
  /** `uid:gid`; the image's own user without. */
  readonly user: string | undefined;
  /** Cores. */
  readonly cpus: number | undefined;
  readonly memoryMb: number | undefined;
  /** Device numbers. */
  readonly gpus: readonly number[];
}

/** Arguments of `docker run`. The container stays when it has ended, until its log and state are saved. */
export function runArguments(run: ContainerRun): string[] {
  return [
    'run', '--name', run.name, '--pull', 'never', '--network', run.network ?? 'none',
    ...Object.entries(run.labels).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...run.mounts.flatMap((mount) => ['--mount', mountOption(mount)]),
    '--env-file', run.environmentFile,
    ...run.environmentNames.flatMap((name) => ['--env', name]),
    ...(run.user === undefined ? [] : ['--user', run.user]),
    ...(run.cpus === undefined || run.cpus === 0 ? [] : ['--cpus', String(run.cpus)]),
    // Swap would let it use twice as much.
    ...(run.memoryMb === undefined || run.memoryMb === 0 ? [] : ['--memory', `${run.memoryMb}m`, '--memory-swap', `${run.memoryMb}m`]),
    ...(run.gpus.length === 0 ? [] : ['--gpus', `"device=${run.gpus.join(',')}"`]),
    ...(run.entrypoint === undefined ? [] : ['--entrypoint', run.entrypoint]),
    '--', run.image, ...run.command,
  ];
}

/** The value of `--mount` is a line of CSV; unlike `--volume` it takes any path, and a missing source is an error. */
function mountOption({ source, target, readOnly }: ContainerMount): string {
  return ['type=bind', `source=${source}`, `target=${target}`, ...(readOnly ? ['readonly'] : [])].map(csvField).join(',');
}

const csvField = (field: string) => (/[",\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field);

/** Variables for a container: what an environment file can hold, and the others. */
export interface ContainerEnvironment {
  readonly file: string;
  readonly others: Readonly<Record<string, string>>;
}

/** Lines of an environment file end at 64 KiB, at line feeds, and lose a carriage return at their end. */
export function containerEnvironment(variables: Readonly<Record<string, string>>): ContainerEnvironment {
  const lines: string[] = [];
  const others: Record<string, string> = {};
  for (const [name, value] of Object.entries(variables)) {
    if (/[\n\r]/.test(value) || value.length > 16_000) others[name] = value;
    else lines.push(`${name}=${value}\n`);
  }
  return { file: lines.join(''), others };
}

/** What docker knows of a container. */
export type ContainerState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreachable'; readonly reason: string }
  | { readonly kind: 'running' }
  /** Made, but its command could not be started. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'ended'; readonly exitCode: number; readonly outOfMemory: boolean };

const stateFormat = '{{json .State}}';

/** Reads the answer to `docker container inspect --format '{{json .State}}'`. */
export function containerState({ exitCode, stdout, stderr }: ProgramResult): ContainerState {
  if (exitCode !== 0) return /no such (container|object)/i.test(stderr) ? { kind: 'absent' } : { kind: 'unreachable', reason: firstLine(stderr) };
  const state = JSON.parse(stdout) as { Status: string; Running: boolean; OOMKilled: boolean; ExitCode: number; Error: string };
  if (state.Running || state.Status === 'paused' || state.Status === 'restarting') return { kind: 'running' };
  if (state.Status === 'created' || state.Error !== '') return { kind: 'failed', reason: state.Error === '' ? 'its container was made and not started' : state.Error };
  return { kind: 'ended', exitCode: state.ExitCode, outOfMemory: state.OOMKilled };
}

/** What keeps docker from running images. */
export type ImageProblem = { readonly kind: 'unreachable'; readonly reason: string } | { readonly kind: 'missing'; readonly image: string };

/** Reads the answer to `docker image inspect IMAGE…`. */
export function imageProblem({ exitCode, stderr }: ProgramResult): ImageProblem | undefined {
  if (exitCode === 0) return undefined;
  const image = /no such image: (\S+?):?\s*$/im.exec(stderr)?.[1];
  return image === undefined ? { kind: 'unreachable', reason: firstLine(stderr) } : { kind: 'missing', image };
}

/** The first line of what docker says, without who says it. */
export const firstLine = (text: string) => text.trim().split('\n')[0]!.replace(/^(docker: |Error response from daemon: |error: )+/i, '') || 'docker said nothing';

/** Milliseconds for them. */
const questionMs = 30_000;

/** Calls the docker program. */
export class Docker {
  readonly program: string;
  readonly environment: Readonly<Record<string, string>>;

  /** @param environment of the docker program itself: where its engine and its settings are */
  constructor(program: string, environment: Readonly<Record<string, string>>) {
    this.program = program;
    this.environment = environment;
  }

  async images(images: readonly string[]): Promise<ImageProblem | undefined> {
    return imageProblem(await this.ask(['image', 'inspect', '--format', '{{.Id}}', '--', ...images]));
  }

  async state(container: string): Promise<ContainerState> {
    return containerState(await this.ask(['container', 'inspect', '--format', stateFormat, '--', container]));
  }

  /** Tells whether the container was there to be signalled. */
  async signal(container: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<boolean> {
    return (await this.ask(['kill', '--signal', signal, '--', container])).exitCode === 0;
  }

  /** Writes all that a container has written, and goes on until it has ended. Once the signal has fired it never returns. */
  async followLog(container: string, file: number, signal: AbortSignal): Promise<void> {
    await runInto(file, this.program, ['logs', '--follow', '--', container], this.environment, signal);
    if (signal.aborted) await new Promise(() => undefined);
  }

  /** Removes a container with what it has written inside, whether it is there or not. */
  async remove(container: string): Promise<string | undefined> {
    const { exitCode, stderr } = await this.ask(['rm', '--force', '--volumes', '--', container]);
    return exitCode === 0 || /no such container/i.test(stderr) ? undefined : firstLine(stderr);
  }

  /** Runs docker to its end; for questions that an idle engine answers at once. */
  async ask(args: readonly string[]): Promise<ProgramResult> {
    const result = await runProgram(this.program, args, { environment: this.environment, timeoutMs: questionMs });
    return result.exitCode === null ? { ...result, stderr: `docker did not answer within ${questionMs / 1000} s` } : result;
  }
}
