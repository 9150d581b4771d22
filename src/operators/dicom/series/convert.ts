import { messageOf } from '../../../core/errors.ts';
import { type Samples } from '../../volume/elements.ts';
import { type Slice } from '../instances/instance.ts';
import { type Codecs } from '../../../pixels/codecs.ts';
import { createPixelSource } from '../pixels/pixel-source.ts';
import { volumeGeometry, type VolumeGeometry } from './geometry.ts';
import { type Stack } from './stack.ts';
import { createVoxelFile, finishVolume, type VolumeFormat } from './volume-file.ts';
import { type WideningFile } from './widening-file.ts';

/** A volume that was written. */
export interface ConvertedVolume {
  /** Name of the file to open it by. */
  readonly file: string;
  readonly elementType: string;
  readonly slices: readonly Slice[];
  readonly geometry: VolumeGeometry;
  readonly warnings: readonly string[];
}

/** Slices of a stack whose pixels could not be decoded are left out, each with its reason. */
export interface Conversion {
  readonly volume: ConvertedVolume | undefined;
  readonly failures: readonly { readonly slice: Slice; readonly reason: string }[];
}

/** Where volumes go, and how they are written. */
export interface VolumeTarget {
  readonly folder: string;
  readonly format: VolumeFormat;
  readonly codecs: Codecs;
}

/**
 * Writes one stack as a volume of the name (`<name>.mhd` and `.raw`, `<name>.nii` or `<name>.nii.gz`), slice by slice:
 * never more than one is in memory. The header comes last, from the slices that were really written.
 */
export async function convertStack(stack: Stack, name: string, { folder, format, codecs }: VolumeTarget, signal: AbortSignal): Promise<Conversion> {
  const source = createPixelSource(codecs);
  const file = await createVoxelFile(folder, name, format);
  try {
    const { written, failures } = await writeSlices(stack.slices, source.read, file, signal);
    if (written.length === 0) {
      await file.discard();
      return { volume: undefined, failures };
    }
    const geometry = volumeGeometry(written);
    await finishVolume(file, folder, name, format, geometry, signal);
    const warnings = [...stack.leftOut, ...geometry.warnings];
    return { volume: { file: `${name}.${format}`, elementType: file.type, slices: written, geometry, warnings }, failures };
  } catch (error) {
    await file.discard().catch(() => undefined); // The first error is the one to report.
    throw error;
  } finally {
    await source.close();
  }
}

async function writeSlices(
  slices: readonly Slice[],
  read: (slice: Slice) => Promise<Samples>,
  file: WideningFile,
  signal: AbortSignal,
): Promise<{ written: Slice[]; failures: { slice: Slice; reason: string }[] }> {
  const written: Slice[] = [];
  const failures: { slice: Slice; reason: string }[] = [];
  for (const slice of slices) {
    signal.throwIfAborted();
    let stored;
    try {
      stored = await read(slice);
    } catch (error) {
      failures.push({ slice, reason: messageOf(error) });
      continue;
    }
    await file.append(stored, slice.slope, slice.intercept);
    written.push(slice);
  }
  return { written, failures };
}
