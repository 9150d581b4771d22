import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { planDownload } from '../../../src/actions/transfer/download-plan.ts';
import { destinationOf, download, receive } from '../../../src/actions/transfer/download.ts';
import { listPayload } from '../../../src/actions/transfer/payload-files.ts';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { ClaraError } from '../../../src/core/errors.ts';
import { startPayloadServer, type PayloadServer } from '../../helpers/payload-server.ts';
import { tempDir } from '../../helpers/run.ts';

const payload = 'f'.repeat(32);

async function fetchTo(server: PayloadServer, path: string, to: string, signal?: AbortSignal): Promise<void> {
  const plan = planDownload((await listPayload(server.connection, payload)).files, path);
  await download(server.connection, payload, plan, await destinationOf(plan, to), { streams: 4, ...(signal && { signal }) });
}

/** Everything below a folder, as paths. */
const found = (root: string) => readdirSync(root, { recursive: true, encoding: 'utf8' }).toSorted();

test('files arrive in a destination that is made, folders below the pattern kept', async () => {
  const raw = randomBytes(1_000_000);
  const server = await startPayloadServer({ '/operators/o/a.csv': 'a', '/operators/o/empty': '', '/operators/o/sub/b.raw': raw, '/input/x': 'x' });
  const to = join(tempDir(), 'new/out');
  await fetchTo(server, '/operators/o/*', to);
  expect(found(to)).toEqual(['a.csv', 'empty', 'sub', 'sub/b.raw']);
  expect(readFileSync(join(to, 'sub/b.raw')).equals(raw)).toBe(true);
  expect(readFileSync(join(to, 'empty')).length).toBe(0);
});

test('one file goes to a path of its own, into a folder that is there, or into one that ends with a slash', async () => {
  const server = await startPayloadServer({ '/input/a.dcm': 'a' });
  const root = tempDir();
  mkdirSync(join(root, 'there'));
  await fetchTo(server, '/input/a.dcm', join(root, 'b.dcm'));
  await fetchTo(server, '/input/a.dcm', join(root, 'there'));
  await fetchTo(server, '/input/a.dcm', `${join(root, 'slash')}/`);
  await fetchTo(server, '/input/?.dcm', join(root, 'pattern'));
  expect(found(root)).toEqual(['b.dcm', 'pattern', 'pattern/a.dcm', 'slash', 'slash/a.dcm', 'there', 'there/a.dcm']);
});

test('existing files are replaced, a link under the final name too, not what it leads to', async () => {
  const server = await startPayloadServer({ '/a': 'new', '/b': 'new' });
  const root = tempDir();
  const outside = join(tempDir(), 'outside');
  writeFileSync(outside, 'old');
  writeFileSync(join(root, 'a'), 'old and longer');
  symlinkSync(outside, join(root, 'b'));
  await fetchTo(server, '/', root);
  expect([readFileSync(join(root, 'a'), 'utf8'), readFileSync(join(root, 'b'), 'utf8'), readFileSync(outside, 'utf8')]).toEqual(['new', 'new', 'old']);
});

test('a link that is planted below the destination is not followed', async () => {
  const server = await startPayloadServer({ '/x/sub/a': 'a', '/x/b': 'b' });
  const [root, outside] = [tempDir(), tempDir()];
  symlinkSync(outside, join(root, 'sub'));
  await expect(fetchTo(server, '/x', root)).rejects.toMatchObject({
    kind: 'failed', message: `cannot write below ${root}/sub: it is a link, which may lead out of the destination`,
  });
  expect(found(outside)).toEqual([]);
});

test('the destination itself may be a link', async () => {
  const server = await startPayloadServer({ '/x/a': 'a' });
  const root = tempDir();
  mkdirSync(join(root, 'real'));
  symlinkSync('real', join(root, 'link'));
  await fetchTo(server, '/x', join(root, 'link'));
  expect(found(join(root, 'real'))).toEqual(['a']);
});

test.each([
  ['a folder is where a file should be', 'sub', '/sub'],
  ['a file is where a folder should be', 'file', '/file/a'],
])('%s', async (_name, place, name) => {
  const server = await startPayloadServer({ [name]: 'x' });
  const root = tempDir();
  if (place === 'sub') mkdirSync(join(root, 'sub'));
  else writeFileSync(join(root, 'file'), '');
  await expect(fetchTo(server, '/', root)).rejects.toMatchObject({ kind: 'failed', message: expect.stringMatching(/^cannot write/) as string });
  expect(found(root)).toEqual([place]);
});

test('a file that fails leaves no part behind, and what was whole stays', async () => {
  const server = await startPayloadServer({ '/a': 'a', '/b': 'b' }, {
    async *download({ name: names }) {
      for (const name of names.split('\0')) {
        yield { details: { mode: 0, name, size: name === '/b' ? 2 : 1 }, data: Buffer.from('x') };
        if (name === '/b') throw new Error('disk error');
      }
    },
  });
  const root = tempDir();
  const plan = planDownload((await listPayload(server.connection, payload)).files, '/');
  await expect(download(server.connection, payload, plan, { kind: 'folder', path: root }, { streams: 1 })).rejects.toMatchObject({
    kind: 'failed', details: ['downloaded: 1 of 2 files, 1 B of 2 B', 'left: /b'],
  });
  expect(found(root)).toEqual(['a']);
});

