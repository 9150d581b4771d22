import { ClaraError, type ErrorKind } from '../../core/errors.ts';

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
