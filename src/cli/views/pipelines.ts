import { type PipelineDefinitionFile, type PipelinesDetailsResponse_PipelineDagNode as DagNode, type PipelinesListResponse_PipelineDetails as Listed } from '../../api/generated/nvidia/clara/platform/pipelines.ts';
import { escapeControls, escapeLines } from '../../terminal/output/escape.ts';
import { metadataLines, metadataText, type Metadata } from './metadata.ts';
import { type ItemView, type ListView } from '../../terminal/print.ts';

/** `list pipelines`: NAME and ID, the second column three blanks after the longest name (as printed by 0.5 and 0.6). */
export const pipelineList: ListView<Listed> = {
  kind: 'pipeline',
  id: ({ pipelineId }) => pipelineId?.value ?? '',
  data: ({ pipelineId, name, metadata }) => ({ pipelineId: pipelineId?.value ?? '', name, metadata }),
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ID', value: ({ pipelineId }) => pipelineId?.value ?? '' },
    { title: 'METADATA', value: ({ metadata }) => metadataText(metadata), wide: true },
  ],
};

/** A pipeline with its definition, put together from all messages of Pipelines.Details. */
export interface PipelineDetails {
  readonly pipelineId: string;
  readonly name: string;
  readonly definition: readonly PipelineDefinitionFile[];
  readonly dag: readonly DagNode[];
  readonly metadata: Metadata;
}

export const pipelineDetails: ItemView<PipelineDetails> = {
  kind: 'pipeline',
  id: ({ pipelineId }) => pipelineId,
  data: (details) => details,
};

/** Who it is, then each file of the definition as it was registered. */
export function describePipelineLines({ name, pipelineId, definition, metadata }: PipelineDetails): string[] {
  const files = definition.flatMap(({ path, content }) => ['', `# ${escapeControls(path)}`, escapeLines(content).replace(/\n$/, '')]);
  return [`NAME: ${escapeControls(name)}`, `PIPELINE_ID: ${pipelineId}`, ...metadataLines(metadata), ...files];
}
