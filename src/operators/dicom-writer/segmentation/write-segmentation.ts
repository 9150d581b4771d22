import { randomUUID } from 'node:crypto';
import { data } from 'dcmjs';
import { ClaraError } from '../../../core/errors.ts';
import { type OperatorLog } from '../../contract/program.ts';
import { uidOf } from '../../dicom/uids.ts';
import { count } from '../../dicom/series/stack.ts';
import { type Slice } from '../../dicom/instances/instance.ts';
import { appendBytes, createOutputFile, type OutputFile } from '../../volume/output-file.ts';
import { openVolume, type Volume } from '../../volume/volume-reader.ts';
import { explicitLittleEndian, metaInformation, type Elements } from '../elements.ts';
import { originalReader } from '../original.ts';
import { originalsOf } from '../originals.ts';
import { type WriteSettings } from '../write-series.ts';
import { bitPacker, packedLength } from './bits.ts';
import { segmentationDataSet, segmentationStorage } from './data-set.ts';
import { frameGroups, positionIndex } from './functional-groups.ts';
import { findLabels, framesOf, type Frame, type Labels } from './labels.ts';
import { plainSegment, type Segment } from './segment.ts';
import { type NamedSegments } from './named-segments.ts';

export interface SegmentationSettings extends WriteSettings {
  /** What labels stand for; undefined: every label is a segment. */
  readonly named: NamedSegments | undefined;
  /** Frames without a voxel are written too. */
  readonly emptyFrames: boolean;
}

/** A length of four bytes ends below this (PS3.5 7.1.1). */
const mostPixelBytes = 0xffff_fffe;

/** Writes a mask as one segmentation object, a frame at a time. */
export async function writeSegmentation(
  file: string, series: ReadonlyMap<string, readonly Slice[]>, output: string, settings: SegmentationSettings, log: OperatorLog, signal: AbortSignal,
): Promise<void> {
  const volume = await openVolume(file);
  const slices = originalsOf(volume, series, log);
  const { named } = settings;
  const found = await findLabels(volume.slices(), named === undefined ? undefined : new Set(named.segments.map(({ label }) => label)), `${volume.name}.mhd`, signal);
  const segments = named?.segments ?? segmentsOf(found);
  const frames = framesOf(segments.map(({ label }) => label), found, slices.length, settings.emptyFrames);
  const [columns, rows] = volume.header.size;
  const bytes = packedLength(frames.length, columns * rows);
  if (bytes > mostPixelBytes) throw new ClaraError('usage', `${volume.name}.mhd: ${frames.length} frames are more than one object can hold`);
  if (found.size === 0) log.warn(`${volume.name}.mhd has no voxel of ${named === undefined ? 'any label' : 'the named labels'}: every frame is empty`);
  const seed = `clara dicom-writer seg ${settings.run ?? randomUUID()} ${volume.name}`;
  const uid = uidOf(`${seed} instance`);
  const dataSet = segmentationDataSet(await originalReader()(slices[0]!), {
    seed, uid, description: settings.description ?? named?.description ?? 'Segmentation', creator: named?.creator, date: new Date(), segments, frames: frames.length, slices,
  });
  const target = await createOutputFile(output, `${uid}.dcm`);
  try {
    await appendBytes(target.handle, head(uid, dataSet));
    await appendFrameGroups(target, frames, slices, signal);
    await appendPixels(target, bytes, frames, segments, volume, signal);
  } catch (error) {
    await target.discard();
    throw error;
  }
  await target.finish();
  log.info(`${volume.name}: ${count(segments.length, 'segment')} in ${count(frames.length, 'frame')} of the new object ${uid}`);
}

/** A mask without any label is one in which the only thing that was looked for is not. */
function segmentsOf(found: Labels): Segment[] {
  return found.size === 0 ? [plainSegment(1)] : [...found.keys()].map(plainSegment);
}

function head(uid: string, dataSet: Elements): Uint8Array {
  const file = new data.DicomDict(metaInformation(segmentationStorage, uid));
  file.dict = dataSet;
  return new Uint8Array(file.write());
}

/** Per-Frame Functional Groups Sequence, of undefined length: nothing of it is kept but the item being written. */
async function appendFrameGroups({ handle }: OutputFile, frames: readonly Frame[], slices: readonly Slice[], signal: AbortSignal): Promise<void> {
  const positions = positionIndex(frames);
  let waiting: Uint8Array[] = [Buffer.from('0052309253510000ffffffff', 'hex')];
  let size = 0;
  for (const frame of frames) {
    const item = itemBytes(frameGroups(frame, slices[frame.slice]!, positions));
    waiting.push(item);
    size += item.length;
    if (size < 1 << 16) continue;
    signal.throwIfAborted();
    await appendBytes(handle, Buffer.concat(waiting));
    [waiting, size] = [[], 0];
  }
  waiting.push(Buffer.from('feffdde000000000', 'hex'));
  await appendBytes(handle, Buffer.concat(waiting));
}

function itemBytes(elements: Elements): Uint8Array {
  const stream = new data.WriteBufferStream(1024, true);
  data.DicomMessage.write(elements, stream, explicitLittleEndian, {});
  const content = Buffer.from(stream.getBuffer(0, stream.size));
  const start = Buffer.from('feff00e000000000', 'hex');
  start.writeUInt32LE(content.length, 4);
  return Buffer.concat([start, content]);
}

/** Pixel Data: the slices that a segment has frames of are read again, segment after segment. */
async function appendPixels({ handle }: OutputFile, bytes: number, frames: readonly Frame[], segments: readonly Segment[], volume: Volume, signal: AbortSignal): Promise<void> {
  const start = Buffer.from('e07f10004f42000000000000', 'hex');
  start.writeUInt32LE(bytes, 8);
  await appendBytes(handle, start);
  const packer = bitPacker();
  for (const [index, { label }] of segments.entries()) {
    const indices = frames.filter(({ segment }) => segment === index + 1).map(({ slice }) => slice);
    for await (const values of volume.slices(indices)) {
      signal.throwIfAborted();
      await appendBytes(handle, packer.append(values, label));
    }
  }
  await appendBytes(handle, packer.end());
}
