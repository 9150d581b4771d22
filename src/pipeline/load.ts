import { foldName, quoted } from '../core/names.ts';
import { connect } from './check/connections.ts';
import { checkPipeline } from './check/pipeline.ts';
import { Findings, type Finding } from './findings.ts';
import { type Graph } from './graph.ts';
import { definitionLimit, DefinitionSet, type FindFile } from './imports/definition-set.ts';
import { resolveImports } from './imports/resolve-imports.ts';
import { type DefinitionFile, type Pipeline } from './model.ts';
import { SourceFile } from './source.ts';
import { readScope, substitute } from './substitute.ts';

export interface LoadOptions {
  /** Values of parameters, by name; what is not given has its default. */
  readonly arguments?: Readonly<Record<string, string>>;
  /** Gets imported files that are not among those given. */
  readonly find?: FindFile | undefined;
}

export interface Loaded {
  /** Undefined exactly where there is a finding of severity `error`. */
  readonly pipeline?: Pipeline;
  /** There whenever the pipeline is. */
  readonly graph?: Graph;
  /** The root and what it imports, directly or not, in the order of the first use; those that were found have their path within the set. */
  readonly files: readonly DefinitionFile[];
  /** Everything that was found, file by file in the order of the text. */
  readonly findings: readonly Finding[];
}

/**
 * Loads a pipeline definition: read, substitute, import, check, connect. The first file is the root. Never throws for what
 * a definition holds: whatever is wrong with it is a finding.
 */
export function loadPipeline(files: readonly DefinitionFile[], options: LoadOptions = {}): Loaded {
  const root = new SourceFile(files[0] ?? { path: '', content: '' });
  const findings = new Findings(root);
  if (!checkFiles(files, root, findings)) return { files, findings: findings.list() };
  const set = new DefinitionSet(root, files, findings, options.find);
  const document = set.readRoot();
  if (document === undefined) return { files: set.used, findings: findings.list() };
  const budget = { added: 0 };
  const scope = readScope(document, Object.entries(options.arguments ?? {}).map(([name, value]) => ({ name, value })), findings);
  const expanded = resolveImports(substitute(document, scope, findings, budget), { set, findings, budget });
  const draft = checkPipeline(expanded, scope, findings);
  const { operators, graph } = connect(draft.operators);
  for (const file of set.unused) findings.add('unused-file', { file, start: 0, end: 0 }, `nothing in ${quoted(root.path)} uses this file`);
  if (findings.failed || graph === undefined) return { files: set.used, findings: findings.list() };
  return { pipeline: { ...draft, operators }, graph, files: set.used, findings: findings.list() };
}

/** What can be said of the files before one of them is read. */
function checkFiles(files: readonly DefinitionFile[], root: SourceFile, findings: Findings): boolean {
  const start = { file: root, start: 0, end: 0 };
  if (files.length === 0) findings.add('no-file', start, 'the definition has no file');
  const bytes = files.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
  if (bytes > definitionLimit) findings.add('too-large', start, `the definition is larger than 4 MiB (${definitionLimit} bytes)`);
  const paths = new Map<string, string>();
  for (const { path } of files) {
    const first = paths.get(foldName(path));
    if (first !== undefined) {
      const place = { file: new SourceFile({ path, content: '' }), start: 0, end: 0 };
      findings.add('duplicate-file', place, first === path ? `the file ${quoted(first)} is there twice` : `the files ${quoted(first)} and ${quoted(path)} differ only by case`);
    }
    paths.set(foldName(path), path);
  }
  return !findings.failed;
}
