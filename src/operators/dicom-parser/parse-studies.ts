import { open } from 'node:fs/promises';
import { ClaraError } from '../../core/errors.ts';
import { createCodecs } from '../../pixels/codecs.ts';
import { whyNotRead } from '../contract/file-errors.ts';
import { type OperatorLog } from '../contract/program.ts';
import { discoverAs } from '../dicom/instances/discover.ts';
import { firstBytes, readHeader } from '../dicom/instances/header.ts';
import { convertSeries } from '../dicom/series/convert-series.ts';
import { count } from '../dicom/series/stack.ts';
import { type VolumeFormat } from '../dicom/series/volume-file.ts';
import { metadataFile, writeMetadata } from '../metadata/document.ts';
import { attributesOf, type Attributes } from '../metadata/json-model.ts';
import { createSelector } from '../selection/evaluate.ts';
import { selectedImages, selectedImagesFile, seriesImagesFile, type SeriesImages, writeImages } from '../selection/files.ts';
import { type SelectionRules } from '../selection/rules.ts';
import { hierarchyOf, slicesBySeries } from './hierarchy.ts';
import { describeInstance, type Instance } from './instance.ts';
import { suitability } from './suitable.ts';

export interface ParserSettings {
  readonly format: VolumeFormat;
  /** Undefined: nothing is selected. */
  readonly rules: SelectionRules | undefined;
}

/**
 * Writes the metadata of every instance below a folder, the volumes of its series, and which files are whose.
 * @throws ClaraError `failed` where there is no DICOM file at all.
 */
export async function parseStudies(input: string, output: string, { format, rules }: ParserSettings, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const { instances, files } = await collect(input, log, signal);
  if (instances.length === 0) {
    throw new ClaraError('failed', `no DICOM instance: ${count(files, 'file')} in ${input}, all skipped`, { hint: files === 0 ? 'the folder is empty' : 'the lines above say why each file was skipped' });
  }
  const { studies, copies } = hierarchyOf(instances);
  if (copies.length > 0) log.warn(`${count(copies.length, 'file')} left out of ${metadataFile}: second copies of instances (${copies.slice(0, 3).map(({ name }) => name).join(', ')}${copies.length > 3 ? ', ...' : ''})`);

  const images = await convert(instances, output, format, log, signal);
  await writeImages(output, seriesImagesFile, images);
  const selector = rules === undefined ? undefined : createSelector(rules);
  const scratch = Buffer.alloc(firstBytes);
  await writeMetadata(studies, output, (instance) => readAttributes(instance, scratch), ({ uid }, attributes) => selector?.show(uid, attributes), signal);
  if (rules !== undefined && selector !== undefined) await writeImages(output, selectedImagesFile, selectedImages(images, selector, rules, log));
  const series = studies.reduce((sum, study) => sum + study.series.length, 0);
  log.info(`${studies.length} ${studies.length === 1 ? 'study' : 'studies'}, ${series} series, ${count(instances.length - copies.length, 'instance')} in ${count(files, 'file')}; ${count(Object.keys(images).length, 'volume')}`);
}

async function collect(input: string, log: OperatorLog, signal: AbortSignal): Promise<{ readonly instances: readonly Instance[]; readonly files: number }> {
  const instances: Instance[] = [];
  let files = 0;
  for await (const { name, content } of discoverAs(input, describeInstance)) {
    signal.throwIfAborted();
    files += 1;
    if (content.kind === 'skipped') log.warn(`skipped ${name}: ${content.reason}`);
    else instances.push(content);
  }
  return { instances, files };
}

/** Converts what is suitable; says of everything else why it is not. */
async function convert(instances: readonly Instance[], folder: string, format: VolumeFormat, log: OperatorLog, signal: AbortSignal): Promise<SeriesImages> {
  const target = { folder, format, codecs: createCodecs() };
  const images: Record<string, readonly string[]> = {};
  for (const [uid, { slices, reasons }] of slicesBySeries(instances)) {
    const found = suitability(slices, reasons);
    if (found.kind === 'unsuitable') {
      log.info(`series ${uid}: not converted: ${found.reason}`);
      continue;
    }
    if (reasons.size > 0) log.warn(`series ${uid}: instances left out of the volume: ${[...reasons].slice(0, 3).join('; ')}`);
    if (found.localizers > 0) log.warn(`series ${uid}: ${count(found.localizers, 'localizer')} left out of the volume`);
    const file = await convertSeries(uid, found.stacks, target, log, signal);
    if (file !== undefined) images[uid] = [file];
  }
  return images;
}

async function readAttributes({ path, name }: Instance, scratch: Buffer): Promise<Attributes> {
  const file = await open(path, 'r');
  try {
    const header = await readHeader(file, (await file.stat()).size, name, scratch);
    if (header.kind !== 'header') throw new ClaraError('failed', `${name} changed while it was read`);
    return attributesOf(header.dataSet);
  } catch (error) {
    throw error instanceof ClaraError ? error : new ClaraError('failed', `${name} cannot be read (${whyNotRead(error)})`, { cause: error });
  } finally {
    await file.close();
  }
}
