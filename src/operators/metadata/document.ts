import { type OutputFile, appendBytes, createOutputFile } from '../volume/output-file.ts';
import { type Attributes } from './json-model.ts';
import { differences, ofLevel } from './levels.ts';
import { printAttributes } from './print.ts';

/** Name of the file that holds the metadata of all studies. */
export const metadataFile = 'dicom-metadata.json';

/** An instance whose attributes are to be written. */
export interface KnownInstance {
  /** Path below the input folder. */
  readonly name: string;
}

export interface KnownSeries<I extends KnownInstance> {
  readonly uid: string;
  readonly instances: readonly I[];
}

export interface KnownStudy<I extends KnownInstance> {
  readonly series: readonly KnownSeries<I>[];
}

/** Text is collected up to this many characters before it is written. */
const pieceLength = 1 << 16;

/**
 * Writes the hierarchy of studies, series and instances, an instance a line, with no more than one instance in memory.
 * What all have in common is said once, above: the attributes of an instance are those of its study, its series and its
 * own, of which the last one counts.
 * @param read the attributes of an instance.
 * @param visit is given each of them.
 */
export async function writeMetadata<I extends KnownInstance>(
  studies: readonly KnownStudy<I>[], folder: string, read: (instance: I) => Promise<Attributes>, visit: (series: KnownSeries<I>, attributes: Attributes) => void, signal: AbortSignal,
): Promise<void> {
  const file = await createOutputFile(folder, metadataFile);
  try {
    const text = bufferedText(file);
    await text.add('{"studies": [');
    for (const [at, study] of studies.entries()) {
      let ofStudy: Attributes | undefined;
      for (const [position, series] of study.series.entries()) {
        let above: Attributes | undefined;
        for (const [index, instance] of series.instances.entries()) {
          signal.throwIfAborted();
          const attributes = await read(instance);
          visit(series, attributes);
          if (ofStudy === undefined) {
            ofStudy = ofLevel(attributes, 'study');
            await text.add(`${at > 0 ? ',' : ''}\n{"attributes": ${printAttributes(ofStudy)},\n"series": [`);
          }
          if (above === undefined) {
            // A series may contradict its study, and an instance its series; what it says is what counts for it.
            const ofSeries = { ...differences(ofLevel(attributes, 'study'), ofStudy), ...ofLevel(attributes, 'series') };
            above = { ...ofStudy, ...ofSeries };
            await text.add(`${position > 0 ? ',' : ''}\n{"attributes": ${printAttributes(ofSeries)},\n"instances": [`);
          }
          await text.add(`${index > 0 ? ',' : ''}\n{"file": ${JSON.stringify(instance.name)}, "attributes": ${printAttributes(differences(attributes, above))}}`);
        }
        await text.add('\n]}');
      }
      await text.add('\n]}');
    }
    await text.add('\n]}\n');
    await text.flush();
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}

function bufferedText(file: OutputFile) {
  let pieces = '';
  const flush = async (): Promise<void> => {
    const bytes = Buffer.from(pieces);
    pieces = '';
    await appendBytes(file.handle, bytes);
  };
  return {
    flush,
    add: async (text: string): Promise<void> => {
      pieces += text;
      if (pieces.length >= pieceLength) await flush();
    },
  };
}
