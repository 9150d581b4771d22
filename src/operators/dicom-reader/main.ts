import { runOperator } from '../contract/program.ts';
import { readSeries } from './read-series.ts';

await runOperator(
  {
    name: 'dicom-reader',
    summary: 'turns a folder of DICOM files, in any order and depth, into one MetaImage volume (.mhd and .raw) per series',
    inputs: [{ name: 'input', fallback: '/input', help: 'folder with DICOM files' }],
    options: {},
    examples: [
      'dicom-reader --input study/ --output volumes/',
      'docker run --rm -v "$PWD/study:/input:ro" -v "$PWD/volumes:/output" clara/dicom-reader',
    ],
  },
  ({ inputs, output, log, signal }) => readSeries(inputs.input, output, log, signal),
);
