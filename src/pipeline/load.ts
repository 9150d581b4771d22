import { foldName, quoted } from '../core/names.ts';
import { connect } from './check/connections.ts';
import { checkPipeline } from './check/pipeline.ts';
import { Findings, type Finding } from './findings.ts';
import { type Graph } from './graph.ts';
import { type DefinitionFile, type Pipeline } from './model.ts';
import { readDefinition } from './read.ts';
import { SourceFile } from './source.ts';
import { readScope, substitute } from './substitute.ts';

/** Bytes of all files of one definition (design limit). */
export const definitionLimit = 4 * 1024 * 1024;

export interface LoadOptions {
  /** Values of parameters, by name; what is not given has its default. */
  readonly arguments?: Readonly<Record<string, string>>;
}

export interface Loaded {
  /** Undefined exactly where there is a finding of severity `error`. */
  readonly pipeline?: Pipeline;
  /** There whenever the pipeline is. */
  readonly graph?: Graph;
  /** Everything that was found, in the order of the text. */
  readonly findings: readonly Finding[];
}

/**
 * Loads a pipeline definition: read, substitute, check, connect. The first file is the root. Never throws for what a
 * definition holds: whatever is wrong with it is a finding.
 */
export function loadPipeline(files: readonly DefinitionFile[], options: LoadOptions = {}): Loaded {
  const findings = new Findings();
  const sources = files.map((file) => new SourceFile(file));
  const root = sources[0] ?? new SourceFile({ path: '', content: '' });
  if (!checkFiles(sources, root, findings)) return { findings: findings.list() };
  const document = readDefinition(root, findings);
  if (document === undefined) return { findings: findings.list() };
  const scope = readScope(document, options.arguments ?? {}, findings);
  const draft = checkPipeline(substitute(document, scope, findings), scope, findings);
  const { operators, graph } = connect(draft.operators);
  for (const file of sources.slice(1)) {
    findings.add('unused-file', { file, start: 0, end: 0 }, `nothing in ${quoted(root.path)} uses this file`);
  }
  if (findings.failed || graph === undefined) return { findings: findings.list() };
  return { pipeline: { ...draft, operators }, graph, findings: findings.list() };
}

function checkFiles(files: readonly SourceFile[], root: SourceFile, findings: Findings): boolean {
  const start = { file: root, start: 0, end: 0 };
  if (files.length === 0) findings.add('no-file', start, 'the definition has no file');
  const bytes = files.reduce((sum, file) => sum + Buffer.byteLength(file.text), 0);
  if (bytes > definitionLimit) findings.add('too-large', start, `the definition is larger than 4 MiB (${definitionLimit} bytes)`);
  const paths = new Map<string, string>();
  for (const file of files) {
    const first = paths.get(foldName(file.path));
    if (first !== undefined) {
      findings.add('duplicate-file', { file, start: 0, end: 0 }, first === file.path ? `the file ${quoted(first)} is there twice` : `the files ${quoted(first)} and ${quoted(file.path)} differ only by case`);
    }
    paths.set(foldName(file.path), file.path);
  }
  return !findings.failed;
}
