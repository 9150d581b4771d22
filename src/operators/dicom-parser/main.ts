import { runOperator } from '../contract/program.ts';
import { type VolumeFormat, volumeFormats } from '../dicom/series/volume-file.ts';
import { findRules, rulesOptions } from '../selection/find-rules.ts';
import { parseStudies } from './parse-studies.ts';

await runOperator(
  {
    name: 'dicom-parser',
    summary: 'writes the metadata of DICOM files as JSON, their series as volumes, and which of these rules select',
    inputs: [{ name: 'input', fallback: '/input', help: 'folder with DICOM files' }],
    options: {
      'image-format': { kind: 'choice', variable: 'NVIDIA_CLARA_IMAGE_FORMAT', fallback: 'mhd', choices: volumeFormats, help: 'MetaImage, NIfTI-1, or NIfTI-1 compressed' },
      ...rulesOptions,
    },
    examples: [
      'dicom-parser --input study/ --output parsed/',
      'dicom-parser --input study/ --output parsed/ --image-format nii.gz --rules selection-rules.json',
    ],
  },
  async ({ inputs, output, options, given, log, signal }) => {
    // Rules with mistakes are told before hours of work.
    const found = await findRules(options, given);
    const rules = found.kind === 'rules' ? found.rules : undefined;
    await parseStudies(inputs.input, output, { format: options['image-format'] as VolumeFormat, rules }, log, signal);
  },
);
