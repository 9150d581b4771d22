import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { serverHome, startServer, StartFailed } from '../../helpers/platform.ts';
import { missing } from '../../helpers/require.ts';
import { run } from '../../helpers/run.ts';
import { all, clients, failure, oneStep, register } from './helpers.ts';

const MiB = 1024 * 1024;

/** A server home with one folder on a file system of its own. */
async function homeWithSmall(folder: string, megabytes: number): Promise<string> {
  const home = serverHome();
  const place = join(home, folder);
  mkdirSync(place, { recursive: true });
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', place]);
  if (mounted.exitCode !== 0) throw new Error(mounted.stderr);
  onTestFinished(async () => { await run('umount', ['-l', place]); });
  return home;
}

describe.skipIf(missing('root'))('a full disk', () => {
  test('during an upload: the old file stays whole, nothing is left beside, and the next one works', async () => {
    const server = await startServer({ home: await homeWithSmall('payloads', 8) });
    const { payloads } = clients(server);
    const { payloadId } = await payloads.create({});
    const put = (name: string, megabytes: number, fill: string) => payloads.upload((function* () {
      for (let i = 0; i < megabytes; i += 1) yield { payloadId, details: { name, mode: 0, size: 0 }, data: Buffer.alloc(MiB, fill) };
    })());
    await put('scan', 2, 'a');
    for (const name of ['scan', 'new', 'folder/new']) {
      expect(await failure(put(name, 20, 'b')), name).toMatchObject({
        wireCode: WireCode.payloadUpload, message: expect.stringContaining('no space is left') as unknown, hint: expect.stringContaining('free some space') as unknown,
      });
    }
    expect(readdirSync(join(server.home, 'payloads/.incoming'))).toEqual([]);
    const pieces = (await all(payloads.download({ payloadId, name: 'scan' }))).map(({ data }) => data);
    expect(Buffer.concat(pieces).equals(Buffer.alloc(2 * MiB, 'a'))).toBe(true);
    await put('scan', 4, 'c');
    const files = (await all(payloads.details({ payloadId }))).map(({ file }) => file!.name);
    expect(files).toEqual(['/scan']);
  });

  test('with many files in one stream: what was acknowledged is there, what was not is not half there', async () => {
    const server = await startServer({ home: await homeWithSmall('payloads', 8) });
    const { payloads } = clients(server);
    const { payloadId } = await payloads.create({});
    const thrown = await failure(payloads.upload((function* () {
      for (let i = 0; i < 400; i += 1) yield { payloadId, details: { name: `f${i}`, mode: 0, size: 0 }, data: Buffer.alloc(64 * 1024, `${i}`) };
    })()));
    expect(thrown).toMatchObject({ wireCode: WireCode.payloadUpload });
    expect(readdirSync(join(server.home, 'payloads/.incoming'))).toEqual([]);
    for (const { file } of await all(payloads.details({ payloadId }))) if (file !== undefined) expect(file.size).toBe(64 * 1024);
  });

  test('while the input of a job is copied: there is no job, and its space is free again', async () => {
    const server = await startServer({ home: await homeWithSmall('payloads', 8) });
    const platform = clients(server);
    const { payloadId } = await platform.payloads.create({});
    await platform.payloads.upload([0, 1, 2, 3, 4].map(() => ({ payloadId, details: { name: 'scan', mode: 0, size: 0 }, data: Buffer.alloc(MiB) })));
    const pipelineId = await register(platform, oneStep);
    const free = () => statfsSync(join(server.home, 'payloads')).bfree;
    const before = free();
    expect(await failure(platform.jobs.create({ pipelineId, name: 'j', inputPayloads: [payloadId!] }))).toMatchObject({
      wireCode: WireCode.createPayloadFailed, message: expect.stringContaining('no space is left') as unknown,
    });
    expect(await all(platform.jobs.list({}))).toEqual([]);
    expect(readdirSync(join(server.home, 'payloads')).filter((name) => name !== '.incoming')).toEqual([payloadId!.value]);
    expect(free()).toBe(before);
  });

  test('during the upload of a model', async () => {
    const server = await startServer({ home: await homeWithSmall('models', 4) });
    const { models } = clients(server);
    const details = { modelId: undefined, name: 'liver', type: 1 as const, metadata: {} };
    await models.uploadModel([{ details, data: Buffer.alloc(MiB, 'a') }]);
    expect(await failure(models.uploadModel((function* () { for (let i = 0; i < 9; i += 1) yield { details, data: Buffer.alloc(MiB, 'b') }; })()))).toMatchObject({
      wireCode: WireCode.modelUpload, message: expect.stringContaining('no space is left') as unknown,
    });
    const [{ models: [model] } = { models: [] }] = await all(models.listModels({}));
    const back = await all(models.downloadModel({ modelId: model!.modelId }));
    expect(Buffer.concat(back.map(({ data }) => data)).equals(Buffer.alloc(MiB, 'a'))).toBe(true);
    expect(readdirSync(join(server.home, 'models')).length).toBe(2);
  });

  test('that may be filled to a share of it only: refused with the figures, and taken again once there is room', async () => {
    const server = await startServer({ home: await homeWithSmall('payloads', 64), args: ['--max-storage-percent', '50'] });
    const platform = clients(server);
    const { payloads, jobs } = platform;
    const { payloadId } = await payloads.create({});
    const put = (name: string, megabytes: number, size: number) => payloads.upload((function* () {
      for (let i = 0; i < megabytes; i += 1) yield { payloadId, details: { name, mode: 0, size }, data: Buffer.alloc(MiB) };
    })());
    await put('first', 20, 20 * MiB);
    // It says how large it is: refused before anything is taken in.
    expect(await failure(put('second', 1, 20 * MiB))).toMatchObject({
      wireCode: WireCode.payloadUpload,
      message: expect.stringMatching(/^"second" could not be stored: the platform's disk is 3\d % full \(4\d\.\d MiB free\), and maxStorageUsagePercentage allows 50 %; there is room for 1[12]\.\d MiB, and it takes 20\.0 MiB$/) as unknown,
      hint: expect.stringContaining('deleting payloads') as unknown,
    });
    // It does not: refused when it is too much, and nothing of it stays.
    expect(await failure(put('second', 30, 0))).toMatchObject({ wireCode: WireCode.payloadUpload, message: expect.stringContaining('allows 50 %') as unknown });
    expect(readdirSync(join(server.home, 'payloads/.incoming'))).toEqual([]);
    await put('second', 11, 11 * MiB);
    const pipelineId = await register(platform, oneStep);
    writeFileSync(join(server.home, 'payloads/of-others'), Buffer.alloc(2 * MiB));
    expect(await failure(jobs.create({ pipelineId, name: 'j', inputPayloads: [payloadId!] }))).toMatchObject({
      wireCode: WireCode.createPayloadFailed, message: expect.stringContaining('allows 50 %') as unknown,
    });
    await payloads.remove({ payloadId, name: 'first' });
    await put('second', 15, 15 * MiB);
  });

  test('of the database: a clear end of the call, and the platform lives on', async () => {
    const home = await homeWithSmall('.', 3);
    const server = await startServer({ home });
    const platform = clients(server);
    const pipelineId = await register(platform, oneStep);
    const filler = `${oneStep}\n${'#'.repeat(800_000)}`;
    let thrown;
    for (let i = 0; i < 10 && thrown === undefined; i += 1) thrown = await register(platform, filler).then(() => undefined, (error: unknown) => error);
    expect(thrown).toMatchObject({ wireCode: WireCode.pipelineStore, message: expect.stringContaining('full') as unknown });
    const [first] = await all(platform.pipelines.details({ pipelineId }));
    expect(first!.name).toBe('one-step');
  });

  test('to the last byte: every call says so, and so does a start', async () => {
    const home = await homeWithSmall('.', 3);
    const server = await startServer({ home });
    const platform = clients(server);
    const pipelineId = await register(platform, oneStep);
    const { jobId } = await platform.jobs.create({ pipelineId, name: 'j' });
    const { payloadId } = await platform.payloads.create({});
    await fill(join(home, 'fill'));
    const metadata = { key: 'x'.repeat(200) };
    const calls: Readonly<Record<string, () => Promise<unknown>>> = {
      'payloads.create': async () => { for (;;) await platform.payloads.create({ metadata }); },
      'payloads.addMetadata': async () => { for (let i = 0; ; i += 1) await platform.payloads.addMetadata({ payloadId, metadata: { [`k${i}`]: metadata.key } }); },
      'jobs.addMetadata': async () => { for (let i = 0; ; i += 1) await platform.jobs.addMetadata({ jobId, metadata: { [`k${i}`]: metadata.key } }); },
      'models.createCatalog': async () => { for (;;) await platform.models.createCatalog({}); },
    };
    for (const [name, call] of Object.entries(calls)) {
      expect(await failure(call()), name).toMatchObject({ kind: 'failed', wireCode: expect.any(Number) as number, message: expect.stringMatching(/disk/) as string, hint: expect.stringContaining('free some space') as string });
    }
    await server.stop();
    await fill(join(home, 'fill'));
    const start = await startServer({ home }).catch((thrown: unknown) => thrown as StartFailed);
    expect(start).toBeInstanceOf(StartFailed);
    expect((start as StartFailed).said).toContain('no space is left');
    rmSync(join(home, 'fill'));
    const next = await startServer({ home });
    expect(await all(clients(next).jobs.list({}))).toHaveLength(1);
  });
});

/** Leaves not a byte of a small file system. */
async function fill(path: string): Promise<void> {
  await run('sh', ['-c', 'head -c 16M /dev/zero >> "$1"; for i in 1 2 3; do printf x >> "$1"; done', 'sh', path]);
}
