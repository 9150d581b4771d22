import { type Codecs, createCodecs } from '../../../pixels/codecs.ts';
import { DicomFile } from '../../part10/file.ts';
import { type FileMeta } from '../../part10/header.ts';
import { conversionsOf, transcoded } from '../../transcode/transcode.ts';
import { deflatedLittleEndian } from '../../uids/well-known.ts';
import { type ScuAssociation, type StoreResult } from './association.ts';
import { type ContextProposal } from './open.ts';

const beginningBytes = 256 * 1024;

/** One file's fate. */
export type SentFile =
  | { readonly path: string; readonly meta: FileMeta; readonly result: StoreResult }
  /** It was not sent: it cannot be read or converted, or the peer took no context for it. The association goes on, unless part of it had left. */
  | { readonly path: string; readonly error: unknown };

/** The contexts for files as they are: one for each pair of SOP class and transfer syntax. More than 128 need several associations. */
export function contextsFor(files: Iterable<Pick<FileMeta, 'sopClass' | 'transferSyntax'>>): ContextProposal[] {
  const pairs = new Map<string, ContextProposal>();
  for (const { sopClass, transferSyntax } of files) pairs.set(`${sopClass} ${transferSyntax}`, { abstractSyntax: sopClass, transferSyntaxes: [transferSyntax] });
  return [...pairs.values()];
}

/**
 * Sends files one after the other (C-STORE), as they are stored or, where the peer took no context for that, converted to what
 * it takes; the next one is opened while this one is sent. Throws where the association ends, but for a file that ends it because
 * the rest of it cannot be had.
 */
export async function* sendFiles(association: ScuAssociation, paths: readonly string[]): AsyncGenerator<SentFile, void, undefined> {
  const codecs = createCodecs();
  let opening = paths.length === 0 ? undefined : opened(paths[0]!);
  try {
    for (const [index, path] of paths.entries()) {
      const file = await opening!;
      const next = paths[index + 1];
      opening = next === undefined ? undefined : opened(next);
      yield file instanceof DicomFile ? await sendFile(association, file, codecs) : { path, error: file.error };
    }
  } finally {
    codecs.release();
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

async function sendFile(association: ScuAssociation, file: DicomFile, codecs: Codecs): Promise<SentFile> {
  const { path, meta } = file;
  const { sopClass, transferSyntax: stored } = meta;
  const taken = [stored, ...conversionsOf(stored)].find((syntax) => association.contextFor(sopClass, syntax) !== undefined) ?? stored;
  let broken = false;
  try {
    const data = taken === stored ? evenly(file) : await begun(noticed(transcoded(file.dataSet(), stored, taken, codecs), () => { broken = true; }));
    return { path, meta, result: await association.store({ ...meta, transferSyntax: taken, data }) };
  } catch (error) {
    if (association.end !== undefined && !broken) throw error;
    return { path, error };
  } finally {
    await file.close();
  }
}

/** Tells of the pieces' own failure, which is not the association's. */
async function* noticed(pieces: AsyncIterable<Buffer>, onFailure: () => void): AsyncGenerator<Buffer> {
  try {
    yield* pieces;
  } catch (thrown) {
    onFailure();
    throw thrown;
  }
}

/** The same pieces, of which the first are there already: what fails at the beginning, as an image of one frame does, fails before anything is sent. */
async function begun(pieces: AsyncGenerator<Buffer>): Promise<AsyncIterable<Buffer>> {
  const first: Buffer[] = [];
  for (let bytes = 0; bytes < beginningBytes;) {
    const next = await pieces.next();
    if (next.done === true) break;
    first.push(next.value);
    bytes += next.value.length;
  }
  return (async function* () {
    try {
      yield* first;
      first.length = 0;
      yield* pieces;
    } finally {
      await pieces.return(undefined);
    }
  })();
}

/** The data set as it is stored. One that is deflated may have an odd number of bytes, what is sent has not (PS3.5 A.5): a NUL follows. */
async function* evenly(file: DicomFile): AsyncGenerator<Buffer> {
  yield* file.dataSet();
  if (file.meta.transferSyntax === deflatedLittleEndian && file.dataSetBytes % 2 === 1) yield Buffer.alloc(1);
}
