import { ModelType, type ModelDetails } from '../../api/generated/nvidia/clara/platform/models.ts';
import { escapeControls } from '../../terminal/output/escape.ts';
import { protocolName, shortName } from './enums.ts';
import { metadataLines, metadataText } from './metadata.ts';
import { type ListView } from '../../terminal/print.ts';

/** Models, in lists and alone. */
export const modelList: ListView<ModelDetails> = {
  kind: 'model',
  id: ({ modelId }) => modelId?.value ?? '',
  data: ({ modelId, name, type, metadata }) => ({ modelId: modelId?.value ?? '', name, type: protocolName(ModelType, type), metadata }),
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'ID', value: ({ modelId }) => modelId?.value ?? '' },
    { title: 'TYPE', value: ({ type }) => shortName(ModelType, type) },
    { title: 'METADATA', value: ({ metadata }) => metadataText(metadata), wide: true },
  ],
};

export function describeModelLines({ modelId, name, type, metadata }: ModelDetails): string[] {
  return [`NAME: ${escapeControls(name)}`, `MODEL_ID: ${modelId?.value ?? ''}`, `TYPE: ${protocolName(ModelType, type)}`, ...metadataLines(metadata)];
}
