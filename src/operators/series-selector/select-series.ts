import { join } from 'node:path';
import { type OperatorLog } from '../contract/program.ts';
import { count } from '../dicom/series/stack.ts';
import { metadataFile } from '../metadata/document.ts';
import { readMetadata } from '../metadata/read-document.ts';
import { createSelector } from '../selection/evaluate.ts';
import { selectedImages, selectedImagesFile, seriesImagesFile, writeImages } from '../selection/files.ts';
import { type SelectionRules } from '../selection/rules.ts';
import { copyImages, readSeriesImages } from './images.ts';

export interface SelectorSettings {
  readonly rules: SelectionRules;
  /** The images stay where they are. */
  readonly isMapOnly: boolean;
}

/** Selects series by what dicom-parser wrote about them; the map of what is selected is written last, when its files are there. */
export async function selectSeries(input: string, output: string, { rules, isMapOnly }: SelectorSettings, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const images = await readSeriesImages(join(input, seriesImagesFile));
  const selector = createSelector(rules);
  await readMetadata(join(input, metadataFile), ({ seriesUid, attributes }) => selector.show(seriesUid, attributes), signal);
  const selected = selectedImages(images, selector, rules, log);
  if (!isMapOnly) log.info(`${count(await copyImages(selected, input, output, signal), 'volume')} copied`);
  await writeImages(output, selectedImagesFile, selected);
}
