import { buildArguments, buildFailure, type ImageBuild } from '../../tools/docker-images.ts';
import { shellLine } from '../../core/text/shell-word.ts';
import { type Tools } from './tools.ts';

/** Step 6 of a test: builds the images, one after the other; what docker prints goes to stderr as it comes. */
export async function buildImages({ io, docker }: Pick<Tools, 'io' | 'docker'>, builds: readonly ImageBuild[]): Promise<void> {
  for (const build of builds) {
    const args = buildArguments(build);
    io.note(shellLine(['docker', ...args]));
    const result = await docker.run(args, { onLine: (line) => io.note(line) });
    if (result.exitCode !== 0) throw buildFailure(build, result);
  }
}
