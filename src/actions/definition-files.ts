import { open, type FileHandle } from 'node:fs/promises';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { type DefinitionFile } from '../pipeline/model.ts';
import { definitionLimit } from '../pipeline/imports/definition-set.ts';

/** Reads a definition file of this machine; of one that is too large only so much that loading it says so. */
export async function readDefinitionFile(path: string): Promise<DefinitionFile> {
  let file: FileHandle | undefined;
  try {
    file = await open(path);
    const buffer = Buffer.allocUnsafe(definitionLimit + 1);
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return decodeDefinition(path, buffer.subarray(0, length));
  } catch (thrown) {
    throw unreadable(path, thrown);
  } finally {
    await file?.close();
  }
}

/** The text of a definition. Bytes that are no UTF-8 come out as U+FFFD, which loading the definition reports with its place. */
export function decodeDefinition(path: string, bytes: Uint8Array): DefinitionFile {
  return { path, content: new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes) };
}

function unreadable(path: string, thrown: unknown): ClaraError {
  const reasons: Readonly<Record<string, string>> = { ENOENT: 'there is no such file', EISDIR: 'it is a folder', EACCES: 'permission denied', ENOTDIR: 'there is no such file' };
  const reason = reasons[systemCode(thrown) ?? ''] ?? messageOf(thrown);
  return new ClaraError('usage', `cannot read the definition ${path} (${reason})`, { cause: thrown });
}
