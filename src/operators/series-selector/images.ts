import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { unwritableFolder, whyNotRead } from '../contract/file-errors.ts';
import { type SeriesImages } from '../selection/files.ts';
import { parseMetaHeader } from '../volume/meta-header.ts';

/** Reads a map of series to their files. Paths that lead out of the folder are refused: the map is from outside. */
export async function readSeriesImages(file: string): Promise<SeriesImages> {
  let map: unknown;
  try {
    map = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const hint = 'the input is the output of dicom-parser';
    if (systemCode(error) === 'ENOENT') throw new ClaraError('not-found', `no file ${file}`, { hint, cause: error });
    throw new ClaraError('failed', `${file} cannot be read (${whyNotRead(error)})`, { hint, cause: error });
  }
  const wrong = (why: string): ClaraError => new ClaraError('failed', `${file}: ${why}`, { hint: 'it is like {"<SeriesInstanceUID>": ["<file>"]}' });
  if (typeof map !== 'object' || map === null || Array.isArray(map)) throw wrong('not a map of series to files');
  for (const [uid, files] of Object.entries(map)) {
    if (!Array.isArray(files) || !files.every((name) => typeof name === 'string')) throw wrong(`series ${uid} has no list of files`);
    const outside = files.find((name) => !isInside(name));
    if (outside !== undefined) throw wrong(`${JSON.stringify(outside)} is no file below the folder`);
  }
  return map as SeriesImages;
}

function isInside(name: string): boolean {
  const plain = posix.normalize(name);
  return name !== '' && !/[\0\\]/.test(name) && !posix.isAbsolute(plain) && plain !== '.' && plain !== '..' && !plain.startsWith('../');
}

/**
 * Copies the files of the selected series under the same names, with what belongs to them: the voxels of a MetaImage header, and
 * the report of dicom-parser. The file to open a volume by comes last. Returns how many volumes there are.
 */
export async function copyImages(images: SeriesImages, from: string, to: string, signal: AbortSignal): Promise<number> {
  const names = Object.values(images).flat();
  for (const name of names) {
    const report = name.replace(/\.(mhd|nii|nii\.gz)$/i, '.json');
    if (report !== name) await copyWhole(from, to, report, signal, 'if there');
    if (/\.mhd$/i.test(name)) await copyWhole(from, to, join(dirname(name), await voxelsOf(join(from, name))), signal);
    await copyWhole(from, to, name, signal);
  }
  return names.length;
}

async function voxelsOf(header: string): Promise<string> {
  try {
    return parseMetaHeader(await readFile(header, 'utf8'), header).dataFile;
  } catch (error) {
    throw error instanceof ClaraError ? error : missing(header, error);
  }
}

async function copyWhole(from: string, to: string, name: string, signal: AbortSignal, need?: 'if there'): Promise<void> {
  signal.throwIfAborted();
  const target = join(to, name);
  const part = join(dirname(target), `.${basename(target)}.part`);
  await mkdir(dirname(target), { recursive: true }).catch((error: unknown) => { throw unwritableFolder(dirname(target), error); });
  try {
    // A file system that can share the blocks of two files does so.
    await copyFile(join(from, name), part, constants.COPYFILE_FICLONE);
    // The mode was copied as well, and an input may be read-only.
    await chmod(part, 0o644);
    signal.throwIfAborted();
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    if (systemCode(error) === 'ENOENT' && need === 'if there') return;
    throw systemCode(error) === 'ENOENT' ? missing(join(from, name), error) : error;
  }
}

function missing(file: string, cause: unknown): ClaraError {
  return new ClaraError('not-found', `${file} cannot be read (${whyNotRead(cause)})`, { hint: 'the input is the whole output of dicom-parser', cause });
}
