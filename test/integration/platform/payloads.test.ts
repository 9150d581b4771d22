import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ClaraError } from '../../../src/core/errors.ts';
import { type ServiceClient } from '../../../src/api/client.ts';
import { everyPayload, packedFiles } from '../../../src/api/extensions.ts';
import { pack, unpack } from '../../../src/api/packing.ts';
import { PayloadsService } from '../../../src/api/services.ts';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { startServer, type TestServer } from '../../helpers/platform.ts';

type Payloads = ServiceClient<typeof PayloadsService>;

let server: TestServer;
let payloads: Payloads;
let payloadId: { value: string };

beforeEach(async () => {
  server = await startServer();
  payloads = server.connection.service(PayloadsService);
  payloadId = (await payloads.create({})).payloadId!;
});

const chunk = (name: string, data: string | Buffer, mode = 0) => ({ payloadId, details: { name, mode, size: data.length }, data: Buffer.from(data) });
const put = (name: string, data: string | Buffer, mode = 0) => payloads.upload([chunk(name, data, mode)]);
const failure = async (work: Promise<unknown>): Promise<ClaraError> => {
  try {
    await work;
  } catch (thrown) {
    return thrown as ClaraError;
  }
  throw new Error('it succeeded');
};

async function get(name: string): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const { data } of payloads.download({ payloadId, name })) pieces.push(data);
  return Buffer.concat(pieces);
}

async function list(): Promise<Record<string, number>> {
  const files: Record<string, number> = {};
  for await (const { file } of payloads.details({ payloadId })) if (file !== undefined) files[file.name] = file.size;
  return files;
}

/** Where the payload's files are. */
const folder = () => join(server.home, 'payloads', payloadId.value);
const incoming = () => readdirSync(join(server.home, 'payloads', '.incoming'));

test('which payloads there are is told to who asks for it so, newest first, and to nobody else', async () => {
  const second = (await payloads.create({ metadata: { study: 'phantom' } })).payloadId!;
  const deleted = (await payloads.create({})).payloadId!;
  await put('a', 'abc');
  await payloads.delete({ payloadId: deleted });
  const told = [];
  for await (const { payloadId: id, metadata, file } of payloads.details({}, { metadata: { [everyPayload.key]: everyPayload.value } })) told.push([id?.value, metadata, file]);
  expect(told).toEqual([[second.value, { study: 'phantom' }, undefined], [payloadId.value, {}, undefined]]);
  expect((await failure(payloads.details({}).next())).wireCode).toBe(WireCode.invalidPayloadId);
});

describe('many small files in few messages', () => {
  const control = { metadata: { [packedFiles.key]: packedFiles.value } };
  const packOf = (files: Readonly<Record<string, Buffer>>) => pack(Object.entries(files).map(([name, data]) => PayloadsService.upload.requestSerialize({
    header: undefined, payloadId: undefined, details: { name, mode: 0, size: data.length }, data,
  })));

  test('they are stored and sent as they are, among others that come as always', async () => {
    const small = Object.fromEntries([0, 1, 4096, 65_536].map((size) => [`d/${size}`, randomBytes(size)]));
    const large = randomBytes(200_000);
    const { details } = await payloads.upload([
      { payloadId, data: packOf(small) }, { payloadId, details: { name: 'large', mode: 0, size: large.length }, data: large }, { payloadId, data: packOf({ last: Buffer.from('x') }) },
    ], control);
    expect(details).toMatchObject({ name: 'last', size: 1 });
    const all: Record<string, Buffer> = { ...small, large, last: Buffer.from('x') };
    expect(await list()).toEqual(Object.fromEntries(Object.entries(all).map(([name, { length }]) => [`/${name}`, length])));
    const received = new Map<string, Buffer[]>();
    let messages = 0;
    let name = '';
    for await (const message of payloads.download({ payloadId, name: Object.keys(all).map((each) => `/${each}`).join(packedFiles.separator) }, control)) {
      messages += 1;
      const files = message.details === undefined && name === '' ? [...unpack(message.data)].map((bytes) => PayloadsService.download.responseDeserialize(bytes)) : [message];
      for (const file of files) {
        name = file.details?.name ?? name;
        received.set(name, [...received.get(name) ?? [], Buffer.from(file.data)]);
      }
      if (Buffer.concat(received.get('/large') ?? []).length === large.length || name !== '/large') name = '';
    }
    expect(messages).toBeLessThan(Object.keys(all).length);
    for (const [each, content] of Object.entries(all)) expect([each, Buffer.concat(received.get(`/${each}`)!).equals(content)]).toEqual([each, true]);
  });

  test('what holds no files, or files of names that are refused, stores nothing', async () => {
    for (const data of [Buffer.from([200, 1, 2]), Buffer.from('05ffffffffff', 'hex'), packOf({ '../x': Buffer.from('x') })]) {
      expect(await failure(payloads.upload([{ payloadId, data }], control))).toMatchObject({ wireCode: WireCode.payloadUpload });
    }
    expect(await list()).toEqual({});
    expect(incoming()).toEqual([]);
  });
});

