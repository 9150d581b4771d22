/** A point or a direction in the patient's coordinate system (PS3.3 C.7.6.2.1.1: x to the left, y to the back, z to the head), mm. */
export type Vector = readonly [number, number, number];

export function dot(a: Vector, b: Vector): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vector, b: Vector): Vector {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

export function subtract(a: Vector, b: Vector): Vector {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vector, factor: number): Vector {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function length(a: Vector): number {
  return Math.hypot(a[0], a[1], a[2]);
}

export function normalized(a: Vector): Vector {
  return scale(a, 1 / length(a));
}
