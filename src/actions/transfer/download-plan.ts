import { Minimatch } from 'minimatch';
import { ClaraError } from '../../core/errors.ts';
import { visible } from '../../core/names.ts';
import { counted, someOf } from '../../core/phrases.ts';
import { type RemoteFile } from './payload-files.ts';

/** A file to download. */
export interface PlannedDownload {
  /** As the platform lists it. */
  readonly name: string;
  /** Bytes, as listed. */
  readonly size: number;
  /** Where it goes below the destination: at least one segment, none of them able to leave it. */
  readonly segments: readonly string[];
}

export interface DownloadPlan {
  /** Sorted by name. */
  readonly files: readonly PlannedDownload[];
  readonly bytes: number;
  /** What the path named: one file, a folder, or a pattern. */
  readonly named: 'file' | 'folder' | 'pattern';
}

/** Names may hold any of the characters that some globs treat as braces, groups, negation or comments: here they are letters. */
const globOptions = { dot: true, nobrace: true, noext: true, nonegate: true, nocomment: true, optimizationLevel: 0 } as const;

/** Which listed files a pattern selects, and how many leading segments of their names the destination leaves out. */
interface Selection {
  readonly files: readonly RemoteFile[];
  readonly base: number;
  readonly named: DownloadPlan['named'];
}

/**
 * What a download of `path` will do. The path names a file, a folder, or is a pattern with `*`, `?`, `[…]` (within a
 * name) and `**` (across folders). What it matches arrives in the destination under the name that is left below the
 * last folder without a wildcard: `/operators/op/*` gives `a.csv` and, for a folder there, `sub/b.csv`.
 * Case counts; only where nothing matches is the case ignored, as in the platform's own look-up (platform-api 2.5).
 */
export function planDownload(listed: readonly RemoteFile[], path: string): DownloadPlan {
  const pattern = normalise(path);
  const { files, base, named } = select(listed, pattern);
  if (files.length === 0) throw nothingMatched(listed, path);
  const planned = new Map<string, PlannedDownload>();
  const hostile: string[] = [];
  for (const { name, size } of files) {
    const segments = segmentsOf(name).slice(base);
    if (isSafe(name) && segments.length > 0) planned.set(segments.join('/'), { name, size, segments });
    else hostile.push(name);
  }
  if (hostile.length > 0) {
    throw new ClaraError('failed', `nothing was downloaded: the platform lists names that could leave the destination: ${someOf(hostile)}`);
  }
  const sorted = [...planned.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { files: sorted, bytes: sorted.reduce((sum, file) => sum + file.size, 0), named };
}

function normalise(path: string): string {
  const segments = segmentsOf(path);
  if (segments.includes('..')) throw new ClaraError('usage', `\`..\` is not possible in a payload path: ${visible(path)}`);
  return segments.join('/');
}

/** The parts of a name; empty ones and `.` mean nothing. */
function segmentsOf(name: string): string[] {
  return name.split('/').filter((segment) => segment !== '' && segment !== '.');
}

/** Whether a name that came from the platform stays below any folder that it is put into. */
function isSafe(name: string): boolean {
  return !name.includes('\0') && !name.split('/').includes('..');
}

function select(listed: readonly RemoteFile[], pattern: string): Selection {
  if (pattern === '') return { files: listed, base: 0, named: 'folder' };
  const depth = pattern.split('/').length;
  const same = (fold: (text: string) => string) => listed.filter(({ name }) => fold(segmentsOf(name).join('/')) === fold(pattern));
  const below = (fold: (text: string) => string) => listed.filter(({ name }) => fold(segmentsOf(name).join('/')).startsWith(`${fold(pattern)}/`));
  const exact = (text: string) => text;
  const folded = (text: string) => text.toLowerCase();

  // A name is taken literally first, so that `a[1].dcm` can be named as it is.
  for (const fold of [exact, folded]) {
    const files = same(fold);
    if (files.length > 1 && fold === folded) throw ambiguous(pattern, files);
    if (files.length > 0) return { files, base: depth - 1, named: 'file' };
    const folder = below(fold);
    if (folder.length > 0) return { files: folder, base: depth, named: 'folder' };
    if (fold === exact) {
      const globbed = glob(listed, pattern, false);
      if (globbed.files.length > 0) return globbed;
    }
  }
  return glob(listed, pattern, true);
}

/** A pattern matches a file, or a folder and with it everything below. */
function glob(listed: readonly RemoteFile[], pattern: string, nocase: boolean): Selection {
  const matcher = new Minimatch(pattern, { ...globOptions, nocase, nocaseMagicOnly: false });
  const parts = pattern.split('/');
  const firstMagic = parts.findIndex((part) => new Minimatch(part, globOptions).hasMagic());
  const files = listed.filter(({ name }) => {
    const segments = segmentsOf(name);
    return segments.some((_, index) => matcher.match(segments.slice(0, index + 1).join('/')));
  });
  // Without a wildcard there still may be escapes: `\[`.
  return firstMagic === -1 ? { files, base: parts.length - 1, named: 'file' } : { files, base: firstMagic, named: 'pattern' };
}

function ambiguous(pattern: string, files: readonly RemoteFile[]): ClaraError {
  return new ClaraError('usage', `\`${visible(pattern)}\` fits ${files.length} names that differ in case only: ${someOf(files.map(({ name }) => name))}`, {
    hint: 'give the name exactly as it is listed',
  });
}

const suggestions = 5;

function nothingMatched(listed: readonly RemoteFile[], path: string): ClaraError {
  if (listed.length === 0) return new ClaraError('not-found', 'the payload holds no files');
  const wanted = `/${normalise(path)}`.toLowerCase();
  const near = listed
    .map(({ name }) => ({ name, distance: unlikeness(wanted, name.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    // Only what is nearly as near as the nearest can have been meant.
    .filter(({ distance }, index, [nearest]) => index < suggestions && distance <= 2 * nearest!.distance + 2);
  return new ClaraError('not-found', `no file of the payload matches \`${visible(path)}\``, {
    details: ['nearest names:', ...near.map(({ name }) => `  ${visible(name)}`)],
    hint: `the payload holds ${counted(listed.length, 'file')}; quote a pattern, so that the shell leaves it alone`,
  });
}

/** How unlike two names are: what is left of both when the longest common start and end are taken off. */
function unlikeness(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  let start = 0;
  while (start < shorter && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shorter - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return a.length + b.length - 2 * (start + end);
}
