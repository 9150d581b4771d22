import { basename } from 'node:path';
import { ClaraError } from '../../core/errors.ts';
import { runOperator } from '../contract/program.ts';
import { namedFile } from '../contract/stage.ts';
import { findVolumes } from '../volume/volume-reader.ts';
import { segmentVolume } from './segment.ts';

await runOperator(
  {
    name: 'threshold-segmentation',
    summary: 'writes a mask of the largest connected part of a volume whose values lie within a window',
    inputs: [{ name: 'input', fallback: '/input', help: 'folder with MetaImage volumes (.mhd)' }],
    options: {
      lower: { kind: 'number', variable: 'THRESHOLD_LOWER', fallback: 300, help: 'lowest value that belongs to the mask, HU' },
      upper: { kind: 'number', variable: 'THRESHOLD_UPPER', fallback: 3071, help: 'highest value that belongs to the mask, HU' },
      connectivity: { kind: 'choice', variable: 'THRESHOLD_CONNECTIVITY', fallback: '6', choices: ['6', '26'], help: 'neighbours of a voxel: 6 share a face, 26 also an edge or a corner' },
    },
    examples: [
      'threshold-segmentation --input volumes/ --output masks/ --lower 300',
      'THRESHOLD_LOWER=-900 THRESHOLD_UPPER=-400 threshold-segmentation --input volumes/ --output lungs/',
    ],
  },
  async ({ inputs, output, inputFile, outputFile, options, log, signal }) => {
    if (options.lower > options.upper) throw new ClaraError('usage', `the lower threshold, ${options.lower}, is above the upper one, ${options.upper}`);
    const named = await namedFile(inputFile);
    const volumes = named === undefined ? await findVolumes(inputs.input) : [named];
    if (volumes.length === 0) throw new ClaraError('not-found', `no volume (.mhd) in ${inputs.input}`);
    const connectivity = options.connectivity === '26' ? 26 : 6;
    // One name does for one mask only.
    const name = outputFile === undefined || volumes.length > 1 ? undefined : basename(outputFile).replace(/\.mhd$/i, '');
    for (const volume of volumes) await segmentVolume(volume, output, name, { window: { lower: options.lower, upper: options.upper }, connectivity }, log, signal);
  },
);
