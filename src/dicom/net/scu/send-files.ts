import { DicomFile } from '../../part10/file.ts';
import { type FileMeta } from '../../part10/header.ts';
import { type ScuAssociation, type StoreResult } from './association.ts';
import { type ContextProposal } from './open.ts';

/** One file's fate. */
export type SentFile =
  | { readonly path: string; readonly meta: FileMeta; readonly result: StoreResult }
  /** It was not sent: it cannot be read, or the peer took no context for it. The association goes on. */
  | { readonly path: string; readonly error: unknown };

/** The contexts for files as they are: one for each pair of SOP class and transfer syntax. More than 128 need several associations. */
export function contextsFor(files: Iterable<Pick<FileMeta, 'sopClass' | 'transferSyntax'>>): ContextProposal[] {
  const pairs = new Map<string, ContextProposal>();
  for (const { sopClass, transferSyntax } of files) pairs.set(`${sopClass} ${transferSyntax}`, { abstractSyntax: sopClass, transferSyntaxes: [transferSyntax] });
  return [...pairs.values()];
}

/** Sends files one after the other (C-STORE); the next one is opened while this one is sent. Throws where the association ends. */
export async function* sendFiles(association: ScuAssociation, paths: readonly string[]): AsyncGenerator<SentFile, void, undefined> {
  let opening = paths.length === 0 ? undefined : opened(paths[0]!);
  try {
    for (const [index, path] of paths.entries()) {
      const file = await opening!;
      const next = paths[index + 1];
      opening = next === undefined ? undefined : opened(next);
      yield file instanceof DicomFile ? await sendFile(association, file) : { path, error: file.error };
    }
  } finally {
    const left = await opening;
    if (left instanceof DicomFile) await left.close();
  }
}

async function opened(path: string): Promise<DicomFile | { readonly error: unknown }> {
  try {
    return await DicomFile.open(path);
  } catch (error) {
    return { error };
  }
}

async function sendFile(association: ScuAssociation, file: DicomFile): Promise<SentFile> {
  const { path, meta } = file;
  try {
    return { path, meta, result: await association.store({ ...meta, data: file.dataSet() }) };
  } catch (error) {
    if (association.end !== undefined) throw error;
    return { path, error };
  } finally {
    await file.close();
  }
}
