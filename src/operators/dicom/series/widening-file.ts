import { asSamples, bytesOf, bytesPerElement, type Samples } from '../../volume/elements.ts';
import { appendBytes, createOutputFile, type OutputFile } from '../../volume/output-file.ts';
import { readExactly } from '../../volume/volume-reader.ts';
import { newSamples, type OutputType, rescale, typeFor, wider } from './rescale.ts';

/**
 * A raw file that takes one slice after another and becomes as wide as its values need. Whether all the values of a
 * series fit into 16 bits is known only at its last slice: when one does not, what was written so far is copied into
 * a wider file, a piece at a time.
 */
export interface WideningFile {
  readonly type: OutputType;
  /** Where the unfinished bytes are. */
  readonly part: string;
  append(stored: Samples, slope: number, intercept: number): Promise<void>;
  /** Fills the room in front of the voxels. */
  fillRoom(bytes: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  discard(): Promise<void>;
}

const pieceValues = 1 << 18;

/** @param room bytes to leave free in front of the voxels, for a header that is known only once they are written. */
export async function createWideningFile(folder: string, name: string, room = 0): Promise<WideningFile> {
  let type: OutputType = 'MET_SHORT';
  let file = await startFile(folder, name, name, room);
  let values = 0;
  let slice = newSamples(type, 0);
  let sliceType: OutputType = type;

  const become = async (wanted: OutputType): Promise<void> => {
    const next = await startFile(folder, `${wanted}-${name}`, name, room);
    try {
      await copyWider(file, type, values, next, wanted, room);
    } catch (error) {
      await next.discard();
      throw error;
    }
    await file.discard();
    file = next;
    type = wanted;
  };

  return {
    get type() {
      return type;
    },
    get part() {
      return file.part;
    },
    append: async (stored, slope, intercept) => {
      const wanted = wider(type, typeFor(stored, slope, intercept));
      if (wanted !== type) await become(wanted);
      if (slice.length !== stored.length || wanted !== sliceType) [slice, sliceType] = [newSamples(type, stored.length), wanted];
      rescale(stored, slope, intercept, slice);
      await appendBytes(file.handle, bytesOf(slice));
      values += stored.length;
    },
    fillRoom: async (bytes) => {
      if (bytes.length !== room) throw new Error(`${bytes.length} bytes for a room of ${room}`);
      for (let at = 0; at < room; ) at += (await file.handle.write(bytes, at, room - at, at)).bytesWritten;
    },
    finish: () => file.finish(),
    discard: () => file.discard(),
  };
}

async function startFile(folder: string, temporary: string, name: string, room: number): Promise<OutputFile> {
  const file = await createOutputFile(folder, temporary, name);
  try {
    if (room > 0) await appendBytes(file.handle, new Uint8Array(room));
    return file;
  } catch (error) {
    await file.discard();
    throw error;
  }
}

async function copyWider(from: OutputFile, type: OutputType, values: number, to: OutputFile, wanted: OutputType, room: number): Promise<void> {
  const size = bytesPerElement[type];
  for (let start = 0; start < values; start += pieceValues) {
    const piece = new Uint8Array(Math.min(pieceValues, values - start) * size);
    await readExactly(from.handle, piece, room + start * size, from.part);
    const wide = newSamples(wanted, piece.length / size);
    rescale(asSamples(type, piece), 1, 0, wide);
    await appendBytes(to.handle, bytesOf(wide));
  }
}
