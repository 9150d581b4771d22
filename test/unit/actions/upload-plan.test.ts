import { mkdirSync, symlinkSync, writeFileSync, chmodSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { describeNotes, inFolder, planUpload } from '../../../src/actions/transfer/upload-plan.ts';
import { inBatches } from '../../../src/actions/transfer/batches.ts';
import { tempDir } from '../../helpers/run.ts';

/** Makes files below a new folder: a name and its content, a name that ends with `/` is a folder, `@` starts a link's target. */
function tree(entries: Readonly<Record<string, string>>): string {
  const root = tempDir();
  for (const [name, content] of Object.entries(entries)) {
    const path = join(root, name);
    mkdirSync(join(path, name.endsWith('/') ? '.' : '..'), { recursive: true });
    if (content.startsWith('@')) symlinkSync(content.slice(1), path);
    else if (!name.endsWith('/')) writeFileSync(path, content);
  }
  return root;
}

const names = async (paths: string[], folder = '') => inFolder(await planUpload(paths), folder).files.map((file) => file.name);

describe('names', () => {
  test('a folder gives its content, relative and sorted', async () => {
    const root = tree({ 'b.dcm': '12', 'a/z': '', 'a/b/c.dcm': '1', 'a.dcm': '123' });
    const plan = await planUpload([root]);
    expect(plan.files.map(({ name, size, source }) => [name, size, source])).toEqual([
      ['a.dcm', 3, join(root, 'a.dcm')], ['a/b/c.dcm', 1, join(root, 'a/b/c.dcm')], ['a/z', 0, join(root, 'a/z')], ['b.dcm', 2, join(root, 'b.dcm')],
    ]);
    expect(plan.bytes).toBe(6);
    expect(plan.notes).toEqual([]);
  });

  test('a file keeps its bare name; a folder in the payload goes before', async () => {
    const root = tree({ 'deep/er/a.dcm': '1' });
    expect(await names([join(root, 'deep/er/a.dcm')])).toEqual(['a.dcm']);
    expect(await names([join(root, 'deep')], 'prior/1')).toEqual(['prior/1/er/a.dcm']);
  });

  test('spaces, line breaks, unicode, leading dashes, backslashes and glob characters stay as they are', async () => {
    const odd = ['-rf', '--name=x', ' lead', 'a b', 'new\nline', 'ümlaut/日本.dcm', 'back\\slash', 'a[1]*?.dcm', '{x}', '...', 'e\u0301'].sort();
    expect(await names([tree(Object.fromEntries(odd.map((name) => [name, 'x'])))])).toEqual(odd);
  });
});

describe('links', () => {
  test('inside the folder they are followed without a word', async () => {
    const plan = await planUpload([tree({ 'real/a': '12', 'file': '@real/a', 'folder': '@real' })]);
    expect(plan.files.map(({ name, size }) => [name, size])).toEqual([['file', 2], ['folder/a', 2], ['real/a', 2]]);
    expect(plan.notes).toEqual([]);
  });

  test('out of the folder they are followed with a note, once', async () => {
    const elsewhere = tree({ 'x/y': '1', 'x/in': '@y' });
    const root = tree({ 'out': `@${elsewhere}/x`, 'one': `@${elsewhere}/x/y` });
    const plan = await planUpload([root]);
    expect(plan.files.map(({ name }) => name)).toEqual(['one', 'out/in', 'out/y']);
    expect(plan.notes).toEqual([
      { kind: 'link-outside', path: join(root, 'one'), target: join(elsewhere, 'x/y') },
      { kind: 'link-outside', path: join(root, 'out'), target: join(elsewhere, 'x') },
    ]);
    expect(describeNotes(plan.notes)).toEqual([`2 links followed out of the folder: ${join(root, 'one')}, ${join(root, 'out')}`]);
  });

  test('to a folder above they are left out', async () => {
    const root = tree({ 'a/b/up': '@..', 'a/f': '1', 'a/self': '@.' });
    const plan = await planUpload([root]);
    expect(plan.files.map(({ name }) => name)).toEqual(['a/f']);
    expect(plan.notes.map(({ kind }) => kind)).toEqual(['link-loop', 'link-loop']);
  });

  test('the folder itself may be named through a link', async () => {
    const root = tree({ 'real/a': '1', 'link': '@real' });
    const plan = await planUpload([join(root, 'link')]);
    expect(plan.files.map(({ name }) => name)).toEqual(['a']);
    expect(plan.notes).toEqual([]);
  });
});

test('empty folders and special files are noted', async () => {
  const root = tree({ 'empty/': '', 'a': '1' });
  const socket = createServer().listen(join(root, 'socket'));
  onTestFinished(() => void socket.close());
  const plan = await planUpload([root]);
  expect(plan.notes).toEqual([{ kind: 'empty-folder', path: join(root, 'empty') }, { kind: 'special-file', path: join(root, 'socket') }]);
  expect(describeNotes(plan.notes)).toEqual([
    `1 empty folder left out, a payload holds files only: ${join(root, 'empty')}`,
    `1 special file left out: ${join(root, 'socket')}`,
  ]);
});

describe('problems', () => {
  test('all of them are reported together', async () => {
    const root = tree({ 'a/x': '1', 'b/x': '2', 'c/dangling': '@nowhere', 'c/circle': '@circle', 'c/ok': '1' });
    await expect(planUpload([join(root, 'none'), join(root, 'a'), join(root, 'b'), join(root, 'c')])).rejects.toMatchObject({
      kind: 'usage',
      message: 'nothing was uploaded: 4 problems with the input',
      details: [
        `  a link that leads in a circle: ${root}/c/circle`,
        `  no such file or folder, or a link to nothing: ${root}/c/dangling`,
        `  no such file or folder, or a link to nothing: ${root}/none`,
        `  two files would be stored as x: ${root}/a/x and ${root}/b/x`,
      ],
    });
  });

  test.each([
    ['a missing file', 'none', /^no such file or folder.*none$/],
    ['an empty folder', 'empty', /^nothing to upload: .*empty holds no files$/],
    ['a path through a file', 'a/b', /^no such file or folder: .*a\/b$/],
    ['a socket', 'socket', /^neither a file nor a folder: .*socket$/],
  ])('%s', async (_name, path, message) => {
    const root = tree({ 'empty/': '', 'a': '1' });
    const socket = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void socket.close());
    await expect(planUpload([join(root, path)])).rejects.toMatchObject({ kind: 'usage', message: expect.stringMatching(message) as string });
  });

  test('a name that is no UTF-8', async () => {
    const root = tree({ 'a': '1' });
    writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xff])]), 'x');
    await expect(planUpload([root])).rejects.toMatchObject({ message: `the name is not valid UTF-8: ${root}/f\uFFFD` });
  });

  test('a folder that may not be read', async () => {
    const root = tree({ 'closed/x': '1', 'a': '1' });
    chmodSync(root, 0o755);
    chmodSync(join(root, 'closed'), 0);
    onTestFinished(() => chmodSync(join(root, 'closed'), 0o700));
    // To root everything is readable: be nobody for a moment.
    const asRoot = process.geteuid?.() === 0;
    if (asRoot) process.seteuid?.(65534);
    const planned = planUpload([root]).finally(() => { if (asRoot) process.seteuid?.(0); });
    await expect(planned).rejects.toMatchObject({
      message: `not readable: ${root}/closed (permission denied)`,
    });
  });
});

test('large files travel alone, small ones together in order', () => {
  const file = (name: string, size: number) => ({ source: name, name, size, mtimeMs: 0 });
  const mb = 1024 * 1024;
  const files = [file('a', 1), file('big', mb), file('b', 2), ...Array.from({ length: 130 }, (_, i) => file(`s${i}`, 10)), file('c', mb - 1)];
  const batches = inBatches(files, mb);
  expect(batches.flat().length).toBe(files.length);
  expect(batches.map((batch) => batch.length)).toEqual([128, 1, 5]);
  expect(batches[1]).toEqual([file('big', mb)]);
  expect(inBatches(Array.from({ length: 9 }, (_, i) => file(`${i}`, mb - 1)), mb).map((batch) => batch.length)).toEqual([4, 4, 1]);
  expect(inBatches([], mb)).toEqual([]);
});
