import { type OperatorLog } from '../contract/program.ts';
import { createSharedArray, writeSharedString } from '../memory/shared-array.ts';
import { bytesOf } from '../volume/elements.ts';
import { printMetaHeader } from '../volume/meta-header.ts';
import { openVolume } from '../volume/volume-reader.ts';

/** Writes the voxels of a volume, slice by slice, and the header of what they are: a volume of MET_FLOAT of the same name and geometry. */
export async function loadVolume(file: string, memory: { readonly volume: string; readonly header: string }, log: OperatorLog, signal: AbortSignal): Promise<void> {
  const volume = await openVolume(file);
  const [columns, rows, slices] = volume.header.size;
  const array = await createSharedArray(memory.volume, { kind: 'array', element: 'float32', shape: [slices, rows, columns] });
  for await (const slice of volume.slices()) {
    signal.throwIfAborted();
    await array.append(bytesOf(Float32Array.from(slice)));
  }
  await array.finish();
  await writeSharedString(memory.header, printMetaHeader({
    ...volume.header, elementType: 'MET_FLOAT', dataFile: `${volume.name}.raw`, bigEndian: false, compressed: false, dataOffset: 0,
  }));
  log.info(`${volume.name}: ${slices} slices of ${rows} × ${columns} in shared memory`);
}
