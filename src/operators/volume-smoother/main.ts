import { runOperator } from '../contract/program.ts';
import { smoothVolume } from './smooth.ts';

await runOperator(
  {
    name: 'volume-smoother',
    summary: 'writes the mean of each voxel\'s neighbourhood, of a volume in shared memory',
    inputs: [],
    memoryInputs: [
      { name: 'volume', help: 'the voxels: float32, slices × rows × columns' },
      { name: 'header', help: 'its geometry: a string, the text of a MetaImage header' },
    ],
    options: {
      radius: { kind: 'number', variable: 'SMOOTH_RADIUS', fallback: 1, minimum: 0, maximum: 16, integer: true, help: 'neighbours on each side, along each axis' },
    },
    examples: ['volume-smoother --volume /dev/shm/volume --header /dev/shm/header --output smooth/ --radius 2'],
  },
  async ({ memory, output, options, log, signal }) => smoothVolume(memory, output, options.radius, log, signal),
);
