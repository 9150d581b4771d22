import { createReadStream } from 'node:fs';
import { type FileHandle, open, readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream';
import { createInflate } from 'node:zlib';
import { ClaraError } from '../../core/errors.ts';
import { unreadableFolder, whyNotRead } from '../contract/file-errors.ts';
import { asSamples, bytesPerElement, type Samples, swapBytes } from './elements.ts';
import { parseMetaHeader, type VolumeHeader } from './meta-header.ts';

/** A header is a few hundred bytes; anything much larger is another kind of file. */
const headerLimit = 1 << 20;

/** A volume on disk whose slices are read one at a time. */
export interface Volume {
  readonly header: VolumeHeader;
  /** The header's file. */
  readonly file: string;
  /** File name without `.mhd`: the series' UID, which results keep. */
  readonly name: string;
  /**
   * The slices from first to last, or only those with the given ascending indices. Each one is valid until the next is asked for.
   * @throws ClaraError `failed` where the data file is shorter than the header says, or damaged.
   */
  slices(indices?: readonly number[]): AsyncGenerator<Samples, void, undefined>;
}

/** The volumes of a folder, in the order of their names. */
export async function findVolumes(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => /\.mhd$/i.test(name)).sort().map((name) => join(folder, name));
  } catch (error) {
    throw unreadableFolder(folder, error);
  }
}

/** Opens a volume: reads its header and checks that all its voxels are there. */
export async function openVolume(file: string): Promise<Volume> {
  const { size } = await stat(file);
  if (size > headerLimit) throw new ClaraError('usage', `${file}: not a MetaImage header (${size} bytes)`);
  const header = parseMetaHeader(await readFile(file, 'utf8'), file);
  const dataFile = join(dirname(file), header.dataFile);
  const length = await dataLength(dataFile, file);
  const wanted = sliceBytes(header) * header.size[2];
  const offset = header.dataOffset === -1 ? length - wanted : header.dataOffset;
  if (!header.compressed && (offset < 0 || length - offset < wanted)) {
    throw new ClaraError('failed', `${dataFile} holds ${length - Math.max(offset, 0)} bytes of voxels where ${basename(file)} promises ${wanted}`);
  }
  return {
    header,
    file,
    name: basename(file).replace(/\.mhd$/i, ''),
    slices: (indices) => (header.compressed ? inflatedSlices(dataFile, header, indices) : rawSlices(dataFile, header, offset, indices)),
  };
}

async function dataLength(dataFile: string, header: string): Promise<number> {
  try {
    return (await stat(dataFile)).size;
  } catch (error) {
    throw new ClaraError('not-found', `${header} names the data file ${basename(dataFile)}, which cannot be read (${whyNotRead(error)})`, { cause: error });
  }
}

function sliceBytes(header: VolumeHeader): number {
  return header.size[0] * header.size[1] * bytesPerElement[header.elementType];
}

async function* rawSlices(dataFile: string, header: VolumeHeader, offset: number, indices?: readonly number[]): AsyncGenerator<Samples, void, undefined> {
  const bytes = new Uint8Array(sliceBytes(header));
  const file = await open(dataFile, 'r');
  try {
    for (const index of indices ?? range(header.size[2])) {
      await readExactly(file, bytes, offset + index * bytes.length, dataFile);
      if (header.bigEndian) swapBytes(bytes, bytesPerElement[header.elementType]);
      yield asSamples(header.elementType, bytes);
    }
  } finally {
    await file.close();
  }
}

async function* inflatedSlices(dataFile: string, header: VolumeHeader, indices?: readonly number[]): AsyncGenerator<Samples, void, undefined> {
  const bytes = new Uint8Array(sliceBytes(header));
  const wanted = new Set(indices ?? range(header.size[2]));
  const source = createReadStream(dataFile, { start: Math.max(header.dataOffset, 0) });
  const inflate = createInflate();
  pipeline(source, inflate, () => undefined); // A failure of either reaches the loop below through `inflate`.
  let filled = 0;
  let index = 0;
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) {
      for (let start = 0; start < chunk.length && index < header.size[2]; ) {
        const part = chunk.subarray(start, start + bytes.length - filled);
        bytes.set(part, filled);
        filled += part.length;
        start += part.length;
        if (filled < bytes.length) break;
        filled = 0;
        if (!wanted.has(index++)) continue;
        if (header.bigEndian) swapBytes(bytes, bytesPerElement[header.elementType]);
        yield asSamples(header.elementType, bytes);
      }
      if (index === header.size[2]) return;
    }
  } catch (error) {
    throw new ClaraError('failed', `${dataFile}: damaged compressed data (${whyNotRead(error)})`, { cause: error });
  } finally {
    source.destroy();
    inflate.destroy();
  }
  throw new ClaraError('failed', `${dataFile} ends after ${index} of ${header.size[2]} slices`);
}

/** Fills the bytes from a position of a file. */
export async function readExactly(file: FileHandle, bytes: Uint8Array, position: number, name: string): Promise<void> {
  for (let filled = 0; filled < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled);
    if (bytesRead === 0) throw new ClaraError('failed', `${name} ends after ${position + filled} bytes`);
    filled += bytesRead;
  }
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
