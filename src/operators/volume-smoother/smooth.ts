import { ClaraError } from '../../core/errors.ts';
import { typeText } from '../../pipeline/memory/header.ts';
import { type OperatorLog } from '../contract/program.ts';
import { openSharedArray, readSharedString } from '../memory/shared-array.ts';
import { bytesOf } from '../volume/elements.ts';
import { parseMetaHeader, printMetaHeader } from '../volume/meta-header.ts';
import { appendBytes, createOutputFile, writeOutputFile } from '../volume/output-file.ts';
import { meanOfPlane, meanOfPlanes } from './mean.ts';

/**
 * Writes the smoothed volume under the name that its header has, as MET_FLOAT. As many slices are held as count for one.
 * @param radius neighbours on each side; at the border those that there are
 */
export async function smoothVolume(
  memory: { readonly volume: string; readonly header: string }, output: string, radius: number, log: OperatorLog, signal: AbortSignal,
): Promise<void> {
  const header = parseMetaHeader(await readSharedString(memory.header), 'header');
  const [columns, rows, slices] = header.size;
  const array = await openSharedArray(memory.volume);
  try {
    const wanted = typeText({ element: 'float32', shape: [slices, rows, columns] });
    if (typeText(array.header) !== wanted) throw new ClaraError('failed', `the volume is ${typeText(array.header)}, and its header says ${wanted}`);
    const name = header.dataFile.replace(/\.raw$/i, '');
    const file = await createOutputFile(output, `${name}.raw`);
    try {
      const planes = new Map<number, Float32Array>();
      for (let slice = 0, next = 0; slice < slices; slice += 1) {
        signal.throwIfAborted();
        for (; next <= Math.min(slice + radius, slices - 1); next += 1) {
          const plane = new Float32Array(rows * columns);
          await array.read(bytesOf(plane), next * plane.byteLength);
          planes.set(next, meanOfPlane(plane, columns, radius));
        }
        await appendBytes(file.handle, bytesOf(meanOfPlanes([...planes.values()])));
        planes.delete(slice - radius);
      }
    } catch (error) {
      await file.discard();
      throw error;
    }
    await file.finish();
    await writeOutputFile(output, `${name}.mhd`, printMetaHeader({ ...header, dataFile: `${name}.raw` }));
    log.info(`${name}: ${slices} slices of ${rows} × ${columns}, each voxel the mean of up to ${(2 * radius + 1) ** 3}`);
  } finally {
    await array.close();
  }
}
