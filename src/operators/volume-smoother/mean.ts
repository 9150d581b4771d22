/** The mean of each value's neighbourhood within its plane, a square of 2 · radius + 1; at the border of those that there are. */
export function meanOfPlane(plane: Float32Array, columns: number, radius: number): Float32Array {
  const rows = plane.length / columns;
  const across = new Float64Array(plane.length);
  for (let row = 0; row < rows; row += 1) meanOfLine(plane, across, row * columns, columns, 1, radius);
  const mean = new Float32Array(plane.length);
  for (let column = 0; column < columns; column += 1) meanOfLine(across, mean, column, rows, columns, radius);
  return mean;
}

/** The mean of planes, value by value. */
export function meanOfPlanes(planes: readonly Float32Array[]): Float32Array {
  const mean = new Float32Array(planes[0]!.length);
  for (let index = 0; index < mean.length; index += 1) {
    let sum = 0;
    for (const plane of planes) sum += plane[index]!;
    mean[index] = sum / planes.length;
  }
  return mean;
}

/** The mean along one line of a plane: values at `start`, `start + step` and so on. Summed anew for each value, so that no error adds up. */
function meanOfLine(from: Float32Array | Float64Array, to: Float32Array | Float64Array, start: number, length: number, step: number, radius: number): void {
  for (let at = 0; at < length; at += 1) {
    const [first, last] = [Math.max(0, at - radius), Math.min(length - 1, at + radius)];
    let sum = 0;
    for (let index = first; index <= last; index += 1) sum += from[start + index * step]!;
    to[start + at * step] = sum / (last - first + 1);
  }
}
