import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { type Volume } from './volume-reader.ts';

/** What dicom-reader leaves beside a volume (`<name>.json`): where its slices really lie. */
export interface SliceReport {
  /** Position of each slice along the normal, mm. */
  readonly slicePositions: readonly number[];
}

/** The report beside a volume, if there is one that fits it; a volume from elsewhere has none. */
export async function readSliceReport(volume: Volume): Promise<SliceReport | undefined> {
  let text: string;
  try {
    text = await readFile(join(dirname(volume.file), `${volume.name}.json`), 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  const positions = positionsIn(text);
  if (positions?.length !== volume.header.size[2] || positions.some((at, index) => index > 0 && !(at > positions[index - 1]!))) return undefined;
  return { slicePositions: positions };
}

function positionsIn(text: string): number[] | undefined {
  try {
    const report = JSON.parse(text) as { slicePositions?: unknown };
    const positions = report.slicePositions;
    return Array.isArray(positions) && positions.every((at) => typeof at === 'number') ? positions : undefined;
  } catch {
    return undefined; // Not our report: another program's JSON under this name says nothing about slices.
  }
}

/** Thickness that each slice stands for: half the way to either neighbour; at the ends the whole gap counts, mm. */
export function thicknesses(positions: readonly number[]): number[] {
  return positions.map((at, index) => {
    const before = index > 0 ? at - positions[index - 1]! : undefined;
    const after = index < positions.length - 1 ? positions[index + 1]! - at : undefined;
    return ((before ?? after ?? 0) + (after ?? before ?? 0)) / 2;
  });
}
