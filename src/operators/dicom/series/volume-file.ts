import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { printMetaHeader, type VolumeHeader } from '../../volume/meta-header.ts';
import { niftiHeader, niftiOffset } from '../../volume/nifti-header.ts';
import { appendBytes, createOutputFile, writeOutputFile } from '../../volume/output-file.ts';
import { createWideningFile, type WideningFile } from './widening-file.ts';

/** How a volume is written: a MetaImage pair, or a NIfTI-1 file, compressed or not. */
export const volumeFormats = ['mhd', 'nii', 'nii.gz'] as const;
export type VolumeFormat = (typeof volumeFormats)[number];

/** Starts the file that the voxels of a volume go to. */
export function createVoxelFile(folder: string, name: string, format: VolumeFormat): Promise<WideningFile> {
  return format === 'mhd' ? createWideningFile(folder, `${name}.raw`) : createWideningFile(folder, `${name}.nii`, niftiOffset);
}

/** Completes a volume whose voxels are written: its header, its name. The name to open it by appears last. */
export async function finishVolume(
  voxels: WideningFile, folder: string, name: string, format: VolumeFormat, geometry: Pick<VolumeHeader, 'size' | 'spacing' | 'origin' | 'direction'>, signal: AbortSignal,
): Promise<void> {
  const { size, spacing, origin, direction } = geometry;
  const described = { size, spacing, origin, direction, elementType: voxels.type };
  if (format === 'mhd') {
    await voxels.finish();
    await writeOutputFile(folder, `${name}.mhd`, printMetaHeader({ ...described, dataFile: `${name}.raw`, bigEndian: false, compressed: false, dataOffset: 0 }));
    return;
  }
  await voxels.fillRoom(niftiHeader(described));
  if (format === 'nii') {
    await voxels.finish();
    return;
  }
  await compress(voxels.part, folder, `${name}.nii.gz`, signal);
  await voxels.discard();
}

async function compress(from: string, folder: string, name: string, signal: AbortSignal): Promise<void> {
  const file = await createOutputFile(folder, name);
  try {
    await pipeline(createReadStream(from), createGzip(), async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) await appendBytes(file.handle, piece);
    }, { signal });
  } catch (error) {
    await file.discard();
    throw error;
  }
  await file.finish();
}
