import { type Vector } from '../volume/vector.ts';

/** An ellipsoid of one tissue, mm and HU, in the patient's coordinates with the middle of the head at the origin. */
interface Part {
  readonly name: string;
  readonly center: Vector;
  readonly radii: Vector;
  readonly value: number;
}

/** Later parts lie inside earlier ones and replace them. */
const parts: readonly Part[] = [
  { name: 'scalp', center: [0, 0, 0], radii: [80, 100, 86], value: 40 },
  { name: 'skull', center: [0, 0, 0], radii: [75, 95, 81], value: 900 },
  { name: 'brain', center: [0, 0, 0], radii: [68, 88, 74], value: 35 },
  { name: 'white matter', center: [0, 0, 4], radii: [52, 70, 56], value: 28 },
  { name: 'left ventricle', center: [12, -4, 8], radii: [6, 24, 12], value: 8 },
  { name: 'right ventricle', center: [-12, -4, 8], radii: [6, 24, 12], value: 8 },
  { name: 'tumour', center: [34, -34, 14], radii: [15, 15, 15], value: 75 },
  { name: 'necrosis', center: [34, -34, 14], radii: [7, 7, 7], value: 18 },
];

const air = -1000;
/** The couch's head rest: a curved shell behind the head that touches no bone. */
const headRest = { radius: 118, thickness: 3, from: 60, value: 450 };

/** Attenuation at a point of the head, HU, without noise. */
export function headValue([x, y, z]: Vector): number {
  let value = air;
  const fromAxis = Math.hypot(x, y);
  if (y > headRest.from && Math.abs(fromAxis - headRest.radius) < headRest.thickness / 2) value = headRest.value;
  for (const { center, radii, value: inside } of parts) {
    const distance = ((x - center[0]) / radii[0]) ** 2 + ((y - center[1]) / radii[1]) ** 2 + ((z - center[2]) / radii[2]) ** 2;
    if (distance <= 1) value = inside;
  }
  return value;
}

/** Height of the part of the head that the slices cover, mm. */
export const coveredHeight = 144;
/** Width and height of a slice, mm. */
export const fieldOfView = 250;
