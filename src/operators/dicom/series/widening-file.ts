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
  append(stored: Samples, slope: number, intercept: number): Promise<void>;
  finish(): Promise<void>;
  discard(): Promise<void>;
}

const pieceValues = 1 << 18;

export async function createWideningFile(folder: string, name: string): Promise<WideningFile> {
  let type: OutputType = 'MET_SHORT';
  let file = await createOutputFile(folder, name);
  let values = 0;
  let slice = newSamples(type, 0);
  let sliceType: OutputType = type;

  const become = async (wanted: OutputType): Promise<void> => {
    const next = await createOutputFile(folder, `${wanted}-${name}`, name);
    try {
      await copyWider(file, type, values, next, wanted);
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
    append: async (stored, slope, intercept) => {
      const wanted = wider(type, typeFor(stored, slope, intercept));
      if (wanted !== type) await become(wanted);
      if (slice.length !== stored.length || wanted !== sliceType) [slice, sliceType] = [newSamples(type, stored.length), wanted];
      rescale(stored, slope, intercept, slice);
      await appendBytes(file.handle, bytesOf(slice));
      values += stored.length;
    },
    finish: () => file.finish(),
    discard: () => file.discard(),
  };
}

async function copyWider(from: OutputFile, type: OutputType, values: number, to: OutputFile, wanted: OutputType): Promise<void> {
  const size = bytesPerElement[type];
  for (let start = 0; start < values; start += pieceValues) {
    const piece = new Uint8Array(Math.min(pieceValues, values - start) * size);
    await readExactly(from.handle, piece, start * size, from.part);
    const wide = newSamples(wanted, piece.length / size);
    rescale(asSamples(type, piece), 1, 0, wide);
    await appendBytes(to.handle, bytesOf(wide));
  }
}
