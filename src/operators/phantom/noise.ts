/**
 * Noise of a voxel: nearly normally distributed, mean 0, standard deviation 1. It depends on nothing but the seed and the
 * voxel's number, so that the same phantom has the same pixels on every machine, however it is computed.
 */
export function noise(seed: number, voxel: number): number {
  let state = mix((seed | 0) ^ mix(voxel | 0));
  let sum = 0;
  for (let i = 0; i < 4; i++) {
    state = mix((state + 0x9e3779b9) | 0);
    sum += (state >>> 0) / 0x100000000;
  }
  // Four uniform numbers: mean 2, variance 4/12.
  return (sum - 2) * Math.sqrt(3);
}

/** A bijection of 32-bit numbers that spreads neighbouring ones (the finaliser of MurmurHash3). */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
