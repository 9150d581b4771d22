import { ClaraError } from '../../core/errors.ts';
import { type OperatorLog } from '../contract/program.ts';
import { writeOutputFile } from '../volume/output-file.ts';
import { convertStack, type ConvertedVolume } from '../dicom/series/convert.ts';
import { discover } from '../dicom/instances/discover.ts';
import { type Slice } from '../dicom/instances/instance.ts';
import { type Codecs, createCodecs } from '../../pixels/codecs.ts';
import { volumeReport } from '../dicom/series/report.ts';
import { count, names, stacksOf } from '../dicom/series/stack.ts';

/**
 * Converts every series below a folder.
 * @throws ClaraError `failed` where no series at all could be converted.
 */
export async function readSeries(input: string, output: string, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const { series, files, skipped } = await collect(input, log, signal);
  const codecs = createCodecs();
  let volumes = 0;
  for (const [uid, slices] of series) {
    if (await convertSeries(uid, slices, output, codecs, log, signal)) volumes += 1;
  }
  log.info(`${count(volumes, 'volume')} from ${series.size} series in ${count(files, 'file')}, ${skipped} skipped`);
  if (volumes === 0) {
    throw new ClaraError('failed', `nothing could be converted: ${count(files, 'file')} in ${input}, ${skipped} skipped`, { hint: 'the lines above say why each file was skipped' });
  }
}

interface Collected {
  readonly series: Map<string, Slice[]>;
  readonly files: number;
  readonly skipped: number;
}

/** The image planes of every series, in the order in which the series were met. */
async function collect(input: string, log: OperatorLog, signal: AbortSignal): Promise<Collected> {
  const series = new Map<string, Slice[]>();
  let files = 0;
  let skipped = 0;
  for await (const { name, content } of discover(input)) {
    signal.throwIfAborted();
    files += 1;
    if (content.kind === 'skipped') {
      skipped += 1;
      log.warn(`skipped ${name}: ${content.reason}`);
      continue;
    }
    for (const slice of content.slices) {
      const known = series.get(slice.image.seriesUid);
      if (known === undefined) series.set(slice.image.seriesUid, [slice]);
      else known.push(slice);
    }
  }
  return { series, files, skipped };
}

/** Writes the largest stack of a series under the series' UID; says what became of the rest. */
async function convertSeries(uid: string, slices: readonly Slice[], output: string, codecs: Codecs, log: OperatorLog, signal: AbortSignal): Promise<boolean> {
  const [main, ...others] = stacksOf(slices);
  for (const other of others) {
    const size = other.slices[0] === undefined ? '' : ` (${other.slices[0].image.format.columns} × ${other.slices[0].image.format.rows})`;
    log.warn(`series ${uid}: ${count(other.slices.length, 'image')} of another size or orientation left out${size}: ${names(other.slices)}`);
  }
  if (main === undefined || main.slices.length === 0) {
    for (const line of main?.leftOut ?? []) log.warn(`series ${uid}: ${line}`);
    return false;
  }
  const { volume, failures } = await convertStack(main, output, uid, codecs, signal);
  for (const { slice, reason } of failures) log.warn(`skipped ${slice.image.name}${slice.image.frames > 1 ? ` frame ${slice.frame + 1}` : ''}: ${reason}`);
  if (volume === undefined) return false;
  for (const line of volume.warnings) log.warn(`series ${uid}: ${line}`);
  await writeOutputFile(output, `${uid}.json`, `${JSON.stringify(volumeReport(volume), undefined, 2)}\n`);
  log.info(summaryOf(uid, volume));
  return true;
}

function summaryOf(uid: string, { geometry, elementType }: ConvertedVolume): string {
  return `series ${uid}: ${geometry.size.join(' × ')} voxels of ${geometry.spacing.map((mm) => Number(mm.toFixed(4))).join(' × ')} mm, ${elementType}`;
}
