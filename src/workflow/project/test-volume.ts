import { open } from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coveredHeight, fieldOfView, headValue } from '../../operators/phantom/head.ts';
import { printMetaHeader, type VolumeHeader } from '../../operators/volume/meta-header.ts';
import { type Vector } from '../../operators/volume/vector.ts';

/** Columns, rows, slices. */
export const testVolumeSize: Vector = [256, 256, 64];

/** Writes `recon.mhd` and `recon.raw`, a CT of a head that never was, in Hounsfield units. The same size gives the same bytes. */
export async function writeTestVolume(folder: string, size: Vector, signal: AbortSignal): Promise<void> {
  const [columns, rows, slices] = size;
  const spacing: Vector = [fieldOfView / columns, fieldOfView / rows, coveredHeight / slices];
  // The middle of the volume is that of the head.
  const origin = spacing.map((distance, axis) => (-distance * (size[axis]! - 1)) / 2) as unknown as Vector;
  await mkdir(folder, { recursive: true });
  const file = await open(join(folder, 'recon.raw'), 'wx');
  try {
    const slice = Buffer.alloc(columns * rows * 2);
    for (let z = 0; z < slices; z += 1) {
      signal.throwIfAborted();
      for (let y = 0, offset = 0; y < rows; y += 1) {
        for (let x = 0; x < columns; x += 1, offset += 2) slice.writeInt16LE(headValue([origin[0] + x * spacing[0], origin[1] + y * spacing[1], origin[2] + z * spacing[2]]), offset);
      }
      await file.writeFile(slice);
    }
  } finally {
    await file.close();
  }
  const header: VolumeHeader = {
    size, spacing, origin, direction: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    elementType: 'MET_SHORT', dataFile: 'recon.raw', bigEndian: false, compressed: false, dataOffset: 0,
  };
  await writeFile(join(folder, 'recon.mhd'), printMetaHeader(header));
}
