import { ClaraError } from '../../../core/errors.ts';
import { foldName, quoted } from '../../../core/names.ts';
import { type PipelineDefinitionFile } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { WireCode } from '../../../api/wire-codes.ts';
import { type Finding } from '../../../pipeline/findings.ts';
import { definitionLimit } from '../../../pipeline/imports/definition-set.ts';
import { loadPipeline } from '../../../pipeline/load.ts';
import { type DefinitionFile } from '../../../pipeline/model.ts';
import { type NewRevision } from '../../store/pipelines.ts';

const maxFiles = 1000;

/**
 * The files of a definition from the chunks of a stream: parts of one path are joined in the order of their arrival, and
 * paths that differ only in case are one file, under the first spelling (Clara guide, Pipelines Create RPC).
 */
export class DefinitionFiles {
  readonly #files = new Map<string, { path: string; parts: string[] }>();
  #bytes = 0;

  add(chunk: PipelineDefinitionFile | undefined): void {
    if (chunk === undefined) return;
    this.#bytes += Buffer.byteLength(chunk.content);
    if (this.#bytes > definitionLimit) throw malformed(`the definition is larger than ${definitionLimit / 1024 / 1024} MiB`);
    const key = foldName(chunk.path);
    const file = this.#files.get(key);
    if (file !== undefined) file.parts.push(chunk.content);
    else this.#files.set(key, { path: chunk.path, parts: [chunk.content] });
    if (this.#files.size > maxFiles) throw malformed(`the definition has more than ${maxFiles} files`);
  }

  /** The loaded definition; throws with every finding where it does not load. */
  load(): NewRevision {
    const files: DefinitionFile[] = [...this.#files.values()].map(({ path, parts }) => ({ path, content: parts.join('') }));
    if (files.length === 0) throw malformed('the request holds no definition file');
    const { pipeline, graph, findings } = loadPipeline(files);
    if (pipeline === undefined || graph === undefined) throw unloadable(findings);
    return {
      name: pipeline.name,
      files,
      graph: pipeline.operators.map(({ name }) => ({ name, after: graph.dependencies.get(name) ?? [] })),
    };
  }
}

function malformed(message: string): ClaraError {
  return new ClaraError('usage', message, { wireCode: WireCode.pipelineDefinition });
}

/** Errors first: a client may show only the first lines. */
function unloadable(findings: readonly Finding[]): ClaraError {
  const errors = findings.filter(({ severity }) => severity === 'error');
  const warnings = findings.filter(({ severity }) => severity === 'warning');
  const counted = errors.length === 1 ? 'one error' : `${errors.length} errors`;
  return new ClaraError('usage', `the pipeline definition has ${counted}`, {
    wireCode: WireCode.pipelineLoad,
    details: [...errors, ...warnings].map(line),
  });
}

function line({ severity, file, line: row, column, message, help }: Finding): string {
  const place = file === '' ? `${row}:${column}` : `${quoted(file).slice(1, -1)}:${row}:${column}`;
  return `${place}: ${severity}: ${message}${help === undefined ? '' : ` (${help})`}`;
}
