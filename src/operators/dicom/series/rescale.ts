import { type Samples } from '../../volume/elements.ts';

/** Voxel types of the volumes that we write, from narrow to wide. */
export const outputTypes = ['MET_SHORT', 'MET_INT', 'MET_FLOAT'] as const;
export type OutputType = (typeof outputTypes)[number];

/** The narrowest type that holds every value of a slice after rescale: whole numbers as SHORT or INT, others as FLOAT. */
export function typeFor(stored: Samples, slope: number, intercept: number): OutputType {
  if (!Number.isInteger(slope) || !Number.isInteger(intercept)) return 'MET_FLOAT';
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < stored.length; i++) {
    const value = stored[i]!;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const ends = [low * slope + intercept, high * slope + intercept];
  if (ends.every((end) => end >= -0x8000 && end <= 0x7fff)) return 'MET_SHORT';
  return ends.every((end) => end >= -0x80000000 && end <= 0x7fffffff) ? 'MET_INT' : 'MET_FLOAT';
}

/** The wider of two types. */
export function wider(a: OutputType, b: OutputType): OutputType {
  return outputTypes[Math.max(outputTypes.indexOf(a), outputTypes.indexOf(b))]!;
}

/** Applies slope and intercept (PS3.3 C.11.1.1.2), into as many values of an array. */
export function rescale(stored: Samples, slope: number, intercept: number, into: Samples): void {
  for (let i = 0; i < stored.length; i++) into[i] = stored[i]! * slope + intercept;
}

export function newSamples(type: OutputType, length: number): Samples {
  switch (type) {
    case 'MET_SHORT': return new Int16Array(length);
    case 'MET_INT': return new Int32Array(length);
    case 'MET_FLOAT': return new Float32Array(length);
  }
}
