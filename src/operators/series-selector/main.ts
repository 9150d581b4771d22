import { ClaraError } from '../../core/errors.ts';
import { runOperator } from '../contract/program.ts';
import { findRules, rulesOptions } from '../selection/find-rules.ts';
import { selectSeries } from './select-series.ts';

await runOperator(
  {
    name: 'series-selector',
    summary: 'selects series by rules about their metadata, as dicom-parser writes it, and hands on their volumes',
    inputs: [{ name: 'input', fallback: '/input', help: 'what dicom-parser wrote: dicom-metadata.json, series-images.json and the volumes' }],
    keepsLog: true,
    options: {
      ...rulesOptions,
      'map-only': { kind: 'switch', variable: 'SELECTOR_MAP_ONLY', help: 'write selected-images.json and copy no volumes' },
    },
    examples: [
      'series-selector --input parsed/ --output selected/ --rules selection-rules.json',
      `series-selector --input parsed/ --output selected/ --rules-base64 '{"selections": [{"name": "CT", "conditions": {"Modality": "CT"}}]}'`,
    ],
  },
  async ({ inputs, output, options, given, log, signal }) => {
    const found = await findRules(options, given);
    if (found.kind === 'none') {
      throw new ClaraError('usage', 'there are no selection rules', { hint: 'name a file with --rules or NVIDIA_CLARA_SELECTION_RULES_FILE, or give them in NVIDIA_CLARA_SELECTION_RULES_BASE64' });
    }
    const rules = found.kind === 'rules' ? found.rules : { source: found.source, selections: [] };
    await selectSeries(inputs.input, output, { rules, isMapOnly: options['map-only'] }, log, signal);
  },
);
