import { randomUUID } from 'node:crypto';
import { data } from 'dcmjs';
import { type OperatorLog } from '../contract/program.ts';
import { uidOf } from '../dicom/uids.ts';
import { type Slice } from '../dicom/instances/instance.ts';
import { writeOutputFile } from '../volume/output-file.ts';
import { openVolume } from '../volume/volume-reader.ts';
import { type Elements } from './elements.ts';
import { encode, encodingOf, rangeOf } from './encoding.ts';
import { derivedInstance, type Series } from './instance.ts';
import { originalReader } from './original.ts';
import { originalsOf } from './originals.ts';

export interface WriteSettings {
  /** Series Description; undefined: what the volume seems to be. */
  readonly description: string | undefined;
  /** The job and the operator that write; a run that is repeated writes the same UIDs. Undefined: new ones every time. */
  readonly run: string | undefined;
}

/** Writes a volume as a new series, one instance for each slice, a slice at a time. */
export async function writeSeries(
  file: string, series: ReadonlyMap<string, readonly Slice[]>, output: string, settings: WriteSettings, log: OperatorLog, signal: AbortSignal,
): Promise<void> {
  const volume = await openVolume(file);
  const originals = originalsOf(volume, series, log);
  const range = await rangeOf(volume.slices(), signal);
  // What has eight bits are labels: no scanner's values would fit.
  const isLabels = ['MET_UCHAR', 'MET_CHAR'].includes(volume.header.elementType);
  const seed = `clara dicom-writer ${settings.run ?? randomUUID()} ${volume.name}`;
  const target: Series = {
    seed, uid: uidOf(`${seed} series`), description: settings.description ?? (isLabels ? 'Segmentation' : 'Derived images'),
    labels: isLabels ? range : undefined, encoding: encodingOf(range), date: new Date(),
  };
  const [columns, rows] = volume.header.size;
  const attributesOf = originalReader();
  let index = 0;
  for await (const values of volume.slices()) {
    signal.throwIfAborted();
    const slice = originals[index]!;
    const parts = { index, rows, columns, pixels: encode(values, target.encoding), frame: slice.image.frames > 1 ? slice.frame + 1 : undefined };
    const { uid, meta, elements } = derivedInstance(await attributesOf(slice), target, parts);
    await writeOutputFile(output, `${uid}.dcm`, written(meta, elements));
    index += 1;
  }
  log.info(`${volume.name}: ${index} ${index === 1 ? 'instance' : 'instances'} of the new series ${target.uid}`);
}

function written(meta: Elements, elements: Elements): Uint8Array {
  const file = new data.DicomDict(meta);
  file.dict = elements;
  return new Uint8Array(file.write());
}
