import { type OperatorLog } from '../contract/program.ts';
import { printMetaHeader } from '../volume/meta-header.ts';
import { appendBytes, createOutputFile, writeOutputFile } from '../volume/output-file.ts';
import { readSliceReport, thicknesses } from '../volume/slice-report.ts';
import { openVolume, type Volume } from '../volume/volume-reader.ts';
import { type Connectivity, createLabeller, type Labeller, type Window } from './components.ts';

export interface SegmentationSettings {
  readonly window: Window;
  readonly connectivity: Connectivity;
}

/**
 * Writes the mask of one volume: 1 for the largest connected part within the window, 0 elsewhere, as MET_UCHAR under the
 * volume's own name and `<name>.json` with its size; under a name that is given, the mask alone. The volume is read twice, a slice at a time: once to find
 * out what is connected, once to draw it.
 */
export async function segmentVolume(file: string, output: string, maskName: string | undefined, settings: SegmentationSettings, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const volume = await openVolume(file);
  const name = maskName ?? volume.name;
  const [columns, rows] = volume.header.size;
  const labeller = createLabeller(columns, rows, settings.window, settings.connectivity);
  for await (const slice of volume.slices()) {
    signal.throwIfAborted();
    labeller.slice(slice);
  }
  const components = labeller.components();
  const largest = largestOf(components);
  const voxelsPerSlice = await writeMask(volume, output, name, labeller, largest, signal);
  const warnings = largest === undefined ? [`no voxel between ${settings.window.lower} and ${settings.window.upper}: the mask is empty`] : [];
  const report = { ...(await measure(volume, voxelsPerSlice, warnings)), ...describe(settings, components), warnings };
  // Who asks for one file gets no other beside it.
  if (maskName === undefined) await writeOutputFile(output, `${name}.json`, `${JSON.stringify({ volume: `${volume.name}.mhd`, ...report }, undefined, 2)}\n`);
  for (const line of warnings) log.warn(`${volume.name}: ${line}`);
  const [label] = report.labels;
  log.info(`${volume.name}: ${label.voxels} voxels, ${label.volumeMl} ml, the largest of ${components.size} connected ${components.size === 1 ? 'part' : 'parts'} between ${settings.window.lower} and ${settings.window.upper}`);
}

/** The component with most voxels; of several equal ones the first. */
function largestOf(components: ReadonlyMap<number, number>): number | undefined {
  let best: number | undefined;
  for (const [component, voxels] of components) {
    if (best === undefined || voxels > components.get(best)!) best = component;
  }
  return best;
}

/** Writes the mask and counts its voxels in each slice. */
async function writeMask(volume: Volume, output: string, name: string, labeller: Labeller, component: number | undefined, signal: AbortSignal): Promise<number[]> {
  const [columns, rows] = volume.header.size;
  const counts: number[] = [];
  const file = await createOutputFile(output, `${name}.raw`);
  try {
    const mask = new Uint8Array(columns * rows);
    labeller.rewind();
    for await (const slice of volume.slices()) {
      signal.throwIfAborted();
      let voxels = 0;
      mask.fill(0);
      labeller.slice(slice, (row, start, end, label) => {
        if (labeller.componentOf(label) !== component) return;
        mask.fill(1, row * columns + start, row * columns + end);
        voxels += end - start;
      });
      await appendBytes(file.handle, mask);
      counts.push(voxels);
    }
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
  const header = { ...volume.header, elementType: 'MET_UCHAR', dataFile: `${name}.raw`, bigEndian: false, compressed: false, dataOffset: 0 } as const;
  await writeOutputFile(output, `${name}.mhd`, printMetaHeader(header));
  return counts;
}

/** The volume of the mask: by where the slices really lie if dicom-reader left word of it, else by ElementSpacing. */
async function measure(volume: Volume, voxelsPerSlice: readonly number[], warnings: string[]): Promise<{ labels: [{ value: number; voxels: number; volumeMl: number }]; spacing: object }> {
  const [width, height, depth] = volume.header.spacing;
  const known = await readSliceReport(volume);
  const own = known !== undefined && known.slicePositions.length > 1 ? thicknesses(known.slicePositions) : undefined;
  const uneven = own?.some((thickness) => Math.abs(thickness - depth) > 0.01 * depth) ?? false;
  if (uneven) warnings.push('slices are not evenly spaced: the volume is counted with the true distance of each slice to its neighbours, not with ElementSpacing');
  const cubicMm = voxelsPerSlice.reduce((sum, voxels, index) => sum + voxels * width * height * (uneven ? own![index]! : depth), 0);
  const voxels = voxelsPerSlice.reduce((sum, count) => sum + count, 0);
  return {
    labels: [{ value: 1, voxels, volumeMl: Number((cubicMm / 1000).toFixed(4)) }],
    spacing: { mm: [width, height, depth], even: !uneven, basis: uneven ? 'slice positions' : 'ElementSpacing' },
  };
}

function describe({ window, connectivity }: SegmentationSettings, components: ReadonlyMap<number, number>): object {
  return {
    window,
    connectivity,
    connectedParts: components.size,
    voxelsInWindow: [...components.values()].reduce((sum, voxels) => sum + voxels, 0),
  };
}
