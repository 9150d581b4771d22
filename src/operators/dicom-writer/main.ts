import { log as dcmjsLog } from 'dcmjs';
import { readOperatorEnvironment } from '../../config/operator-environment.ts';
import { ClaraError } from '../../core/errors.ts';
import { runOperator } from '../contract/program.ts';
import { findVolumes } from '../volume/volume-reader.ts';
import { originalSeries } from './originals.ts';
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
      description: { kind: 'text', variable: 'WRITER_SERIES_DESCRIPTION', fallback: undefined, help: 'Series Description, at most 64 characters' },
    },
    examples: ['dicom-writer --input masks/ --dicom study/ --output dicom/', 'dicom-writer --input masks/ --dicom study/ --output dicom/ --description "Bone"'],
  },
  async ({ inputs, output, options: { description }, log, signal }) => {
    // Complaints about originals from somewhere are not the operator's.
    dcmjsLog.setLevel('error');
    if (description !== undefined && !/^[^\\\u0000-\u001f]{1,64}$/.test(description)) throw new ClaraError('usage', '--description must be 1 to 64 characters without backslash');
    const volumes = await findVolumes(inputs.input);
    if (volumes.length === 0) throw new ClaraError('not-found', `no volume (.mhd) in ${inputs.input}`);
    const series = await originalSeries(inputs.dicom, signal);
    if (series.size === 0) throw new ClaraError('not-found', `no DICOM images in ${inputs.dicom}`);
    const { variable } = readOperatorEnvironment();
    const job = variable('NVIDIA_CLARA_JOBID');
    const run = job === undefined ? undefined : `${job} ${variable('NVIDIA_CLARA_STAGENAME') ?? ''}`;
    for (const volume of volumes) await writeSeries(volume, series, output, { description, run }, log, signal);
  },
);