test('content that ends before its announced size is not a file', async () => {
  const server = await startPayloadServer({ '/a': 'a' }, {
    async *download({ name }) { yield { details: { mode: 0, name, size: 10 }, data: Buffer.from('short') }; },
  });
  const root = tempDir();
  await expect(fetchTo(server, '/a', root)).rejects.toThrow('/a ended after 5 of 10 bytes');
  expect(found(root)).toEqual([]);
});

test('a file that is gone meanwhile is not found', async () => {
  const server = await startPayloadServer({ '/a': 'a' }, {
    async *download() { throw new ClaraError('not-found', 'no such file', { wireCode: WireCode.missingFile }); },
  });
  await expect(fetchTo(server, '/a', join(tempDir(), 'x'))).rejects.toMatchObject({ kind: 'not-found' });
});

test('an interrupted download removes its parts and says what is left', async () => {
  const controller = new AbortController();
  const server = await startPayloadServer({ '/a': 'a', '/b': 'b' }, {
    async *download({ name }, { signal }) {
      yield { details: { mode: 0, name: name.split('\0')[0]!, size: 1 }, data: Buffer.from('x') };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    },
  });
  const root = tempDir();
  const plan = planDownload((await listPayload(server.connection, payload)).files, '/');
  await expect(download(server.connection, payload, plan, { kind: 'folder', path: root }, {
    streams: 1, signal: controller.signal, onProgress: ({ files }) => { if (files === 1) controller.abort(); },
  })).rejects.toMatchObject({ kind: 'interrupted', details: ['downloaded: 1 of 2 files, 1 B of 2 B', 'left: /b'] });
  expect(found(root)).toEqual(['a']);
});

test('a destination that cannot be made is told before anything is asked for', async () => {
  const server = await startPayloadServer({ '/a': 'a' });
  const file = join(tempDir(), 'file');
  writeFileSync(file, '');
  await expect(fetchTo(server, '/', join(file, 'x'))).rejects.toMatchObject({ kind: 'failed', message: `cannot write ${join(file, 'x')} (a part of the path is a file)` });
  await expect(fetchTo(server, '/', file)).rejects.toMatchObject({ message: `cannot write ${file} (it is a file)` });
});

test('the pieces of one file come in order, one at a time', async () => {
  const content = randomBytes(500_000);
  const server = await startPayloadServer({ '/a': content });
  const pieces: Buffer[] = [];
  let busy = false;
  await receive(server.connection, payload, '/a', {}, async (data) => {
    expect(busy).toBe(false);
    busy = true;
    await new Promise((resolve) => setImmediate(resolve));
    pieces.push(data);
    busy = false;
  });
  expect(Buffer.concat(pieces).equals(content)).toBe(true);
});

test('small files come many in a call; a platform that does not know that is asked for each', async () => {
  const names: string[] = [];
  const files = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`/input/${n}`, `${n}`]));
  const handlers = (batches: boolean) => ({
    async *download({ name }: { name: string }) {
      names.push(name);
      const wanted = name.split('\0');
      if (!batches && wanted.length > 1) throw new ClaraError('not-found', 'no such file', { wireCode: WireCode.missingFile });
      for (const each of wanted) {
        const content = Buffer.from(files[each]!);
        yield { details: { mode: 0, name: each, size: content.length }, data: content.subarray(0, 1) };
        if (content.length > 1) yield { data: content.subarray(1) };
      }
    },
  });
  for (const [batches, calls] of [[true, 3], [false, 301]] as const) {
    names.length = 0;
    const to = tempDir();
    const server = await startPayloadServer(files, handlers(batches));
    const plan = planDownload((await listPayload(server.connection, payload)).files, '/');
    await download(server.connection, payload, plan, await destinationOf(plan, to), { streams: 1 });
    expect(Object.keys(files).map((name) => readFileSync(join(to, name), 'utf8'))).toEqual(Object.values(files));
    expect(names.length).toBe(calls);
  }
});

test.each([
  ['another file', { details: { mode: 0, name: '/c', size: 1 }, data: Buffer.from('c') }, 'the platform sent /c instead of /b'],
  ['less than announced', { details: { mode: 0, name: '/b', size: 9 }, data: Buffer.from('b') }, '/b ended after 1 of 9 bytes'],
  ['nothing more', undefined, 'the platform left out /b'],
])('in a batch, %s is an error, and what was whole stays', async (_, second, message) => {
  const to = tempDir();
  const server = await startPayloadServer({ '/a': 'a', '/b': 'b' }, {
    async *download() {
      yield { details: { mode: 0, name: '/a', size: 1 }, data: Buffer.from('a') };
      if (second !== undefined) yield second;
    },
  });
  await expect(fetchTo(server, '/', to)).rejects.toMatchObject({ kind: 'failed', message });
  expect(found(to)).toEqual(['a']);
});
