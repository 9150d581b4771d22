import { ClaraError, messageOf } from '../../core/errors.ts';
import { compileDefinition } from '../../pipeline/compile.ts';
import { assignVariables } from '../../pipeline/variables.ts';
import { writeFileAtomically } from '../../system/atomic-file.ts';
import { type Context } from '../../terminal/context.ts';
import { unfit } from '../views/findings.ts';
import { loadValid } from './pipeline/local.ts';

interface Options {
  readonly pipeline: readonly string[];
  readonly files: readonly string[];
  readonly resolve: boolean;
  readonly set: ReadonlyMap<string, string>;
  readonly output: string | undefined;
}

/** `clara compile`: a definition as one document, for tools that know neither imports nor values. */
export async function compilePipeline(context: Context, { pipeline: main, files: parts, resolve, set, output }: Options): Promise<void> {
  const given = [...set].map(([name, value]) => ({ name, value }));
  const taken = given.find(({ value }) => value.includes('${{'));
  if (taken !== undefined) throw new ClaraError('usage', `--set: the value of ${taken.name} has a "\${{" in it, which would be a placeholder in the result`);
  // First as it is: what a value is for depends on what is declared.
  const { definition, pipeline } = await loadValid(context, { main, parts }, given);
  const assignment = assignVariables(pipeline, given);
  if (assignment.kind === 'refused') throw unfit(main[0]!, assignment.problems);
  const text = compileDefinition(definition.files, { find: definition.find, resolveImports: resolve, arguments: assignment.arguments, variables: assignment.variables });
  if (output === undefined || output === '-') return context.io.write(text);
  try {
    await writeFileAtomically(output, text);
  } catch (thrown) {
    throw new ClaraError('failed', `${output} cannot be written (${messageOf(thrown)})`, { cause: thrown });
  }
}
