import { type FileHandle, open } from 'node:fs/promises';
import { ClaraError } from '../../../core/errors.ts';
import { whyNotRead } from '../../contract/file-errors.ts';
import { type Samples, swapBytes } from '../../volume/elements.ts';
import { readExactly } from '../../volume/volume-reader.ts';
import { type Codecs } from '../../../pixels/codecs.ts';
import { frameBytes } from '../../../pixels/format.ts';
import { deflatedSyntax, transferSyntaxOf } from '../../../pixels/transfer-syntaxes.ts';
import { unpack } from '../../../pixels/unpack.ts';
import { type Extent, framesOfFragments } from './fragments.ts';
import { inflatedDataSet } from '../instances/header.ts';
import { type ImageFile, type Slice } from '../instances/instance.ts';
import { storedValues } from './stored-values.ts';

/** Reads the stored values of slices, one at a time. It keeps the last file open, since the next frame is often in it. */
export interface PixelSource {
  /**
   * The values of a slice, valid until the next one is read.
   * @throws ClaraError `failed` where the pixels are missing, damaged or of another size than their attributes say.
   */
  read(slice: Slice): Promise<Samples>;
  close(): Promise<void>;
}

/** The file that is being read. */
interface Opened {
  readonly image: ImageFile;
  readonly handle: FileHandle;
  readonly size: number;
  /** Fragments of each frame, of encapsulated pixel data. */
  readonly fragments: readonly Extent[][] | undefined;
  /** The whole data set, of a deflated file. */
  readonly inflated: Uint8Array | undefined;
}

export function createPixelSource(codecs: Codecs): PixelSource {
  let current: Opened | undefined;
  let native = new Uint8Array(0);
  const close = async (): Promise<void> => {
    const closing = current;
    current = undefined;
    await closing?.handle.close();
  };
  return {
    close,
    read: async (slice) => {
      try {
        if (current?.image !== slice.image) {
          await close();
          current = await openImage(slice.image);
        }
        const { format } = slice.image;
        if (current.fragments !== undefined) return storedValues(await decodedFrame(current, slice.frame, codecs), format);
        const length = frameBytes(format);
        if (native.length !== length) native = new Uint8Array(length);
        await readFrame(current, slice.frame, native);
        return storedValues(native, format);
      } catch (error) {
        throw error instanceof ClaraError ? error : new ClaraError('failed', whyNotRead(error), { cause: error });
      }
    },
  };
}

async function openImage(image: ImageFile): Promise<Opened> {
  const handle = await open(image.path, 'r');
  try {
    const { size } = await handle.stat();
    const { transferSyntax, length, offset } = image.pixels;
    return {
      image,
      handle,
      size,
      fragments: length === undefined ? await framesOfFragments(handle, size, offset, image.frames, image.name) : undefined,
      inflated: transferSyntax === deflatedSyntax ? await inflatedDataSet(handle, size, image.name) : undefined,
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The pixels of a compressed frame as little-endian words of `bitsAllocated` bits. */
async function decodedFrame({ image, handle, fragments }: Opened, frame: number, codecs: Codecs): Promise<Uint8Array> {
  const { format, pixels, name } = image;
  const packed = await readExtents(handle, fragments![frame]!, name);
  const bytes = await unpack(transferSyntaxOf(pixels.transferSyntax)!.packing, packed, format, codecs);
  if (bytes.length < frameBytes(format)) throw new ClaraError('failed', `decoded to ${bytes.length} bytes instead of ${frameBytes(format)}`);
  return bytes;
}

/** The pixels of a frame that is not compressed, into `bytes`. */
async function readFrame({ image, handle, inflated }: Opened, frame: number, bytes: Uint8Array): Promise<void> {
  const { format, pixels, name } = image;
  const start = pixels.offset + frame * bytes.length;
  if (inflated !== undefined) bytes.set(inflated.subarray(start, start + bytes.length));
  else await readExactly(handle, bytes, start, name);
  if (pixels.wordSize === 2) swapBytes(bytes, Math.max(format.bitsAllocated / 8, 2));
}

async function readExtents(handle: FileHandle, extents: readonly Extent[], name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(extents.reduce((sum, extent) => sum + extent.length, 0));
  let filled = 0;
  for (const extent of extents) {
    await readExactly(handle, bytes.subarray(filled, filled + extent.length), extent.offset, name);
    filled += extent.length;
  }
  return bytes;
}
