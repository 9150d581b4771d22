import { runOperator } from '../contract/program.ts';
import { writeOutputFile } from '../volume/output-file.ts';
import { phantomFile } from './series.ts';

await runOperator(
  {
    name: 'phantom',
    summary: 'makes a CT series of a head that never was, as DICOM files; the same settings give the same pixels',
    inputs: [],
    output: { name: 'output', fallback: '', help: 'folder that the series is written to' },
    positional: 'output',
    options: {
      slices: { kind: 'number', variable: 'PHANTOM_SLICES', fallback: 48, minimum: 1, integer: true, help: 'slices of the series' },
      size: { kind: 'number', variable: 'PHANTOM_SIZE', fallback: 256, minimum: 16, maximum: 4096, integer: true, help: 'rows and columns of a slice' },
      seed: { kind: 'number', variable: 'PHANTOM_SEED', fallback: 1, minimum: 0, integer: true, help: 'number that the noise and the UIDs grow from' },
    },
    examples: ['phantom study/', 'phantom study/ --slices 280 --size 512 --seed 7'],
  },
  async ({ output, options, log, signal }) => {
    const digits = Math.max(String(options.slices).length, 3);
    for (let index = 0; index < options.slices; index++) {
      signal.throwIfAborted();
      await writeOutputFile(output, `slice-${String(index + 1).padStart(digits, '0')}.dcm`, phantomFile(options, index));
    }
    log.info(`${options.slices} slices of ${options.size} × ${options.size} in ${output}`);
  },
);
