import { type ToolSpec } from './tool.ts';

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
