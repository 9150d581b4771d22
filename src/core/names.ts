/**
 * Names: what is legal, what was probably meant, and how a name from elsewhere is shown. Names are compared without
 * regard to case and keep their spelling (Clara guide, Names).
 */

/** Names of the definition language are 1 to 255 characters of this alphabet (Clara guide, Names). */
const languageName = /^[A-Za-z0-9_-]{1,255}$/;

/** The form under which two spellings of one name are equal. */
export function foldName(name: string): string {
  return name.toLowerCase();
}

/** Why the text is not a name of the definition language, as the end of a sentence ("… has a space at character 4"); undefined where it is one. */
export function nameProblem(text: string): string | undefined {
  if (languageName.test(text)) return undefined;
  if (text === '') return 'is empty';
  if (text.length > 255) return `has ${text.length} characters; 255 are allowed`;
  return `has ${offender(text, /[A-Za-z0-9_-]/)}; letters A-Z and a-z, digits, "-" and "_" are allowed`;
}

/** Why the text is not a job name, in the same form: 1 to 255 letters, digits, `-`, `_`, `.` and single inner spaces. */
export function jobNameProblem(text: string): string | undefined {
  if (text === '') return 'is empty';
  if (text.length > 255) return `has ${text.length} characters; 255 are allowed`;
  if (!/^[A-Za-z0-9_. -]*$/.test(text)) {
    return `has ${offender(text, /[A-Za-z0-9_. -]/)}; letters A-Z and a-z, digits, "-", "_", "." and single spaces are allowed`;
  }
  if (text.startsWith(' ') || text.endsWith(' ')) return `${text.startsWith(' ') ? 'starts' : 'ends'} with a space`;
  return text.includes('  ') ? `has two spaces in a row at character ${text.indexOf('  ') + 1}` : undefined;
}

/** The first character outside the alphabet and its place, counted from 1. */
function offender(text: string, alphabet: RegExp): string {
  const characters = [...text];
  const index = characters.findIndex((character) => !alphabet.test(character));
  const character = characters[index]!;
  return `${character === ' ' ? 'a space' : quoted(character)} at character ${index + 1}`;
}

const escapes: Readonly<Record<string, string>> = { '"': '\\"', '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Makes characters that move the cursor, colour the terminal or turn the direction of text visible as escapes. */
export function visible(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text from elsewhere for use in a message: in double quotes, on one line, without control characters, cut after `limit` characters. */
export function quoted(text: string, limit = 80): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return `"${visible(cut.replace(/["\\]/g, (character) => escapes[character]!))}"`;
}

/**
 * The candidate that was most probably meant: equal without regard to case, or few edits away (insert, delete, replace,
 * swap neighbours; one edit per three characters, three at most). Undefined where none is near; the first of equals.
 */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = foldName(name);
  const limit = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  let best: string | undefined;
  let bestDistance = limit + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, foldName(candidate), bestDistance - 1);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
      if (distance === 0) break;
    }
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
