import { ClaraError } from '../../core/errors.ts';
import { runOperator } from '../contract/program.ts';
import { findVolumes } from '../volume/volume-reader.ts';
import { previewVolume } from './preview.ts';

await runOperator(
  {
    name: 'volume-preview',
    summary: 'draws a montage of the slices of a volume with the outline of its mask, as PNG',
    inputs: [
      { name: 'input', fallback: '/input', help: 'folder with MetaImage volumes (.mhd)' },
      { name: 'mask', fallback: '/mask', help: 'folder with the masks, named like their volumes' },
    ],
    options: {
      'window-center': { kind: 'number', variable: 'PREVIEW_WINDOW_CENTER', fallback: 40, help: 'value shown as middle grey, HU' },
      'window-width': { kind: 'number', variable: 'PREVIEW_WINDOW_WIDTH', fallback: 400, minimum: 1e-6, help: 'values from black to white, HU' },
      tiles: { kind: 'number', variable: 'PREVIEW_TILES', fallback: 28, minimum: 1, integer: true, help: 'most slices to show' },
      columns: { kind: 'number', variable: 'PREVIEW_COLUMNS', fallback: 0, minimum: 0, integer: true, help: 'tiles side by side, 0: as fits a screen' },
      'tile-size': { kind: 'number', variable: 'PREVIEW_TILE_SIZE', fallback: 192, minimum: 8, integer: true, help: 'longer side of a tile, pixels' },
    },
    examples: [
      'volume-preview --input volumes/ --mask masks/ --output pictures/',
      'volume-preview --input volumes/ --mask masks/ --output pictures/ --window-center 300 --window-width 1500 --tiles 12',
    ],
  },
  async ({ inputs, output, options, log, signal }) => {
    const volumes = await findVolumes(inputs.input);
    if (volumes.length === 0) throw new ClaraError('not-found', `no volume (.mhd) in ${inputs.input}`);
    const settings = {
      montage: { tiles: options.tiles, columns: options.columns, tileSize: options['tile-size'] },
      window: { center: options['window-center'], width: options['window-width'] },
    };
    for (const volume of volumes) await previewVolume(volume, inputs.mask, output, settings, log, signal);
  },
);
