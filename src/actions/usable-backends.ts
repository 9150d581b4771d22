import { ClaraError } from '../core/errors.ts';
import { runProgram } from '../system/run-program.ts';
import { detectSandbox } from '../system/sandbox/detect.ts';

/** Whether a backend can be used on this machine, and with what, or why not. */
export type Usable = { readonly usable: true; readonly with: string } | { readonly usable: false; readonly reason: string };

export interface Backends {
  /** Any command on the host, in a file system of its own; the operators we provide run without that, too. */
  readonly process: Usable;
  readonly docker: Usable;
}

/** Milliseconds for an idle engine to say its version. */
const dockerPatienceMs = 5000;

/** Tries out what a platform on this machine could run operators with. `path` is a PATH. */
export async function usableBackends(path: string, signal: AbortSignal): Promise<Backends> {
  const [sandbox, docker] = await Promise.all([detectSandbox(path), dockerVersion(signal)]);
  return {
    process: sandbox.kind === 'none' ? { usable: false, reason: sandbox.reason } : { usable: true, with: sandbox.kind },
    docker,
  };
}

async function dockerVersion(signal: AbortSignal): Promise<Usable> {
  try {
    const { exitCode, stdout, stderr } = await runProgram('docker', ['version', '--format', '{{.Server.Version}}'], { timeoutMs: dockerPatienceMs, signal });
    if (exitCode === 0) return { usable: true, with: stdout.trim() };
    return { usable: false, reason: exitCode === null ? 'its engine does not answer' : stderr.trim().split('\n').at(-1) ?? `it ended with ${exitCode}` };
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ClaraError) return { usable: false, reason: thrown.kind === 'missing-program' ? 'docker is not installed' : thrown.message };
    throw thrown;
  }
}
