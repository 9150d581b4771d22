import { ClaraError } from '../core/errors.ts';
import { type ProgramResult } from '../system/run-program.ts';
import { type ToolSpec } from './tool.ts';
import { toolFailure } from './tool-failure.ts';

/** How to get docker. */
export const dockerTool: ToolSpec = { program: 'docker', hint: 'install Docker (https://docs.docker.com/engine/install); on Debian: apt-get install docker.io' };

/** How an image is made. */
export interface ImageBuild {
  readonly image: string;
  /** The folder that the build sees. */
  readonly context: string;
  readonly dockerfile: string;
  /** Build arguments, in order. */
  readonly args: ReadonlyMap<string, string>;
}

export function buildArguments({ image, context, dockerfile, args }: ImageBuild): string[] {
  return ['build', '-t', image, '-f', dockerfile, ...[...args].flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]), context];
}

export function pullArguments(image: string): string[] {
  return ['pull', '--', image];
}

/** Says whether the engine has an image: it ends with 1 where not. */
export function imageArguments(image: string): string[] {
  return ['image', 'inspect', '--format', '{{.Id}}', '--', image];
}

/** A build whose first line already fails: the base is not on this machine, and cannot be had. */
const noBase = /registry|manifest unknown|pull access denied|failed to resolve source metadata/i;

/** Why a build failed. Builders tell how far they are on the same stream: what counts is what they say at the end. */
export function buildFailure({ image, dockerfile }: ImageBuild, result: ProgramResult): ClaraError {
  const said = result.stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const reason = said.findLast((line) => /^ERROR:/.test(line)) ?? said.at(-1) ?? '';
  // An engine that does not answer is no matter of the image.
  const failure = toolFailure('docker', `cannot build the image ${image}`, { ...result, stderr: reason });
  if (failure.kind === 'unreachable' && !noBase.test(reason)) return failure;
  const hint = noBase.test(reason)
    ? 'where no registry can be reached, name a base that is on this machine: build.args.BASE of the stage in values.yaml, or `clara-wf init --base IMAGE`'
    : `see what docker printed above; it was built from ${dockerfile}`;
  return new ClaraError('failed', failure.message, { hint });
}
