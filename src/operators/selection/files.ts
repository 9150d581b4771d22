import { type OperatorLog } from '../contract/program.ts';
import { writeOutputFile } from '../volume/output-file.ts';
import { type SelectionRules } from './rules.ts';
import { type Selector } from './evaluate.ts';

/** Series Instance UID → files of the series' volume, relative to the folder that the map is in. */
export type SeriesImages = Readonly<Record<string, readonly string[]>>;

export const seriesImagesFile = 'series-images.json';
export const selectedImagesFile = 'selected-images.json';

/** The part of a map that is about the selected series; says which selections they meet, and which of them have no images. */
export function selectedImages(images: SeriesImages, selector: Selector, rules: SelectionRules, log: OperatorLog): SeriesImages {
  const all = selector.result();
  const met = [...all].filter(([, names]) => names.length > 0);
  for (const [uid, names] of met) {
    if (Object.hasOwn(images, uid)) log.info(`series ${uid}: selected by ${names.map((name) => JSON.stringify(name)).join(', ')}`);
    else log.warn(`series ${uid}: meets ${names.map((name) => JSON.stringify(name)).join(', ')}, but has no images`);
  }
  const selected = Object.fromEntries(met.flatMap(([uid]) => (Object.hasOwn(images, uid) ? [[uid, images[uid]!] as const] : [])));
  for (const { name } of rules.selections) if (!met.some(([, names]) => names.includes(name))) log.warn(`no series meets ${JSON.stringify(name)}`);
  const count = Object.keys(selected).length;
  log.info(`${count} of ${all.size} series selected by the rules of ${rules.source}`);
  if (count === 0) log.warn(`nothing is selected: ${selectedImagesFile} is empty`);
  return selected;
}

export function writeImages(folder: string, name: string, images: SeriesImages): Promise<void> {
  return writeOutputFile(folder, name, `${JSON.stringify(images, undefined, 2)}\n`);
}