describe('upload and download', () => {
  test('what went in comes out, in chunks and under the name that was given', async () => {
    const content = randomBytes(3 * 1024 * 1024 + 17);
    const requests = [];
    for (let at = 0; at < content.length; at += 65_536) requests.push(chunk('./scan/volume.raw', content.subarray(at, at + 65_536)));
    const { details } = await payloads.upload(requests);
    expect(details).toMatchObject({ name: './scan/volume.raw', size: content.length });
    expect((await get('/scan/volume.raw')).equals(content)).toBe(true);
    expect(await list()).toEqual({ '/scan/volume.raw': content.length });
  });

  test('a message of 4 MiB of data is taken', async () => {
    const content = randomBytes(4 * 1024 * 1024);
    await put('big', content);
    expect((await get('big')).equals(content)).toBe(true);
  });

  test('a message above the limit fails and stores nothing', async () => {
    expect(await failure(put('huge', Buffer.alloc(9 * 1024 * 1024)))).toMatchObject({ kind: 'failed' });
    expect(await list()).toEqual({});
  });

  test('the first message of a download has details, and an empty file is one message', async () => {
    await put('empty', '');
    const messages = [];
    for await (const message of payloads.download({ payloadId, name: 'empty' })) messages.push(message);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ details: { name: 'empty', size: 0 } });
  });

  test('an empty stream stores nothing and says so', async () => {
    expect(await failure(payloads.upload([]))).toMatchObject({ wireCode: WireCode.payloadUpload });
    expect(await list()).toEqual({});
  });

  test('an existing name is replaced', async () => {
    await put('a', 'one');
    await put('a', 'two');
    expect((await get('a')).toString()).toBe('two');
    expect(await list()).toEqual({ '/a': 3 });
  });

  test('the announced size counts for nothing', async () => {
    await payloads.upload([{ payloadId, details: { name: 'a', mode: 0, size: 1_000_000 }, data: Buffer.from('xyz') }]);
    expect(await list()).toEqual({ '/a': 3 });
  });

  test('permission bits are kept, set-user-id is not, and 0 means none given', async () => {
    await put('tool', 'x', 0o4751);
    await put('plain', 'x', 0);
    expect(statSync(join(folder(), 'tool')).mode & 0o7777).toBe(0o751);
    expect(statSync(join(folder(), 'plain')).mode & 0o600).toBe(0o600);
  });

  test('several files in one stream, also with their chunks mixed', async () => {
    await payloads.upload([chunk('a', '1'), chunk('b', '2'), chunk('a', '3'), chunk('/b', '4'), chunk('c', '')]);
    expect([(await get('a')).toString(), (await get('b')).toString()]).toEqual(['13', '24']);
    expect(await list()).toEqual({ '/a': 2, '/b': 2, '/c': 0 });
  });

  test('a thousand files in one stream', async () => {
    const { details } = await payloads.upload(Array.from({ length: 1000 }, (_, i) => chunk(`series/${i}.dcm`, `slice ${i}`)));
    expect(details!.name).toBe('series/999.dcm');
    expect(Object.keys(await list())).toHaveLength(1000);
    expect((await get('series/500.dcm')).toString()).toBe('slice 500');
  });

  test('parallel uploads of one name leave one of them whole', async () => {
    const contents = Array.from({ length: 8 }, (_, i) => Buffer.alloc(700_000, `${i}`));
    await Promise.all(contents.map((content) => put('same', content)));
    const stored = await get('same');
    expect(contents.some((content) => content.equals(stored))).toBe(true);
    expect(incoming()).toEqual([]);
  });

  test.each([0, 500])('a cancelled upload leaves the old file whole and nothing beside, also when the reset comes %i ms late', async (delay) => {
    await put('a', 'old');
    const abort = new AbortController();
    async function* half() {
      yield chunk('a', Buffer.alloc(1_000_000));
      yield chunk('a', Buffer.alloc(1_000_000));
      // What has been sent is on the server's disk by now, or on its way there.
      await expect.poll(incoming).not.toEqual([]);
      abort.abort();
      // Node.js ends the stream at once and resets it later; a busy machine may do something else in between.
      for (const until = performance.now() + delay; performance.now() < until;);
    }
    expect(await failure(payloads.upload(half(), { signal: abort.signal }))).toMatchObject({ kind: 'interrupted' });
    await expect.poll(incoming).toEqual([]);
    expect((await get('a')).toString()).toBe('old');
    expect(await list()).toEqual({ '/a': 3 });
  });

  test.each(['ä ö ü.dcm', 'with\nnewline', '-rf', ' leading', 'back\\slash', '患者', 'a'.repeat(255), 'C:evil', '...'])('%j is an ordinary name', async (name) => {
    await put(name, 'x');
    expect(await list()).toEqual({ [`/${name}`]: 1 });
    expect((await get(name)).toString()).toBe('x');
    await payloads.remove({ payloadId, name });
    expect(await list()).toEqual({});
  });
});

