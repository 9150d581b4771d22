import { ClaraError, type ErrorKind } from '../core/errors.ts';
import { type ProgramResult } from '../system/run-program.ts';

/** Lines that are not why something failed: warnings, and the log of the Kubernetes libraries (`E0412 10:00:00.000000 …`). */
const asides = /^(warning:|[WIE]\d{4} \d\d:\d\d:\d\d|level=|coalesce\.go:|install\.go:|#\d+ )/i;
/** Who says it, and that it is an error. */
const openings = /^(error from server( \([A-Za-z]+\))?: |error: |[A-Z]+ FAILED: |docker: |error response from daemon: |error in configuration: |unable to connect to the server: |kubernetes cluster unreachable: |uninstall: )/i;

/** Why a tool failed, in its own words: one line, without its warnings and without who says it. */
export function toolMessage(stderr: string): string {
  const lines = stderr.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  let text = lines.find((line) => openings.test(line) && !asides.test(line)) ?? lines.find((line) => !asides.test(line)) ?? lines[0] ?? 'it said nothing';
  while (openings.test(text)) text = text.replace(openings, '');
  return text;
}

interface Sort {
  readonly pattern: RegExp;
  readonly kind: ErrorKind;
  readonly hint?: string;
}

/** First match decides. */
const sorts: readonly Sort[] = [
  { pattern: /context was not found|context ".*" does not exist|no context exists|cluster ".*" does not exist/i, kind: 'usage', hint: '`kubectl config get-contexts` lists the contexts of the kubeconfig in use' },
  { pattern: /error loading config file|couldn't get version\/kind|stat .*: no such file|invalid configuration/i, kind: 'usage', hint: 'check the file that --kubeconfig or KUBECONFIG names' },
  {
    pattern: /connection refused|was refused|no such host|i\/o timeout|unable to connect to the server|cluster unreachable|TLS handshake timeout|certificate|context deadline exceeded|no route to host|EOF$/i,
    kind: 'unreachable', hint: 'start the cluster, or name another one with --kubeconfig or --context; `clara-wf test --docker` needs none',
  },
  { pattern: /unauthorized|must be logged in|provide credentials/i, kind: 'failed', hint: 'the credentials in the kubeconfig are missing or no longer valid; log in to the cluster again' },
  { pattern: /forbidden/i, kind: 'failed', hint: 'ask who runs the cluster for these rights, or use another user or context' },
  { pattern: /cannot connect to the docker daemon|docker daemon is not running|docker\.sock.*(permission denied|no such file)/i, kind: 'unreachable', hint: 'start docker, and see that this user may use it (group `docker`)' },
  { pattern: /\(NotFound\)|not found$/i, kind: 'not-found' },
];

/** The failure of a tool as one of ours: `cannot do this (why)`, by what kind of reason it is. */
export function toolFailure(program: string, what: string, { exitCode, stderr, stdout }: ProgramResult): ClaraError {
  const text = stderr.trim() === '' ? stdout : stderr;
  const reason = text.trim() === '' ? `${program} ended with exit code ${exitCode ?? 'unknown'}` : toolMessage(text);
  const sort = sorts.find(({ pattern }) => pattern.test(text.trim().split('\n').filter((line) => !asides.test(line.trim())).join('\n')));
  return new ClaraError(sort?.kind ?? 'failed', `${what} (${reason})`, sort?.hint === undefined ? {} : { hint: sort.hint });
}
