/**
 * The one guard for every file name that comes from outside: what is not let through here never reaches a disk.
 * Pure; that no symbolic link leads out of a payload is the business of what opens the files.
 */
export type PayloadPath =
  | { readonly kind: 'path'; readonly components: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** The longest name of one file or folder that Linux file systems take, in bytes of UTF-8. */
const maxComponentBytes = 255;
/** Leaves room for the payload's own folder below PATH_MAX (4096), because operators open these files by full path. */
const maxPathBytes = 3072;
/** Far more than any study has, far fewer than what makes walking through them a burden. */
const maxComponents = 100;

/**
 * A file name of the payload API as the components of a path below the payload's root (Clara guide, Payloads Download
 * and Upload RPC; platform-api 2.5). A leading `/` or `./` is ignored, as are empty and `.` components. Case is kept.
 * A backslash is an ordinary character, as it is on the file systems below: splitting at it would rename files.
 */
export function parsePayloadPath(name: string): PayloadPath {
  if (name.includes('\0')) return refused('it contains a NUL character');
  if (Buffer.byteLength(name) > maxPathBytes) return refused(`it is longer than ${maxPathBytes} bytes`);
  const components = name.split('/').filter((component) => component !== '' && component !== '.');
  if (components.length === 0) return refused('it names no file');
  if (/(^|\/)\.?$/.test(name)) return refused('it names a folder');
  if (components.includes('..')) return refused('".." would lead out of the payload');
  if (components.length > maxComponents) return refused(`it is nested deeper than ${maxComponents} folders`);
  const long = components.find((component) => Buffer.byteLength(component) > maxComponentBytes);
  if (long !== undefined) return refused(`"${long.slice(0, 40)}…" is longer than ${maxComponentBytes} bytes`);
  return { kind: 'path', components };
}

/** A path of components as listings show it: with a leading slash (platform-api 2.5). */
export function listedName(components: readonly string[]): string {
  return `/${components.join('/')}`;
}

function refused(reason: string): PayloadPath {
  return { kind: 'refused', reason };
}
