/**
 * The known name that was probably meant: equal without regard to case, or few edits away (insert, delete, replace, swap
 * neighbours; one in two characters, two in six, three in nine or more). Undefined where none is near; the first of equals.
 */
export function nearest(text: string, known: Iterable<string>): string | undefined {
  const wanted = text.toLowerCase();
  let best: string | undefined;
  let fewest = Infinity;
  for (const name of known) {
    const longer = Math.max(name.length, wanted.length);
    const allowed = longer < 2 ? 0 : Math.min(3, Math.max(1, Math.floor(longer / 3)));
    const edits = editDistance(wanted, name.toLowerCase(), Math.min(allowed, fewest - 1));
    if (edits < fewest && edits <= allowed) [best, fewest] = [name, edits];
    if (fewest === 0) break;
  }
  return best;
}

/** Edits between two words (optimal string alignment), or `limit` + 1 as soon as it must be more than `limit`. */
export function editDistance(left: string, right: string, limit: number): number {
  const tooFar = limit + 1;
  if (Math.abs(left.length - right.length) > limit || limit < 0) return tooFar;
  // Only cells within `limit` of the diagonal can be part of an answer, so long words cost no more than a narrow band.
  let beforeLast: number[] = [];
  let last: number[] = Array.from({ length: Math.min(right.length, limit) + 2 }, (_, column) => Math.min(column, tooFar));
  let current: number[] = [];
  for (let row = 1; row <= left.length; row += 1) {
    const first = Math.max(1, row - limit);
    const end = Math.min(right.length, row + limit);
    current[first - 1] = first === 1 ? Math.min(row, tooFar) : tooFar;
    let least = current[first - 1]!;
    for (let column = first; column <= end; column += 1) {
      const replaced = last[column - 1]! + (left[row - 1] === right[column - 1] ? 0 : 1);
      let cell = Math.min(replaced, (last[column] ?? tooFar) + 1, current[column - 1]! + 1);
      if (row > 1 && column > 1 && left[row - 1] === right[column - 2] && left[row - 2] === right[column - 1]) {
        cell = Math.min(cell, (beforeLast[column - 2] ?? tooFar) + 1);
      }
      current[column] = cell;
      least = Math.min(least, cell);
    }
    if (least > limit) return tooFar;
    current[end + 1] = tooFar;
    [beforeLast, last, current] = [last, current, beforeLast];
  }
  return Math.min(last[right.length]!, tooFar);
}
