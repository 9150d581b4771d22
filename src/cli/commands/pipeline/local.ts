import { openDefinition, type LocalDefinition, type NamedFiles } from '../../../actions/definition-files.ts';
import { ClaraError } from '../../../core/errors.ts';
import { type Graph } from '../../../pipeline/graph.ts';
import { type Pipeline } from '../../../pipeline/model.ts';
import { loadForJob, type JobVariable } from '../../../pipeline/variables.ts';
import { type Context } from '../../../terminal/context.ts';
import { findingTexts, shownFindings, unfit } from '../../views/findings.ts';

/** A definition of this machine that has no error. */
export interface ValidDefinition {
  readonly definition: LocalDefinition;
  readonly pipeline: Pipeline;
  readonly graph: Graph;
}

/** Loads a definition with these values; throws what is wrong with it as compilers show it. Warnings are left to `clara validate`. */
export async function loadValid({ io }: Context, named: NamedFiles, given: readonly JobVariable[]): Promise<ValidDefinition> {
  const definition = await openDefinition(named, { input: (most) => io.readInput(most) });
  const loaded = loadForJob(definition.files, given, { find: definition.find });
  const file = definition.shown(definition.files[0]!.path);
  if (loaded.problems.length > 0) throw unfit(file, loaded.problems);
  const { pipeline, graph } = loaded;
  if (pipeline !== undefined && graph !== undefined) return { definition, pipeline, graph };
  const errors = shownFindings(loaded.findings, definition).filter(({ severity }) => severity === 'error');
  throw new ClaraError('usage', `the definition ${file} is not valid`, { details: findingTexts(errors, loaded, definition, io.errorStyle) });
}
