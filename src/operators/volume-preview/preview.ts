import { join } from 'node:path';
import { access } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { ClaraError } from '../../core/errors.ts';
import { type OperatorLog } from '../contract/program.ts';
import { writeOutputFile } from '../volume/output-file.ts';
import { openVolume, type Volume } from '../volume/volume-reader.ts';
import { type Colour, createPainter, type GreyWindow } from './draw.ts';
import { type MontageSettings, planMontage } from './montage.ts';

const outlineColour: Colour = [255, 64, 64];

export interface PreviewSettings {
  readonly montage: MontageSettings;
  readonly window: GreyWindow;
}

/** Writes `<name>.png`: slices of a volume, and over them the outline of the mask of the same name, where there is one. */
export async function previewVolume(file: string, masks: string, output: string, settings: PreviewSettings, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const volume = await openVolume(file);
  const mask = await openMask(volume, masks, log);
  const plan = planMontage(volume.header.size, volume.header.spacing, settings.montage);
  const painter = createPainter(plan, volume.header.size[0], volume.header.size[1], settings.window);
  let tile = 0;
  for await (const slice of volume.slices(plan.slices)) {
    signal.throwIfAborted();
    painter.grey(tile++, slice);
  }
  tile = 0;
  for await (const slice of mask?.slices(plan.slices) ?? []) {
    signal.throwIfAborted();
    painter.outline(tile++, slice, outlineColour);
  }
  const { width, height, data } = painter.picture;
  const png = new PNG({ width, height });
  png.data = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  await writeOutputFile(output, `${volume.name}.png`, PNG.sync.write(png, { colorType: 2 }));
  log.info(`${volume.name}.png: ${plan.slices.length} of ${volume.header.size[2]} slices, ${width} × ${height} pixels`);
}

async function openMask(volume: Volume, folder: string, log: OperatorLog): Promise<Volume | undefined> {
  const file = join(folder, `${volume.name}.mhd`);
  try {
    await access(file);
  } catch {
    log.warn(`no mask ${volume.name}.mhd in ${folder}: the slices are shown without an outline`);
    return undefined;
  }
  const mask = await openVolume(file);
  if (mask.header.size.some((n, axis) => n !== volume.header.size[axis])) {
    throw new ClaraError('failed', `the mask ${file} has ${mask.header.size.join(' × ')} voxels, its volume ${volume.header.size.join(' × ')}`);
  }
  return mask;
}
