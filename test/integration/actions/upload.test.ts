import { appendFileSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { type TransferProgress } from '../../../src/actions/transfer/progress.ts';
import { planUpload } from '../../../src/actions/transfer/upload-plan.ts';
import { upload } from '../../../src/actions/transfer/upload.ts';
import { type PayloadsUploadRequest } from '../../../src/api/generated/nvidia/clara/platform/payloads.ts';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { ClaraError } from '../../../src/core/errors.ts';
import { startPayloadServer } from '../../helpers/payload-server.ts';
import { tempDir } from '../../helpers/run.ts';

const tuning = { streams: 4, chunkBytes: 64 * 1024 };
const payload = 'f'.repeat(32);

function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const root = tempDir();
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

test('files of all sizes arrive as they are, several streams at a time', async () => {
  const sizes = [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000];
  const files = Object.fromEntries([...sizes.map((size) => [`s/${size}`, randomBytes(size)] as const), ...Array.from({ length: 300 }, (_, i) => [`many/${i}`, randomBytes(i)] as const)]);
  const server = await startPayloadServer();
  const seen: TransferProgress[] = [];
  const plan = await planUpload([folder(files)]);
  const done = await upload(server.connection, payload, plan, { ...tuning, onProgress: (progress) => seen.push(progress) });

  expect([...server.stored.keys()].toSorted()).toEqual(Object.keys(files).map((name) => `/${name}`).toSorted());
  expect(Object.entries(files).filter(([name, content]) => !server.stored.get(`/${name}`)!.equals(content))).toEqual([]);
  expect(done.files).toHaveLength(307);
  expect(seen.at(0)).toEqual({ files: 0, bytes: 0, totalFiles: 307, totalBytes: plan.bytes });
  expect(seen.at(-1)).toEqual({ files: 307, bytes: plan.bytes, totalFiles: 307, totalBytes: plan.bytes });
  // 304 small files share three streams; the four of a message and more have one each.
  expect(server.calls).toBe(7);
  expect(server.messages.filter((name) => name === 's/0')).toHaveLength(1);
  expect(server.messages.filter((name) => name === 's/131072')).toHaveLength(2);
});

test.each([
  ['refuses what has no name', () => { throw new ClaraError('usage', 'a file needs a name', { wireCode: WireCode.payloadUpload }); }],
  ['ignores what has no name', () => undefined],
])('a platform that does not know of packs, and %s, gets every file by itself', async (_, unnamed) => {
  const files = Object.fromEntries(Array.from({ length: 300 }, (_each, n) => [`many/${n}`, randomBytes(n)]));
  const stored = new Map<string, Buffer>();
  let packs = 0;
  const server = await startPayloadServer({}, {
    async upload(requests) {
      let details: PayloadsUploadRequest['details'];
      for await (const message of requests) {
        if (message.details === undefined) {
          packs += 1;
          unnamed();
          continue;
        }
        details = message.details;
        stored.set(details.name, Buffer.from(message.data));
      }
      return { details };
    },
  });
  const plan = await planUpload([folder(files)]);
  const seen: TransferProgress[] = [];
  await upload(server.connection, payload, plan, { ...tuning, streams: 1, onProgress: (progress) => seen.push(progress) });
  expect(Object.entries(files).filter(([name, content]) => stored.get(name)?.equals(content) !== true)).toEqual([]);
  expect(packs).toBe(1);
  expect(seen.at(-1)).toEqual({ files: 300, bytes: plan.bytes, totalFiles: 300, totalBytes: plan.bytes });
});

test('every message names payload and file, the first has the header', async () => {
  const messages: PayloadsUploadRequest[] = [];
  const server = await startPayloadServer({}, {
    async upload(requests) {
      for await (const message of requests) messages.push(message);
      return {};
    },
  });
  await upload(server.connection, payload, await planUpload([folder({ 'a b': randomBytes(70_000) })]), tuning);
  expect(messages.map(({ payloadId, details, data }) => [payloadId?.value, details?.name, details?.size, details?.mode, data.length]))
    .toEqual([[payload, 'a b', 70_000, 0, 65_536], [payload, 'a b', 70_000, 0, 4_464]]);
  expect(messages.map(({ header }) => header?.userAgent)).toEqual(['clara', undefined]);
});

test('resume leaves out files of the same name and size', async () => {
  const server = await startPayloadServer({ '/input/same': 'xx', '/input/other': 'x', '/elsewhere': 'zz' }, {
    async *details() {
      yield { type: 1, file: { mode: 0, name: '/input/same', size: 2 } };
      yield { file: { mode: 0, name: '/input/other', size: 1 } };
    },
  });
  const plan = await planUpload([folder({ same: 'ab', other: 'ab', elsewhere: 'ab' })]);
  const done = await upload(server.connection, payload, plan, { ...tuning, resume: true });
  expect(done.skipped.map(({ name }) => name)).toEqual(['same']);
  expect(done.files.map(({ name }) => name)).toEqual(['elsewhere', 'other']);
  expect(server.messages.toSorted()).toEqual(['elsewhere', 'other']);
});

test('resume with nothing left to do sends nothing', async () => {
  const server = await startPayloadServer({ '/a': 'x' });
  const done = await upload(server.connection, payload, await planUpload([folder({ a: 'y' })]), { ...tuning, resume: true });
  expect([done.files, server.calls]).toEqual([[], 0]);
});

test.each([
  ['grows', (path: string) => appendFileSync(path, 'more'), /changed while it was uploaded \(200000 bytes before, 200004 now\)/],
  ['shrinks', (path: string) => writeFileSync(path, 'less'), /changed while it was uploaded \(200000 bytes before, 4 now\)/],
  ['is touched', (path: string) => utimesSync(path, 1, 1), /changed while it was uploaded$/],
  ['disappears', (path: string) => rmSync(path), /cannot be read any more \(ENOENT/],
])('a file that %s is an error that names it, and nothing is stored', async (_name, change, message) => {
  const root = folder({ a: randomBytes(200_000) });
  const server = await startPayloadServer();
  const plan = await planUpload([root]);
  change(join(root, 'a'));
  await expect(upload(server.connection, payload, plan, tuning)).rejects.toMatchObject({ kind: 'failed', message: expect.stringMatching(message) as string });
  expect(server.stored.size).toBe(0);
});

test('a file that changes after its first message is not stored', async () => {
  const root = folder({ a: randomBytes(3_000_000) });
  const server = await startPayloadServer();
  const plan = await planUpload([root]);
  let changed = false;
  const onProgress = ({ bytes }: TransferProgress) => {
    if (bytes === 0 || changed) return;
    changed = true;
    utimesSync(join(root, 'a'), 1, 1);
  };
  await expect(upload(server.connection, payload, plan, { ...tuning, onProgress })).rejects.toThrow(/changed while it was uploaded/);
  expect(server.stored.size).toBe(0);
});

test('the platform\'s refusal ends the upload early, with what is stored and what is left', async () => {
  const server = await startPayloadServer({}, {
    async upload(requests) {
      for await (const { details } of requests) {
        if (details?.name === 'b') throw new ClaraError('failed', 'the disk is full', { wireCode: WireCode.payloadUpload, hint: 'delete something' });
      }
      return {};
    },
  });
  const plan = await planUpload([folder({ a: randomBytes(70_000), b: randomBytes(5_000_000), c: 'x' })]);
  await expect(upload(server.connection, payload, plan, { ...tuning, streams: 1 })).rejects.toMatchObject({
    kind: 'failed', message: 'the disk is full', hint: 'delete something',
    details: ['uploaded: 1 of 3 files, 68.4 KiB of 4.84 MiB', 'left: b, c'],
  });
});

test('a platform that ends the call before it has everything has not stored it', async () => {
  const server = await startPayloadServer({}, { upload: async () => ({}) });
  const plan = await planUpload([folder({ a: randomBytes(9_000_000) })]);
  await expect(upload(server.connection, payload, plan, tuning)).rejects.toThrow('ended the call before it had everything');
});

test('a platform that stores less than it was sent is found out', async () => {
  const server = await startPayloadServer({}, {
    async upload(requests) {
      for await (const _ of requests);
      return { details: { mode: 0, name: 'a', size: 2 } };
    },
  });
  await expect(upload(server.connection, payload, await planUpload([folder({ a: 'abc' })]), tuning)).rejects.toThrow('the platform stored 2 of the 3 bytes of a');
});

test('an interrupted upload says what is stored and what is left', async () => {
  const server = await startPayloadServer();
  const plan = await planUpload([folder({ a: randomBytes(70_000), b: randomBytes(70_000), c: randomBytes(70_000) })]);
  const controller = new AbortController();
  const interrupted = upload(server.connection, payload, plan, {
    ...tuning, streams: 1, signal: controller.signal, onProgress: ({ files }) => { if (files === 1) controller.abort(); },
  });
  await expect(interrupted).rejects.toMatchObject({ kind: 'interrupted', details: ['uploaded: 1 of 3 files, 68.4 KiB of 205 KiB', 'left: b, c'] });
  expect([...server.stored.keys()]).toEqual(['/a']);
});
