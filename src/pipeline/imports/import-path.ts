/** Paths of the files of a definition: relative to what was submitted, `/` between folders, compared as they are written. */

/** The shortest spelling of a file's path within its set: no empty or `.` segments, `..` only in front. */
export function normalPath(path: string): string {
  const segments: string[] = [];
  for (const segment of path.replaceAll('\\', '/').split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..' && segments.length > 0 && segments.at(-1) !== '..') segments.pop();
    else segments.push(segment);
  }
  return segments.join('/');
}

export type ImportTarget =
  | { readonly kind: 'file'; readonly path: string }
  /** `why` ends a sentence that begins with the path. */
  | { readonly kind: 'refused'; readonly why: string; readonly help?: string };

/** What an import in the file `from` means by `path`, which is relative to the folder of that file (Clara guide, Import). */
export function importTarget(from: string, path: string): ImportTarget {
  if (/[\u0000-\u001f\u007f]/.test(path)) return { kind: 'refused', why: 'has a control character in it' };
  if (path.length > 1024) return { kind: 'refused', why: 'is longer than 1,024 characters' };
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return { kind: 'refused', why: 'is an address; an import is a file of the definition', help: 'get the file and import it by its relative path' };
  if (path.startsWith('/')) return { kind: 'refused', why: 'is absolute', help: 'write it relative to the folder of this file' };
  if (path.includes('\\')) return { kind: 'refused', why: 'has a "\\" in it', help: `write ${path.replaceAll('\\', '/')}` };
  if (path.endsWith('/') || /(^|\/)\.{1,2}$/.test(path)) return { kind: 'refused', why: 'is a folder', help: 'name the file in it' };
  const normalFrom = normalPath(from);
  const folder = normalFrom.includes('/') ? normalFrom.slice(0, normalFrom.lastIndexOf('/')) : '';
  const target = normalPath(`${folder}/${path}`);
  if (target === '..' || target.startsWith('../')) return { kind: 'refused', why: 'leaves the folder of the definition', help: 'keep what is imported beside or below the main file' };
  return { kind: 'file', path: target };
}
