import { readFile } from 'node:fs/promises';
import { log as dcmjsLog } from 'dcmjs';
import { readOperatorEnvironment } from '../../config/operator-environment.ts';
import { ClaraError } from '../../core/errors.ts';
import { whyNotRead } from '../contract/file-errors.ts';
import { runOperator } from '../contract/program.ts';
import { findVolumes } from '../volume/volume-reader.ts';
import { originalSeries } from './originals.ts';
import { readNamedSegments, type NamedSegments } from './segmentation/named-segments.ts';
import { writeSegmentation } from './segmentation/write-segmentation.ts';
import { writeSeries } from './write-series.ts';

await runOperator(
  {
    name: 'dicom-writer',
    summary: 'writes a volume or mask as a new DICOM series of the study that it comes from',
    inputs: [
      { name: 'input', fallback: '/input', help: 'folder with MetaImage volumes, <SeriesInstanceUID>.mhd' },
      { name: 'dicom', fallback: '/dicom', help: 'folder with the original DICOM files' },
    ],
    options: {
      type: { kind: 'choice', variable: 'WRITER_TYPE', fallback: 'series', choices: ['series', 'seg'], help: 'series: one image for each slice; seg: one DICOM segmentation object for each mask' },
      description: { kind: 'text', variable: 'WRITER_SERIES_DESCRIPTION', fallback: undefined, help: 'Series Description, at most 64 characters' },
      segments: { kind: 'text', variable: 'WRITER_SEGMENTS', fallback: undefined, help: 'of seg: what labels stand for, a JSON file or JSON; without it every label is a segment' },
      'empty-frames': { kind: 'switch', variable: 'WRITER_EMPTY_FRAMES', help: 'of seg: also frames without a voxel of their segment' },
    },
    examples: [
      'dicom-writer --input masks/ --dicom study/ --output dicom/',
      'dicom-writer --input masks/ --dicom study/ --output dicom/ --description "Bone"',
      'dicom-writer --type seg --input masks/ --dicom study/ --output dicom/',
      'dicom-writer --type seg --segments organs.json --input masks/ --dicom study/ --output dicom/',
      'WRITER_TYPE=seg WRITER_SEGMENTS=\'[{"labelID": 1, "SegmentLabel": "Bone"}]\' dicom-writer --input masks/ --dicom study/ --output dicom/',
    ],
  },
  async ({ inputs, output, options, log, signal }) => {
    // Complaints about originals from somewhere are not the operator's.
    dcmjsLog.setLevel('error');
    const { description } = options;
    if (description !== undefined && !/^[^\\\u0000-\u001f]{1,64}$/.test(description)) throw new ClaraError('usage', '--description must be 1 to 64 characters without backslash');
    const isSeg = options.type === 'seg';
    const named = isSeg && options.segments !== undefined ? await namedSegments(options.segments) : undefined;
    const volumes = await findVolumes(inputs.input);
    if (volumes.length === 0) throw new ClaraError('not-found', `no volume (.mhd) in ${inputs.input}`);
    const series = await originalSeries(inputs.dicom, signal);
    if (series.size === 0) throw new ClaraError('not-found', `no DICOM images in ${inputs.dicom}`);
    const { variable } = readOperatorEnvironment();
    const job = variable('NVIDIA_CLARA_JOBID');
    const run = job === undefined ? undefined : `${job} ${variable('NVIDIA_CLARA_STAGENAME') ?? ''}`;
    for (const volume of volumes) {
      if (isSeg) await writeSegmentation(volume, series, output, { description, run, named, emptyFrames: options['empty-frames'] }, log, signal);
      else await writeSeries(volume, series, output, { description, run }, log, signal);
    }
  },
);

/** JSON as such, as a pipeline's variable has it, or the name of a file with it. */
async function namedSegments(setting: string): Promise<NamedSegments> {
  if (/^\s*[[{]/.test(setting)) return readNamedSegments(setting, 'the value of --segments');
  let text: string;
  try {
    text = await readFile(setting, 'utf8');
  } catch (error) {
    throw new ClaraError('not-found', `cannot read ${setting} (${whyNotRead(error)})`, { cause: error, hint: '--segments takes the name of a JSON file, or JSON' });
  }
  return readNamedSegments(text, setting);
}
