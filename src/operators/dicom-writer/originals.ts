import { ClaraError } from '../../core/errors.ts';
import { type OperatorLog } from '../contract/program.ts';
import { discover } from '../dicom/instances/discover.ts';
import { type Slice } from '../dicom/instances/instance.ts';
import { stacksOf } from '../dicom/series/stack.ts';
import { type Volume } from '../volume/volume-reader.ts';

/** The images of every series below a folder, by the series' UID; what is no image is no matter here. */
export async function originalSeries(folder: string, signal: AbortSignal): Promise<ReadonlyMap<string, readonly Slice[]>> {
  const series = new Map<string, Slice[]>();
  for await (const { content } of discover(folder)) {
    signal.throwIfAborted();
    if (content.kind !== 'image') continue;
    for (const slice of content.slices) {
      const known = series.get(slice.image.seriesUid);
      if (known === undefined) series.set(slice.image.seriesUid, [slice]);
      else known.push(slice);
    }
  }
  return series;
}

/**
 * The original images that the slices of a volume come from, one for each, in order. A volume is named after its
 * series; where only one series is there, it is that one whatever the name.
 * @throws ClaraError `usage` where they do not fit together
 */
export function originalsOf(volume: Volume, series: ReadonlyMap<string, readonly Slice[]>, log: OperatorLog): readonly Slice[] {
  const [only, ...others] = series.keys();
  const uid = series.has(volume.name) ? volume.name : others.length === 0 ? only : undefined;
  if (uid === undefined) {
    throw new ClaraError('usage', `${volume.name}.mhd is named after none of the ${series.size} original series`, {
      details: [...series.keys()].slice(0, 5), hint: 'name a volume <SeriesInstanceUID>.mhd after the series that it comes from, as dicom-reader does',
    });
  }
  if (uid !== volume.name) log.warn(`${volume.name}.mhd is not named after its series; taking the only one there is, ${uid}`);
  // As dicom-reader orders them, and as it leaves out what has no place in the volume.
  const slices = stacksOf(series.get(uid)!)[0]?.slices ?? [];
  const [columns, rows, count] = volume.header.size;
  const [first] = slices;
  if (first === undefined || slices.length !== count || first.image.format.columns !== columns || first.image.format.rows !== rows) {
    const has = first === undefined ? 'none that fit together' : `${slices.length} of ${first.image.format.columns} × ${first.image.format.rows}`;
    throw new ClaraError('usage', `${volume.name}.mhd has ${count} slices of ${columns} × ${rows}, the original series ${has}`, { hint: 'a volume must have the slices of its series, in size and number' });
  }
  return slices;
}
