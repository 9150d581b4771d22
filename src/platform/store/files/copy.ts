import { closeSync, constants, fstatSync, mkdirSync } from 'node:fs';
import { copyFile, open } from 'node:fs/promises';
import { systemCode } from '../../../core/errors.ts';
import { listedName } from '../../../core/payload-path.ts';
import { type Folder } from '../../../system/folder.ts';
import { isAbsence } from './lookup.ts';

export type CopyResult =
  | { readonly kind: 'copied' }
  /** The source is gone. */
  | { readonly kind: 'missing' }
  /** A file of this name was there before. */
  | { readonly kind: 'collision'; readonly name: string };

/**
 * Copies every regular file below one folder to the same place below another, on the disk when this returns. Shares the
 * blocks where the file system can (reflinks). Links and devices are left out, as listings leave them out.
 */
export async function copyTree(source: Folder, target: Folder, above: readonly string[] = []): Promise<CopyResult> {
  for await (const entry of source.entries()) {
    const path = [...above, entry.name.toString()];
    const result = entry.kind === 'file' ? await copyOne(source, target, entry.name, path)
      : entry.kind === 'folder' ? await copyFolder(source, target, entry.name, path)
        : undefined;
    if (result !== undefined) return result;
  }
  target.sync();
  return { kind: 'copied' };
}

async function copyFolder(source: Folder, target: Folder, name: Buffer, path: readonly string[]): Promise<CopyResult | undefined> {
  const from = openUnlessGone(() => source.child(name));
  if (from === undefined) return undefined;
  try {
    const to = makeFolder(target, name);
    if (to === undefined) return { kind: 'collision', name: listedName(path) };
    try {
      const result = await copyTree(from, to, path);
      return result.kind === 'copied' ? undefined : result;
    } finally {
      to.close();
    }
  } finally {
    from.close();
  }
}

async function copyOne(source: Folder, target: Folder, name: Buffer, path: readonly string[]): Promise<CopyResult | undefined> {
  const fd = openUnlessGone(() => source.openFile(name));
  if (fd === undefined) return undefined;
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) return undefined;
    const from = process.platform === 'linux' ? `/proc/self/fd/${fd}` : source.pathOf(name);
    await copyFile(from, target.pathOf(name), constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    const copy = await open(target.pathOf(name), 'r');
    try {
      await copy.sync();
    } finally {
      await copy.close();
    }
    return undefined;
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return { kind: 'collision', name: listedName(path) };
    throw thrown;
  } finally {
    closeSync(fd);
  }
}

/** A folder of this name, new or there already; undefined where a file has the name. */
function makeFolder(parent: Folder, name: Buffer): Folder | undefined {
  try {
    mkdirSync(parent.pathOf(name));
  } catch (thrown) {
    if (systemCode(thrown) !== 'EEXIST') throw thrown;
  }
  return openUnlessGone(() => parent.child(name));
}

function openUnlessGone<Opened>(openIt: () => Opened): Opened | undefined {
  try {
    return openIt();
  } catch (thrown) {
    if (isAbsence(thrown)) return undefined;
    throw thrown;
  }
}
