import { definitionPieces, openDefinition } from '../../../actions/definition-files.ts';
import { type Connection } from '../../../api/client.ts';
import { PipelinesService } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { ClaraError } from '../../../core/errors.ts';
import { jobNameProblem, visible } from '../../../core/names.ts';
import { type DefinitionFile } from '../../../pipeline/model.ts';
import { loadForJob } from '../../../pipeline/variables.ts';
import { type Context } from '../../../terminal/context.ts';
import { shownFindings, unfit } from '../../views/findings.ts';

/** A definition that can be run, as far as can be told without a platform. */
export interface CheckedDefinition {
  readonly files: readonly DefinitionFile[];
  /** Of the pipeline. */
  readonly name: string;
}

/** Reads and checks a definition together with the values for this run: before anything is started or created. */
export async function checkedDefinition(context: Context, paths: readonly string[], values: ReadonlyMap<string, string>): Promise<CheckedDefinition> {
  const definition = await openDefinition({ main: paths, parts: [] }, { input: (most) => context.io.readInput(most), exact: true });
  const { pipeline, findings, problems, files } = loadForJob(definition.files, [...values].map(([name, value]) => ({ name, value })), { find: definition.find });
  if (problems.length > 0) throw unfit(visible(paths[0]!), problems);
  const shown = shownFindings(findings, definition);
  if (pipeline === undefined) {
    throw new ClaraError('usage', `the definition ${visible(paths[0]!)} is not valid`, {
      details: shown.filter(({ severity }) => severity === 'error').map(({ file, line, column, message }) => `  ${visible(file)}:${line}:${column}: ${message}`),
      hint: '`clara validate -p` shows the places',
    });
  }
  for (const { file, line, message } of shown) context.io.warn(`${file}:${line}: ${message}`);
  const named = definition.files.filter(({ path }) => !files.some((file) => file.path === path));
  return { files: [...files, ...named], name: pipeline.name };
}

/** A name for a job of this pipeline: what a job may not be called becomes `-`. */
export function jobNameFor(pipelineName: string): string {
  if (jobNameProblem(pipelineName) === undefined) return pipelineName;
  const name = pipelineName.replace(/[^A-Za-z0-9_.-]+/g, '-').slice(0, 255);
  return jobNameProblem(name) === undefined ? name : 'run';
}

export interface RegisteredPipeline {
  readonly pipelineId: string;
  /** Whether it was there already, with the very same definition. */
  readonly reused: boolean;
}

/** How many pipelines of the same name are compared; running a definition often must not register it as often. */
const mostCompared = 20;

/** The pipeline of this definition: one that the platform has with the same text, otherwise a new one. */
export async function registerPipeline(connection: Connection, { files, name }: CheckedDefinition, signal: AbortSignal): Promise<RegisteredPipeline> {
  const pipelines = connection.service(PipelinesService);
  const sameName: string[] = [];
  for await (const { details } of pipelines.list({}, { signal })) {
    if (details?.pipelineId && details.name === name && sameName.length < mostCompared) sameName.push(details.pipelineId.value);
  }
  for (const pipelineId of sameName) {
    if (isSame(files, await definitionOf(connection, pipelineId, signal))) return { pipelineId, reused: true };
  }
  const requests = [...definitionPieces(files)].map((definition) => ({ definition }));
  const { pipelineId } = await pipelines.create(requests, { signal });
  if (!pipelineId) throw new ClaraError('failed', 'the platform registered the pipeline without telling its id');
  return { pipelineId: pipelineId.value, reused: false };
}

async function definitionOf(connection: Connection, pipelineId: string, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for await (const { definition } of connection.service(PipelinesService).details({ pipelineId: { value: pipelineId } }, { signal })) {
    if (definition) files.set(definition.path, (files.get(definition.path) ?? '') + definition.content);
  }
  return files;
}

function isSame(files: readonly DefinitionFile[], stored: ReadonlyMap<string, string>): boolean {
  return files.length === stored.size && files.every(({ path, content }) => stored.get(path) === content);
}
