import { ClaraError } from '../../core/errors.ts';
import { type OperatorLog } from '../contract/program.ts';
import { convertSeries } from '../dicom/series/convert-series.ts';
import { discover } from '../dicom/instances/discover.ts';
import { type Slice } from '../dicom/instances/instance.ts';
import { createCodecs } from '../../pixels/codecs.ts';
import { count, stacksOf } from '../dicom/series/stack.ts';

/**
 * Converts every series below a folder.
 * @throws ClaraError `failed` where no series at all could be converted.
 */
export async function readSeries(input: string, output: string, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const { series, files, skipped } = await collect(input, log, signal);
  const target = { folder: output, format: 'mhd', codecs: createCodecs() } as const;
  let volumes = 0;
  for (const [uid, slices] of series) {
    if ((await convertSeries(uid, stacksOf(slices), target, log, signal)) !== undefined) volumes += 1;
  }
  log.info(`${count(volumes, 'volume')} from ${series.size} series in ${count(files, 'file')}, ${skipped} skipped`);
  if (volumes === 0) {
    if (files === 0) throw new ClaraError('failed', `nothing could be converted: there are no files in ${input}`);
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
