import { type OperatorLog } from '../../contract/program.ts';
import { writeOutputFile } from '../../volume/output-file.ts';
import { convertStack, type ConvertedVolume, type VolumeTarget } from './convert.ts';
import { type Slice } from '../instances/instance.ts';
import { volumeReport } from './report.ts';
import { count, names, type Stack } from './stack.ts';

/**
 * Writes the largest stack of a series, and a report beside it, under the series' UID; says what became of the rest.
 * Returns the name of the file to open the volume by; undefined: there is none.
 */
export async function convertSeries(uid: string, [main, ...others]: readonly Stack[], target: VolumeTarget, log: OperatorLog, signal: AbortSignal): Promise<string | undefined> {
  for (const other of others) {
    for (const line of other.leftOut) log.warn(`series ${uid}: ${line}`);
    if (other.slices[0] !== undefined) log.warn(`series ${uid}: ${count(other.slices.length, 'image')} ${difference(other.slices[0], main?.slices[0])}: ${names(other.slices)}`);
  }
  if (main === undefined || main.slices.length === 0) {
    for (const line of main?.leftOut ?? []) log.warn(`series ${uid}: ${line}`);
    return undefined;
  }
  const { volume, failures } = await convertStack(main, uid, target, signal);
  for (const { slice, reason } of failures) log.warn(`skipped ${slice.image.name}${slice.image.frames > 1 ? ` frame ${slice.frame + 1}` : ''}: ${reason}`);
  if (volume === undefined) return undefined;
  for (const line of volume.warnings) log.warn(`series ${uid}: ${line}`);
  await writeOutputFile(target.folder, `${uid}.json`, `${JSON.stringify(volumeReport(volume), undefined, 2)}\n`);
  log.info(summaryOf(uid, volume));
  return volume.file;
}

/** Why a slice is not in the stack of another, and that it is left out. */
function difference({ plane, pixelSpacing, image: { format } }: Slice, main: Slice | undefined): string {
  if (plane === undefined) return 'without a valid Image Position (Patient) and Image Orientation (Patient) left out';
  if (pixelSpacing === undefined && main?.pixelSpacing !== undefined) return 'without a valid Pixel Spacing left out';
  const size = ` (${format.columns} × ${format.rows}${pixelSpacing === undefined ? '' : `, ${pixelSpacing.map((mm) => Number(mm.toFixed(4))).join(' × ')} mm`})`;
  return `of another size or orientation left out${size}`;
}

function summaryOf(uid: string, { geometry, elementType }: ConvertedVolume): string {
  return `series ${uid}: ${geometry.size.join(' × ')} voxels of ${geometry.spacing.map((mm) => Number(mm.toFixed(4))).join(' × ')} mm, ${elementType}`;
}
