import { ClaraError } from '../../../core/errors.ts';
import { type ChartRelease } from '../../../tools/helm/arguments.ts';
import { type Tools } from '../tools.ts';

/** Milliseconds by which helm is more patient than we are: it only says that the time is over, and the watch says why. */
const graceMs = 60_000;

/** Installs a chart and prints Helm's report. `disown` is called where the release turns out to be somebody else's, which is an error. */
export async function install({ io, helm, at }: Tools, release: ChartRelease, timeoutMs: number, signal: AbortSignal, disown: () => void): Promise<void> {
  const result = await helm.install(release, at, timeoutMs + graceMs, signal);
  if (result.kind === 'installed') return io.write(result.report);
  disown();
  throw new ClaraError('failed', `somebody else has installed the release ${release.name} in the namespace ${at.namespace} meanwhile`, { hint: 'wait until that one is done, or use another --namespace' });
}
