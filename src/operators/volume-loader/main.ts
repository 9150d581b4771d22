import { ClaraError } from '../../core/errors.ts';
import { runOperator } from '../contract/program.ts';
import { findVolumes } from '../volume/volume-reader.ts';
import { loadVolume } from './load.ts';

await runOperator(
  {
    name: 'volume-loader',
    summary: 'puts a volume into shared memory, as an array of float32',
    inputs: [{ name: 'input', fallback: '/input', help: 'folder with one MetaImage volume (.mhd)' }],
    output: 'none',
    memoryOutputs: [
      { name: 'volume', help: 'the voxels: float32, slices × rows × columns' },
      { name: 'header', help: 'its geometry: a string, the text of a MetaImage header' },
    ],
    options: {},
    examples: ['volume-loader --input volumes/ --volume /dev/shm/volume --header /dev/shm/header'],
  },
  async ({ inputs, memory, log, signal }) => {
    const [volume, ...others] = await findVolumes(inputs.input);
    if (volume === undefined) throw new ClaraError('not-found', `no volume (.mhd) in ${inputs.input}`);
    if (others.length > 0) throw new ClaraError('usage', `${others.length + 1} volumes in ${inputs.input}, and there is room for one`, { hint: 'give it a folder with one .mhd file' });
    await loadVolume(volume, memory, log, signal);
  },
);
