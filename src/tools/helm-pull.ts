import { ClaraError, type ErrorKind } from '../core/errors.ts';
import { runProgram } from '../system/run-program.ts';

/** A chart may be large and the line slow. */
const timeoutMs = 10 * 60_000;

export interface HelmPull {
  /** `oci://registry/chart`, or the URL of a packed chart. */
  readonly reference: string;
  /** The newest where it is not given. */
  readonly version: string | undefined;
  /** The registry answers without TLS. */
  readonly plainHttp: boolean;
  /** A folder that takes the chart's, unpacked. */
  readonly into: string;
}

/** Arguments of helm 3; who may pull is in the user's own configuration of helm (`helm registry login`). */
export function helmPullArguments({ reference, version, plainHttp, into }: HelmPull): readonly string[] {
  return ['pull', reference, ...(version === undefined ? [] : ['--version', version]), ...(plainHttp ? ['--plain-http'] : []), '--untar', '--untardir', into];
}

/** Gets a chart with helm; fails with `missing-program` without helm, and with helm's own words where it cannot. */
export async function helmPull(request: HelmPull, signal: AbortSignal): Promise<void> {
  const result = await runProgram('helm', helmPullArguments(request), { timeoutMs, signal }).catch((thrown: unknown) => {
    if (!(thrown instanceof ClaraError) || thrown.kind !== 'missing-program') throw thrown;
    throw new ClaraError('missing-program', 'helm is needed to pull from a registry or a URL, and is not on PATH', { hint: 'https://helm.sh/docs/intro/install tells how to get helm 3; or name a folder', cause: thrown });
  });
  if (result.exitCode === 0) return;
  throw helmPullFailure(request.reference, result.stderr);
}

const kinds: readonly (readonly [RegExp, ErrorKind])[] = [
  [/\b404\b|not found|name unknown/i, 'not-found'],
  [/connection refused|no such host|i\/o timeout|network is unreachable|TLS handshake/i, 'unreachable'],
];

/** What helm says of a failure, in one line with the rest below. */
export function helmPullFailure(reference: string, stderr: string): ClaraError {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const sentence = lines.find((line) => line.startsWith('Error:')) ?? lines.at(-1);
  const said = sentence?.replace(/^Error: */, '') ?? 'it was ended';
  const kind = kinds.find(([pattern]) => pattern.test(said))?.[1] ?? 'failed';
  const hint = /\b40[13]\b|unauthorized|denied/i.test(said) ? 'log in with `helm registry login` or `helm repo add`'
    : /HTTP response to HTTPS client/.test(said) ? 'if that registry is meant to answer without TLS, pass --plain-http' : undefined;
  return new ClaraError(kind, `helm cannot pull ${reference} (${said})`, { details: lines.filter((line) => line !== sentence).slice(0, 10), ...(hint === undefined ? {} : { hint }) });
}
