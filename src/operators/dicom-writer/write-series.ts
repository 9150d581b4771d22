import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { data } from 'dcmjs';
import { ClaraError, messageOf } from '../../core/errors.ts';
import { type OperatorLog } from '../contract/program.ts';
import { uidOf } from '../dicom/uids.ts';
import { type Slice } from '../dicom/instances/instance.ts';
import { writeOutputFile } from '../volume/output-file.ts';
import { openVolume } from '../volume/volume-reader.ts';
import { type Elements } from './attributes.ts';
import { encode, encodingOf, rangeOf } from './encoding.ts';
import { derivedInstance, type Series } from './instance.ts';
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
  let index = 0;
  for await (const values of volume.slices()) {
    signal.throwIfAborted();
    const original = await attributesOf(originals[index]!);
    const { uid, meta, elements } = derivedInstance(original, target, { index, rows, columns, pixels: encode(values, target.encoding) });
    await writeOutputFile(output, `${uid}.dcm`, written(meta, elements));
    index += 1;
  }
  log.info(`${volume.name}: ${index} ${index === 1 ? 'instance' : 'instances'} of the new series ${target.uid}`);
}

/** The attributes of an original before its pixels. */
async function attributesOf({ image }: Slice): Promise<Elements> {
  const bytes = await readFile(image.path);
  try {
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
    return data.DicomMessage.readFile(buffer, { untilTag: '7FE00010', includeUntilTagValue: false }).dict as Elements;
  } catch (error) {
    throw new ClaraError('failed', `${image.name} cannot be read (${messageOf(error)})`, { cause: error });
  }
}

function written(meta: Elements, elements: Elements): Uint8Array {
  const file = new data.DicomDict(meta);
  file.dict = elements;
  return new Uint8Array(file.write());
}
