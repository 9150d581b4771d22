import { closeSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Folder, openBelow } from '../../../src/system/folder.ts';
import { tempDir } from '../../helpers/run.ts';

const code = (work: () => unknown): string => {
  try {
    work();
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code ?? String(thrown);
  }
  return 'none';
};

test('links are no folders and no files, wherever they lead', () => {
  const root = tempDir();
  mkdirSync(join(root, 'real/sub'), { recursive: true });
  writeFileSync(join(root, 'real/file'), 'x');
  symlinkSync('real', join(root, 'link'));
  symlinkSync('real/file', join(root, 'file'));
  const folder = Folder.open(root);
  expect(['ENOTDIR', 'ELOOP']).toContain(code(() => folder.child('link')));
  expect(['ENOTDIR', 'ELOOP']).toContain(code(() => folder.childOrNew('link')));
  expect(code(() => folder.openFile('file'))).toBe('ELOOP');
  expect(code(() => openBelow(folder, ['real', 'sub']).close())).toBe('none');
  folder.close();
});

test.runIf(process.platform === 'linux')('a folder that is swapped for a link after it was opened is still the folder', () => {
  const root = tempDir();
  mkdirSync(join(root, 'a/b'), { recursive: true });
  mkdirSync(join(root, 'outside'));
  writeFileSync(join(root, 'outside/secret'), 'secret');
  const top = Folder.open(join(root, 'a'));
  const opened = top.child('b');
  renameSync(join(root, 'a/b'), join(root, 'moved'));
  symlinkSync(join(root, 'outside'), join(root, 'a/b'));
  expect(code(() => closeSync(opened.openFile('secret')))).toBe('ENOENT');
  writeFileSync(opened.pathOf('mine'), 'x');
  expect(readFileSync(join(root, 'moved/mine'), 'utf8')).toBe('x');
  expect(() => readFileSync(join(root, 'outside/mine'))).toThrow();
  opened.close();
  top.close();
});

test('entries are files, folders and others, names are bytes', async () => {
  const root = tempDir();
  const odd = Buffer.from([0x66, 0xff, 0xfe]);
  writeFileSync(join(root, 'file'), '');
  writeFileSync(Buffer.concat([Buffer.from(`${root}/`), odd]), 'odd');
  mkdirSync(join(root, 'folder'));
  symlinkSync('file', join(root, 'link'));
  const folder = Folder.open(root);
  const entries = [];
  for await (const { name, kind } of folder.entries()) entries.push(`${name.toString('latin1')} ${kind}`);
  expect(entries.sort()).toEqual(['file file', 'folder folder', 'fÿþ file', 'link other'].sort());
  const fd = folder.openFile(odd);
  expect(readFileSync(fd, 'utf8')).toBe('odd');
  closeSync(fd);
  expect(folder.removeEmpty('folder')).toBe(true);
  expect(folder.removeEmpty('folder')).toBe(false);
  folder.close();
  rmSync(root, { recursive: true });
});
