import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { asSamples } from '../../../src/operators/volume/elements.ts';
import { parseMetaHeader, type VolumeHeader } from '../../../src/operators/volume/meta-header.ts';
import { type Finished, root, run, type RunOptions } from '../../helpers/run.ts';

/** The study in the shared data, and what its README says a reader must make of it. */
export const ctHeadFacts = {
  uid: '1.2.826.0.1.3680043.9.4245.3115138630835728997848661150714813892',
  sha256: 'b9f11236dfdde50d12b3566822e91d0ab3effd7e3f3b5f086bea6384932e19c1',
};

/** Runs a built operator. */
export function operator(name: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  return run(process.execPath, [join(root, `dist/operators/${name}.js`), ...args], options);
}

export async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

/** Files of a folder that have the ending. */
export function filesEnding(folder: string, ending: string): string[] {
  return readdirSync(folder).filter((name) => name.endsWith(ending)).sort();
}

/** A volume that dicom-reader or threshold-segmentation wrote. */
export interface ReadVolume {
  readonly header: VolumeHeader;
  readonly values: number[];
  readonly report: { readonly warnings: readonly string[]; readonly slicePositions: readonly number[]; readonly instances: readonly string[] };
}

export function readVolume(folder: string, uid: string): ReadVolume {
  const header = parseMetaHeader(readFileSync(join(folder, `${uid}.mhd`), 'utf8'), uid);
  const values = [...asSamples(header.elementType, Uint8Array.from(readFileSync(join(folder, `${uid}.raw`))))];
  return { header, values, report: JSON.parse(readFileSync(join(folder, `${uid}.json`), 'utf8')) as ReadVolume['report'] };
}