describe('names that lead elsewhere', () => {
  const bad = ['../../x', '..', 'a/../../x', '/../x', './../x', 'a\0b', '\0', '', '/', '.', './', 'folder/', 'a/.', 'x'.repeat(300), `${'d/'.repeat(2000)}x`];

  test.each(bad)('%j is refused by upload, download and remove', async (name) => {
    const before = readdirSync(server.home);
    const wireCodes = [
      (await failure(payloads.upload([{ payloadId, details: { name: 'ok', mode: 0, size: 0 }, data: Buffer.alloc(0) }, { payloadId, details: { name, mode: 0, size: 1 }, data: Buffer.from('x') }].slice(name === '' ? 2 : 1)))).wireCode,
      (await failure(get(name))).wireCode,
      (await failure(payloads.remove({ payloadId, name }))).wireCode,
    ];
    expect(wireCodes).toEqual([WireCode.payloadUpload, WireCode.missingFile, WireCode.missingFile]);
    expect(readdirSync(server.home)).toEqual(before);
    expect(await list()).toEqual({});
  });

  test('an absolute name stays inside', async () => {
    await put('/etc/passwd', 'mine');
    expect((await get('/etc/passwd')).toString()).toBe('mine');
    expect(readFileSync(join(folder(), 'etc/passwd'), 'utf8')).toBe('mine');
  });

  test('planted links are not followed, listed, downloaded or emptied', async () => {
    const outside = join(server.home, 'outside');
    mkdirSync(outside);
    writeFileSync(join(outside, 'secret'), 'secret');
    await put('dir/real', 'x');
    symlinkSync(outside, join(folder(), 'link'));
    symlinkSync(join(outside, 'secret'), join(folder(), 'file'));
    symlinkSync(join(outside, 'secret'), join(folder(), 'dir/file'));
    symlinkSync('..', join(folder(), 'up'));
    symlinkSync(join(outside, 'new'), join(folder(), 'dangling'));

    expect(await list()).toEqual({ '/dir/real': 1 });
    for (const name of ['link/secret', 'file', 'dir/file', 'up/up/server.json', 'LINK/secret', 'FILE', 'dangling']) {
      expect(await failure(get(name)), name).toMatchObject({ wireCode: WireCode.missingFile });
      expect(await failure(payloads.remove({ payloadId, name })), name).toMatchObject({ wireCode: WireCode.missingFile });
    }
    for (const name of ['link/new', 'up/new', 'link/deeper/new']) {
      expect(await failure(put(name, 'x')), name).toMatchObject({ wireCode: WireCode.payloadUpload });
    }
    // A link in the place of a file is replaced, not written through.
    await put('file', 'mine');
    await put('dangling', 'mine');
    expect(readdirSync(outside)).toEqual(['secret']);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect((await get('file')).toString()).toBe('mine');

    await payloads.delete({ payloadId });
    await expect.poll(() => existsSync(folder())).toBe(false);
    expect(readFileSync(join(outside, 'secret'), 'utf8')).toBe('secret');
  });

  test('a file in the place of a folder, and the other way round', async () => {
    await put('a', 'x');
    await put('b/c', 'x');
    expect(await failure(put('a/x', 'y'))).toMatchObject({ wireCode: WireCode.payloadUpload, message: expect.stringContaining('a/x') as unknown });
    expect(await failure(put('b', 'y'))).toMatchObject({ wireCode: WireCode.payloadUpload, message: expect.stringContaining('a folder') as unknown });
    expect(await failure(get('b'))).toMatchObject({ wireCode: WireCode.missingFile });
    expect(await list()).toEqual({ '/a': 1, '/b/c': 1 });
    expect(incoming()).toEqual([]);
  });
});

