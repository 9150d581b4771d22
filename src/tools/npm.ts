import { ClaraError, type ErrorKind } from '../core/errors.ts';
import { runProgram, type ProgramResult } from '../system/run-program.ts';

/** A package may have many others below it, over a slow line. */
const timeoutMs = 10 * 60_000;

/**
 * Arguments that install one package, with what it needs to run, below a folder. A folder is packed and unpacked as the
 * registry would do it, not linked: it may go away.
 */
export function npmInstallArguments(folder: string, spec: string): readonly string[] {
  return ['install', '--prefix', folder, '--location=project', '--install-links', '--omit=dev', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--', spec];
}

/** Installs a package with npm; fails with `missing-program` without npm, `not-found` or `unreachable` by the registry. */
export async function npmInstall(folder: string, spec: string, signal: AbortSignal): Promise<void> {
  let result: ProgramResult;
  try {
    result = await runProgram('npm', npmInstallArguments(folder, spec), { timeoutMs, signal });
  } catch (thrown) {
    if (!(thrown instanceof ClaraError) || thrown.kind !== 'missing-program') throw thrown;
    throw new ClaraError('missing-program', `npm is needed to install the package ${spec}, and is not on PATH`, { hint: 'npm comes with Node.js: https://nodejs.org', cause: thrown });
  }
  if (result.exitCode !== 0) throw npmFailure(spec, result);
}

const kinds: Readonly<Record<string, ErrorKind>> = {
  E404: 'not-found', ETARGET: 'not-found', ENOTFOUND: 'unreachable', ECONNREFUSED: 'unreachable', ECONNRESET: 'unreachable', ETIMEDOUT: 'unreachable', EAI_AGAIN: 'unreachable',
};

/** What npm says of a failure, in one line with the rest below: lines `npm error code E404`, then sentences. */
export function npmFailure(spec: string, { exitCode, stdout, stderr }: ProgramResult): ClaraError {
  const lines = `${stderr}\n${stdout}`.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trimEnd()).filter((line) => line.trim() !== '');
  const code = lines.map((line) => /^code (\S+)$/.exec(line)?.[1]).find((found) => found !== undefined);
  const said = lines.filter((line) => !/^(code|errno|syscall|path|command) |A complete log of this run/.test(line));
  const first = said[0]?.replace(/^\d{3} +/, '') ?? (exitCode === null ? 'it was ended' : `exit code ${exitCode}`);
  return new ClaraError(kinds[code ?? ''] ?? 'failed', `npm cannot install ${spec} (${first.trim()})`, { details: said.slice(1, 12) });
}
