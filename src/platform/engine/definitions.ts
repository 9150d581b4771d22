import { WireCode } from '../../api/wire-codes.ts';
import { ClaraError } from '../../core/errors.ts';
import { graphOf, type Graph } from '../../pipeline/graph.ts';
import { type DefinitionFile, type Operator, type Pipeline } from '../../pipeline/model.ts';
import { loadForJob } from '../../pipeline/variables.ts';
import { type NamedValue } from './engine.ts';

/** The files of one revision of a pipeline; undefined where there is none. */
export type DefinitionSource = (pipelineId: string, revision: number) => readonly DefinitionFile[] | undefined;

export interface LoadedDefinition {
  readonly pipeline: Pipeline;
  readonly graph: Graph;
}

/**
 * What stands for a definition that cannot be loaded any more, so that those of its operators that still run can be found
 * and stopped: their names, which the job has, and nothing that could be run.
 */
export function standIn(names: readonly string[]): LoadedDefinition {
  const operators = names.map((name): Operator => ({
    name, description: '', container: { image: 'unknown', tag: 'latest', command: [] }, inputs: [], outputs: [],
    requests: { cpu: undefined, gpu: undefined, memory: undefined }, variables: {}, models: [], services: [],
  }));
  return {
    pipeline: { apiVersion: '', name: '', description: '', orchestrator: undefined, parameters: {}, variables: {}, pullSecrets: [], operators },
    graph: graphOf(operators),
  };
}

const kept = 64;

/** Loads definitions for jobs; many jobs of one pipeline share one. */
export class Definitions {
  readonly #source: DefinitionSource;
  readonly #loaded = new Map<string, LoadedDefinition>();

  constructor(source: DefinitionSource) {
    this.#source = source;
  }

  /** Throws a ClaraError that names every problem: with the variables (invalidJobVariable), or with the definition (jobStart). */
  load(pipelineId: string, revision: number, variables: readonly NamedValue[]): LoadedDefinition {
    const key = JSON.stringify([pipelineId, revision, variables.map(({ name, value }) => [name, value])]);
    const known = this.#loaded.get(key);
    if (known !== undefined) {
      this.#loaded.delete(key);
      this.#loaded.set(key, known);
      return known;
    }
    const definition = this.#read(pipelineId, revision, variables);
    this.#loaded.set(key, definition);
    if (this.#loaded.size > kept) this.#loaded.delete(this.#loaded.keys().next().value!);
    return definition;
  }

  /** Forgets a pipeline's: once no job is left of a pipeline that was removed, the number of a revision may mean another one. */
  forget(pipelineId: string): void {
    for (const key of this.#loaded.keys()) if ((JSON.parse(key) as [string])[0] === pipelineId) this.#loaded.delete(key);
  }

  #read(pipelineId: string, revision: number, variables: readonly NamedValue[]): LoadedDefinition {
    const files = this.#source(pipelineId, revision);
    if (files === undefined) {
      throw new ClaraError('failed', `revision ${revision} of pipeline ${pipelineId} is not in the store`, { wireCode: WireCode.jobStart });
    }
    const { pipeline, findings, problems } = loadForJob(files, variables);
    if (problems.length > 0) {
      throw new ClaraError('usage', problems.length === 1 ? problems[0]!.message : 'the variables do not fit the pipeline', {
        wireCode: WireCode.invalidJobVariable,
        details: problems.length === 1 ? [] : problems.map(({ message }) => message),
        hint: problems.find(({ help }) => help !== undefined)?.help,
      });
    }
    if (pipeline !== undefined) return { pipeline, graph: graphOf(pipeline.operators) };
    const errors = findings.filter(({ severity }) => severity === 'error');
    throw new ClaraError('usage', 'the definition does not load with these values', {
      wireCode: variables.length > 0 ? WireCode.invalidJobVariable : WireCode.jobStart,
      details: errors.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`),
    });
  }
}
