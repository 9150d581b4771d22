import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serverHome, startServer, type TestServer } from '../../helpers/platform.ts';
import { tempDir } from '../../helpers/run.ts';
import { all, clients } from './helpers.ts';

const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex');

async function stored(server: TestServer, payloadId: { value: string } | undefined): Promise<Map<string, string>> {
  const { payloads } = clients(server);
  const files = new Map<string, string>();
  for (const { file } of await all(payloads.details({ payloadId }))) {
    if (file === undefined) continue;
    files.set(file.name, hash(Buffer.concat((await all(payloads.download({ payloadId, name: file.name }))).map(({ data }) => data))));
  }
  return files;
}

test('kill -9 during uploads: what was acknowledged is there and whole, what was not is whole or not there', async () => {
  const home = serverHome();
  const acknowledged = new Map<string, string>();
  const sent = new Map<string, Set<string>>();
  let payloadId: { value: string } | undefined;
  for (let round = 0; round < 5; round += 1) {
    const server = await startServer({ home });
    expect(readdirSync(join(home, 'payloads/.incoming'))).toEqual([]);
    const { payloads } = clients(server);
    payloadId ??= (await payloads.create({})).payloadId;
    let done = 0;
    let killed = false;
    // The moment comes from the work itself, so that it falls into another place each time.
    const killAfter = 3 + 7 * round;
    const upload = async (worker: number) => {
      for (let i = 0; !killed; i += 1) {
        const files = Array.from({ length: 1 + (i % 3) * 4 }, (_, k) => ({ name: `w${worker}/f${(i + k) % 20}`, data: randomBytes(1 + ((i * 7919 + k) % 700_000)) }));
        for (const { name, data } of files) sent.set(`/${name}`, (sent.get(`/${name}`) ?? new Set()).add(hash(data)));
        await payloads.upload(files.flatMap(({ name, data }) => [0, 1].map((half) => (
          { payloadId, details: { name, mode: 0, size: 0 }, data: half === 0 ? data.subarray(0, data.length >> 1) : data.subarray(data.length >> 1) }))));
        for (const { name, data } of files) acknowledged.set(`/${name}`, hash(data));
        done += 1;
        if (done === killAfter) {
          killed = true;
          void server.kill();
        }
      }
    };
    await Promise.allSettled([0, 1, 2].map(upload));
    await server.kill();
  }
  const server = await startServer({ home });
  const files = await stored(server, payloadId);
  for (const name of acknowledged.keys()) expect(files.has(name), name).toBe(true);
  // A later version that was sent but not acknowledged may be there; a mixture may not.
  for (const [name, digest] of files) expect(sent.get(name)!.has(digest), name).toBe(true);
  expect(readdirSync(join(home, 'payloads/.incoming'))).toEqual([]);
}, 600_000);

describe('many small files are put on the disk together', () => {
  /** A folder with a `sync` that notes how it was called and ends with a code. */
  function fakeSync(exitCode: number): { readonly bin: string; readonly calls: () => string[] } {
    const folder = tempDir();
    const log = join(folder, 'calls');
    mkdirSync(join(folder, 'bin'));
    writeFileSync(join(folder, 'bin/sync'), `#!/bin/sh\necho "$*" >> ${log}\nexit ${exitCode}\n`);
    chmodSync(join(folder, 'bin/sync'), 0o755);
    return { bin: join(folder, 'bin'), calls: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []) };
  }

  async function uploadMany(path: string): Promise<{ readonly server: TestServer; readonly names: readonly string[] }> {
    const server = await startServer({ env: { PATH: path } });
    const { payloads } = clients(server);
    const { payloadId } = await payloads.create({});
    await Promise.all(Array.from({ length: 6 }, (_, stream) => payloads.upload(
      Array.from({ length: 50 }, (__, i) => ({ payloadId, details: { name: `s${stream}/${i}`, mode: 0, size: 0 }, data: Buffer.from(`${i}`) })))));
    return { server, names: [...(await stored(server, payloadId)).keys()] };
  }

  test('by one call for several streams', async () => {
    const { bin, calls } = fakeSync(0);
    const { server, names } = await uploadMany(`${bin}:${process.env.PATH}`);
    expect(names).toHaveLength(300);
    expect(new Set(calls())).toEqual(new Set([`-f ${join(server.home, 'payloads/.incoming')}`]));
    expect(calls().length).toBeLessThan(7);
  });

  test('one by one where that call is not to be had', async () => {
    const { bin, calls } = fakeSync(1);
    expect((await uploadMany(`${bin}:${process.env.PATH}`)).names).toHaveLength(300);
    expect(calls().length).toBeLessThan(4);
    expect((await uploadMany('/nonexistent')).names).toHaveLength(300);
  });
});

test('a folder nested deeper than a process may have files open is still listed', async () => {
  const server = await startServer();
  const { payloads } = clients(server);
  const { payloadId } = await payloads.create({});
  let folder = join(server.home, 'payloads', payloadId!.value);
  for (let depth = 0; depth < 1100; depth += 1) folder += '/d';
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'deep'), 'x');
  const [message] = await all(payloads.details({ payloadId }));
  expect(message!.file).toMatchObject({ name: `/${'d/'.repeat(1100)}deep`, size: 1 });
});

test.runIf(process.platform === 'linux')('a file with a name that is no UTF-8 is listed, can be downloaded and removed', async () => {
  const server = await startServer();
  const { payloads } = clients(server);
  const { payloadId } = await payloads.create({});
  writeFileSync(Buffer.concat([Buffer.from(`${join(server.home, 'payloads', payloadId!.value)}/`), Buffer.from([0x61, 0xff, 0x62])]), 'odd');
  const [name] = [...(await stored(server, payloadId)).keys()];
  expect(name).toBe('/a\uFFFDb');
  await payloads.remove({ payloadId, name: name! });
  expect((await stored(server, payloadId)).size).toBe(0);
});
