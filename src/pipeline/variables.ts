import { foldName, quoted } from '../core/names.ts';
import { nearest } from '../core/text/nearest.ts';
import { loadPipeline, type Loaded, type LoadOptions } from './load.ts';
import { type DefinitionFile, type Pipeline } from './model.ts';

/** A value given when a job is started (`clara start job --set NAME=VALUE`). */
export interface JobVariable {
  readonly name: string;
  readonly value: string;
}

/** Why a value cannot be used. */
export interface VariableProblem {
  readonly reason: 'unknown' | 'duplicate' | 'ambiguous' | 'not-passable';
  readonly name: string;
  readonly message: string;
  readonly help?: string;
}

export type Assignment =
  | {
    readonly kind: 'assigned';
    /** Values of parameters, for loading the definition again. */
    readonly arguments: Readonly<Record<string, string>>;
    /** Values that replace those of the pipeline's `variables`, spelled as declared. */
    readonly variables: Readonly<Record<string, string>>;
  }
  | { readonly kind: 'refused'; readonly problems: readonly VariableProblem[] };

/**
 * Says what each value is for: a declared parameter first, then a variable of the pipeline. Names are compared without
 * case (of variables that differ only by case the exact one is meant). All problems at once.
 */
export function assignVariables(pipeline: Pick<Pipeline, 'parameters' | 'variables'>, given: readonly JobVariable[]): Assignment {
  const parameters = new Map(Object.keys(pipeline.parameters).map((name) => [foldName(name), name]));
  const names = Object.keys(pipeline.variables);
  const assigned = { arguments: emptyRecord(), variables: emptyRecord() };
  const problems: VariableProblem[] = [];
  for (const { name, value } of given) {
    const parameter = parameters.get(foldName(name));
    const candidates = parameter === undefined ? variablesNamed(name, names) : [parameter];
    const target = parameter === undefined ? assigned.variables : assigned.arguments;
    const [declared] = candidates;
    if (declared === undefined) {
      problems.push({ reason: 'unknown', name, message: `${quoted(name)} is neither a parameter nor a variable of the pipeline`, help: unknownHelp(name, [...parameters.values(), ...names]) });
    } else if (candidates.length > 1) {
      problems.push({ reason: 'ambiguous', name, message: `${quoted(name)} may be any of the variables ${candidates.join(', ')}`, help: 'write it in the case it is declared in' });
    } else if (declared in target) {
      problems.push({ reason: 'duplicate', name, message: `${quoted(declared)} is set twice`, help: 'set it once' });
    } else if (value.includes('\0')) {
      problems.push({ reason: 'not-passable', name, message: `the value of ${quoted(name)} has a NUL character, which no program can be given` });
    } else {
      target[declared] = value;
    }
  }
  return problems.length > 0 ? { kind: 'refused', problems } : { kind: 'assigned', ...assigned };
}

export interface LoadedForJob extends Loaded {
  /** Values that were refused; the pipeline is undefined where there are any. */
  readonly problems: readonly VariableProblem[];
}

/**
 * Loads a definition with the values of one job: parameters are filled, variables of the pipeline replaced. The pipeline
 * is undefined where the definition has an error, with its defaults or with these values, and where a value was refused.
 */
export function loadForJob(files: readonly DefinitionFile[], given: readonly JobVariable[], options: Pick<LoadOptions, 'find'> = {}): LoadedForJob {
  const plain = loadPipeline(files, options);
  if (plain.pipeline === undefined || given.length === 0) return { ...plain, problems: [] };
  const assignment = assignVariables(plain.pipeline, given);
  if (assignment.kind === 'refused') return { files: plain.files, findings: plain.findings, problems: assignment.problems };
  const loaded = Object.keys(assignment.arguments).length === 0 ? plain : loadPipeline(files, { ...options, arguments: assignment.arguments });
  if (loaded.pipeline === undefined) return { ...loaded, problems: [] };
  const variables = Object.assign(emptyRecord(), loaded.pipeline.variables, assignment.variables);
  return { ...loaded, pipeline: { ...loaded.pipeline, variables }, problems: [] };
}

function variablesNamed(name: string, names: readonly string[]): readonly string[] {
  return names.includes(name) ? [name] : names.filter((candidate) => foldName(candidate) === foldName(name));
}

function unknownHelp(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  if (meant !== undefined) return `did you mean ${quoted(meant)}?`;
  return known.length === 0 ? 'the pipeline declares neither' : `it has ${known.slice(0, 8).join(', ')}${known.length > 8 ? ' …' : ''}`;
}

/** No prototype: `__proto__` is a name like any other. */
function emptyRecord(): Record<string, string> {
  return Object.create(null) as Record<string, string>;
}
