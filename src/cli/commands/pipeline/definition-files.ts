import { open, readFile } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import { type PipelineDefinitionFile } from '../../../api/generated/nvidia/clara/platform/pipelines.ts';
import { ClaraError, messageOf, systemCode } from '../../../core/errors.ts';
import { type Context } from '../../context.ts';

/** Most of a definition that any platform takes, in bytes; checked here so that a wrong file is not read whole. */
const largestFile = 4 * 1024 * 1024;

/** Characters in one message; several messages with one path are one file (platform-api 3.2). */
const pieceLength = 256 * 1024;

/** The files of a definition in the order given, the main file first; paths are relative to the main file's folder. */
export async function readDefinition({ io }: Context, paths: readonly string[]): Promise<PipelineDefinitionFile[]> {
  if (paths.filter((path) => path === '-').length > 1) throw new ClaraError('usage', 'standard input can be read once only');
  const folder = dirname(paths[0]!);
  const files: PipelineDefinitionFile[] = [];
  for (const path of paths) {
    const bytes = path === '-' ? await io.readInput(largestFile) : await readText(path);
    files.push({ path: path === '-' ? 'pipeline.yaml' : nameOf(path, folder), content: decode(bytes, path) });
  }
  return files;
}

/** The messages that carry the files: no message larger than any platform takes, no character cut in two. */
export function* definitionPieces(files: readonly PipelineDefinitionFile[]): Generator<PipelineDefinitionFile> {
  for (const { path, content } of files) {
    let start = 0;
    do {
      let end = Math.min(content.length, start + pieceLength);
      const last = content.charCodeAt(end - 1);
      // A surrogate pair is one character.
      if (end < content.length && last >= 0xd800 && last <= 0xdbff) end += 1;
      yield { path, content: content.slice(start, end) };
      start = end;
    } while (start < content.length);
  }
}

function nameOf(path: string, folder: string): string {
  return folder === '-' ? basename(path) : relative(folder, path).replaceAll('\\', '/');
}

async function readText(path: string): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) throw new ClaraError('usage', `${path} is a folder, not a definition`, { hint: 'name the YAML file in it' });
      if (stats.size > largestFile) throw new ClaraError('usage', `${path} is too large for a definition (${stats.size} bytes; ${largestFile} are allowed)`);
      return await readFile(file);
    } finally {
      await file.close();
    }
  } catch (thrown) {
    if (thrown instanceof ClaraError) throw thrown;
    if (systemCode(thrown) === 'ENOENT') throw new ClaraError('usage', `the definition ${path} does not exist`, { cause: thrown });
    throw new ClaraError('usage', `the definition ${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}

function decode(bytes: Buffer, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (thrown) {
    throw new ClaraError('usage', `${path === '-' ? 'standard input' : path} is not UTF-8 text`, { cause: thrown });
  }
}