describe('case', () => {
  test('two names that differ only in case are two files; a third spelling is ambiguous', async () => {
    await put('Scan/A.dcm', 'one');
    await put('scan/a.DCM', 'two');
    expect(await list()).toEqual({ '/Scan/A.dcm': 3, '/scan/a.DCM': 3 });
    expect((await get('scan/a.DCM')).toString()).toBe('two');
    expect(await failure(get('SCAN/A.DCM'))).toMatchObject({ wireCode: WireCode.missingFile, message: expect.stringContaining('differ only in case') as unknown });
    expect(await failure(payloads.remove({ payloadId, name: 'SCAN/A.DCM' }))).toMatchObject({ wireCode: WireCode.missingFile });
    await payloads.remove({ payloadId, name: 'scan/a.DCM' });
    expect((await get('SCAN/A.DCM')).toString()).toBe('one');
  });
});

describe('remove and delete', () => {
  test('folders that become empty go too, others stay', async () => {
    await put('a/b/c/file', 'x');
    await put('a/other', 'x');
    await payloads.remove({ payloadId, name: 'a/b/c/file' });
    expect(readdirSync(join(folder(), 'a'))).toEqual(['other']);
    expect(await failure(payloads.remove({ payloadId, name: 'a/b/c/file' }))).toMatchObject({ wireCode: WireCode.missingFile });
  });

  test('a deleted payload is gone for every call', async () => {
    await put('a', 'x');
    await payloads.delete({ payloadId });
    expect(existsSync(folder())).toBe(false);
    const codes = [
      failure(list()), failure(get('a')), failure(put('a', 'x')), failure(payloads.remove({ payloadId, name: 'a' })), failure(payloads.delete({ payloadId })),
    ];
    for (const code of codes) expect(await code).toMatchObject({ wireCode: WireCode.missingPayload });
  });
});

describe('ids', () => {
  test('dashes and upper case are accepted', async () => {
    const { value } = payloadId;
    const dashed = [value.slice(0, 8), value.slice(8, 12), value.slice(12, 16), value.slice(16, 20), value.slice(20)].join('-').toUpperCase();
    await payloads.upload([{ ...chunk('a', 'x'), payloadId: { value: dashed } }]);
    expect(await list()).toEqual({ '/a': 1 });
  });

  test.each(['', 'x', '../../x', 'z'.repeat(32), '0'.repeat(31), `${'0'.repeat(32)}/..`])('%j is malformed', async (value) => {
    expect(await failure(payloads.delete({ payloadId: { value } }))).toMatchObject({ wireCode: WireCode.invalidPayloadId });
  });

  test('no id at all is malformed, an unknown one is missing', async () => {
    expect(await failure(payloads.delete({}))).toMatchObject({ wireCode: WireCode.invalidPayloadId });
    expect(await failure(payloads.delete({ payloadId: { value: '0'.repeat(32) } }))).toMatchObject({ wireCode: WireCode.missingPayload });
  });
});
