import { ClaraError } from '../core/errors.ts';
import { shellLine } from '../core/text/shell-word.ts';
import { type ProgramResult } from '../system/run-program.ts';
import { runTool } from '../system/run/tool.ts';
import { toolFailure } from './tool-failure.ts';

/** A program of others that we use. */
export interface ToolSpec {
  readonly program: string;
  /** How to get it. */
  readonly hint: string;
}

/** What every call of a tool has in common. */
export interface ToolSurroundings {
  /** All of the tool's environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Stops it. */
  readonly signal?: AbortSignal | undefined;
  /** Takes the command lines and everything that the tools say on stderr; shown under `--verbose`. */
  readonly detail?: ((text: string) => void) | undefined;
}

export interface CallOptions {
  readonly input?: string;
  readonly timeoutMs?: number;
  /** Other than the surroundings': cleaning up goes on after Ctrl-C. */
  readonly signal?: AbortSignal | undefined;
  readonly onLine?: (line: string, from: 'stdout' | 'stderr') => void;
}

/** Milliseconds for a question that is answered at once where all is well. */
export const questionMs = 60_000;

/** Runs one program. Secrets are given as `input`, never among the arguments, which `detail` shows. */
export class Tool {
  readonly #spec: ToolSpec;
  readonly #surroundings: ToolSurroundings;

  constructor(spec: ToolSpec, surroundings: ToolSurroundings) {
    this.#spec = spec;
    this.#surroundings = surroundings;
  }

  /** Runs it to its end; an exit code is a result. Fails with `missing-program`, saying how to get it. */
  async run(args: readonly string[], options: CallOptions = {}): Promise<ProgramResult> {
    const { environment, signal, detail } = this.#surroundings;
    const { program, hint } = this.#spec;
    detail?.(`+ ${shellLine([program, ...args])}`);
    let result: ProgramResult;
    try {
      result = await runTool(program, args, { environment, ...(signal === undefined ? {} : { signal }), ...defined(options) });
    } catch (thrown) {
      if (!(thrown instanceof ClaraError) || thrown.kind !== 'missing-program') throw thrown;
      throw new ClaraError('missing-program', `${program} is needed, and is not on PATH`, { hint, cause: thrown });
    }
    if (result.stderr.trim() !== '') detail?.(result.stderr.trimEnd());
    if (result.exitCode === null) {
      const late = options.timeoutMs === undefined ? `${program} was ended by a signal` : `${program} did not answer within ${options.timeoutMs / 1000} s`;
      return { ...result, stderr: `${result.stderr}\nError: ${late}`.trimStart() };
    }
    return result;
  }

  /** What it printed; fails, saying that it could not do `what` and why, unless it ended with 0. */
  async expect(what: string, args: readonly string[], options: CallOptions = {}): Promise<string> {
    const result = await this.run(args, options);
    if (result.exitCode !== 0) throw toolFailure(this.#spec.program, what, result);
    return result.stdout;
  }
}

function defined({ signal, ...others }: CallOptions): CallOptions {
  return signal === undefined ? others : { ...others, signal };
}
