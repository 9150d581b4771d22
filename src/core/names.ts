/**
 * Names: what is legal, and how a name from elsewhere is shown. Names are compared without regard to case and keep
 * their spelling (Clara guide, Names).
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
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g,
    (character) => escapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Text from elsewhere for use in a message: in double quotes, on one line, without control characters, cut after `limit` characters. */
export function quoted(text: string, limit = 80): string {
  const cut = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return `"${visible(cut.replace(/["\\]/g, (character) => escapes[character]!))}"`;
}
