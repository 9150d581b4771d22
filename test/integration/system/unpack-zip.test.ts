import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { join } from 'node:path';
import { type Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { ZipFile } from 'yazl';
import { unpackZip } from '../../../src/system/unpack-zip.ts';
import { tempDir } from '../../helpers/run.ts';

/** An archive of one file; the name is written over, because no honest library writes such names. */
async function archiveOf(name: string): Promise<{ readonly descriptor: number; readonly root: string; readonly folder: string }> {
  const honest = 'x'.repeat(name.length);
  const zip = new ZipFile();
  zip.addBuffer(Buffer.from('content'), honest, { compress: false });
  zip.end();
  const bytes = (await buffer(zip.outputStream as unknown as Readable)).toString('latin1').replaceAll(honest, name);
  const root = tempDir();
  const folder = join(root, 'model');
  mkdirSync(folder);
  writeFileSync(join(root, 'archive'), Buffer.from(bytes, 'latin1'));
  return { descriptor: openSync(join(root, 'archive'), 'r'), root, folder };
}

test('files arrive in their folders', async () => {
  const { descriptor, folder } = await archiveOf('1/model.onnx');
  await unpackZip(descriptor, folder, (name) => name);
  expect(readFileSync(join(folder, '1/model.onnx'), 'utf8')).toBe('content');
});

test.each(['../escaped', 'a/../../escaped', '/tmp/clara-escaped', 'C:\\escaped'])('%j leaves the folder, and nothing is written', async (name) => {
  const { descriptor, root, folder } = await archiveOf(name);
  await expect(unpackZip(descriptor, folder, (path) => path)).rejects.toThrow(/relative path|absolute path/);
  expect(readdirSync(root).toSorted()).toEqual(['archive', 'model']);
  expect(readdirSync(folder)).toEqual([]);
  expect(existsSync('/tmp/clara-escaped')).toBe(false);
});
