import { ClaraError } from '../../core/errors.ts';
import { describeFailure } from '../../terminal/output/failure.ts';
import { formatJson, yamlFormatter } from '../../terminal/output/format.ts';
import { labelLines, type PrintOptions } from '../../terminal/print.ts';
import { type ResourceKind } from '../../actions/resolve-id.ts';
import { type Context } from '../../terminal/context.ts';

/** What an action on one resource printed about it: label-value lines, and the same as data. */
export interface Outcome {
  readonly id: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly data: unknown;
}

/**
 * Does something with each id in turn and prints the outcome of each at once. One failure does not keep the others from
 * being tried: it is reported, and the command fails in the end with the kind of the first.
 */
export async function forEachId(
  context: Context, kind: ResourceKind | 'task', ids: readonly string[], options: PrintOptions, act: (id: string) => Promise<Outcome>,
): Promise<void> {
  const { io, signal } = context;
  const done: unknown[] = [];
  const failures: ClaraError[] = [];
  for (const id of ids) {
    try {
      const outcome = await act(id);
      done.push(outcome.data);
      await printOutcome(context, kind, outcome, options);
    } catch (thrown) {
      if (!(thrown instanceof ClaraError) || ids.length === 1 || signal.aborted || thrown.kind === 'unreachable') throw thrown;
      failures.push(thrown);
      io.fail(describeFailure(thrown, io.errorStyle, io.terminal.verbose));
    }
  }
  if (options.output === 'json') await io.line(formatJson(done));
  if (options.output === 'yaml') await io.write((await yamlFormatter())(done));
  const [first] = failures;
  if (first !== undefined) throw new ClaraError(first.kind, `${failures.length} of ${ids.length} ${kind}s failed`, { cause: first });
}

async function printOutcome({ io }: Context, kind: ResourceKind | 'task', { id, labels }: Outcome, { output, quiet }: PrintOptions): Promise<void> {
  if (output === 'json' || output === 'yaml') return;
  if (output === 'name') await io.line(`${kind}/${id}`);
  else if (quiet) await io.line(id);
  else await io.lines(labelLines(labels));
}
