import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { printList, type ListView } from '../../terminal/print.ts';
import { type Context } from '../../terminal/context.ts';
import { type OutputFormat } from '../../terminal/program/options.ts';
import { checkProject } from '../project/check.ts';
import { problemLine, type Problem } from '../project/model.ts';
import { projectOf } from './place.ts';

interface Options {
  readonly strict: boolean;
  readonly output: OutputFormat | undefined;
}

const view: ListView<Problem> = {
  kind: 'problem',
  id: problemLine,
  data: ({ severity, message, file, at, workflow }) => ({ severity, message, file, ...(at === undefined ? {} : at), ...(workflow === undefined ? {} : { workflow }) }),
  columns: [],
};

/** `clara-wf lint [WORKFLOW_ID]`: one line for each problem, as compilers print it; nothing where there is none. */
export async function lint(context: Context, { strict, output }: Options, [workflow]: readonly string[]): Promise<void> {
  const found = await checkProject(await projectOf(context), workflow);
  const problems = strict ? found.map((problem) => ({ ...problem, severity: 'error' as const })) : found;
  if (output === undefined) await context.io.lines(problems.map((problem) => visible(problemLine(problem))));
  else await printList(context.io, view, problems, { output });
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (errors > 0) throw new ClaraError('usage', errors === 1 ? 'there is an error' : `there are ${errors} errors`);
  if (problems.length === 0 && output === undefined) context.io.note('everything fits together');
}
