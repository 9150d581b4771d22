import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openAssociation } from '../../../src/dicom/net/scu/open.ts';
import { ct, eventually, explicitLe, instance, settingsFor } from '../../helpers/adapter.ts';
import { missing } from '../../helpers/require.ts';
import { run } from '../../helpers/run.ts';
import { adapterPlace, dcmtk, fileOf } from './place.ts';

const MiB = 1024 * 1024;
const pipelines = { one: '0'.repeat(32) };
const noRoom = 0x0213;

/** An adapter whose folder (of instances, or all of it) is on a small file system. */
async function withSmallDisk(folder: string, megabytes: number, storage: string) {
  const place = adapterPlace();
  const mountPoint = join(place.home, 'dicom', folder);
  mkdirSync(mountPoint, { recursive: true });
  const mounted = await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', mountPoint]);
  if (mounted.exitCode !== 0) throw new Error(mounted.stderr);
  onTestFinished(async () => {
    await place.call('stop');
    await run('umount', ['-l', mountPoint]);
  });
  place.settings(settingsFor(pipelines, { timeout: 600 }).replace(/^storage: .*$/m, `storage: ${storage}`));
  const { port } = await place.start();
  const store = (file: string) => dcmtk('storescu', '-v', '-aec', 'CLARA', '127.0.0.1', port, file);
  return { ...place, port, store, filler: join(mountPoint, 'of-others'), instances: () => readdirSync(join(place.home, 'dicom', 'instances')).filter((name) => name.includes('.dcm')) };
}

describe.skipIf(missing('root') || missing('dcmtk'))('a disk', () => {
  test('that gets full while an instance arrives: 0213H, nothing is left of it, and the next one is taken', async () => {
    const { home, store, instances, call } = await withSmallDisk('instances', 8, '{ watermark-percent: 100, reserve-space-gb: 0 }');
    const tooLarge = await store(fileOf(home, 'large.dcm', '1.1', { bytes: 20 * MiB }));
    expect([tooLarge.exitCode, tooLarge.text]).toEqual([2, expect.stringContaining('Unknown Status: 0x213')]);
    expect(instances()).toEqual([]);
    expect(await store(fileOf(home, 'small.dcm', '1.2', { bytes: 2 * MiB }))).toMatchObject({ exitCode: 0, text: expect.stringContaining('Success') as string });
    expect(instances()).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.dcm$/)]);
    expect((await call('logs')).stdout).toContain('the disk is full');
  });

  test('above its watermark: associations for storage are rejected and what arrives is refused, C-ECHO is answered; it recovers by itself', async () => {
    const { home, store, port, filler, instances, call } = await withSmallDisk('instances', 16, '{ watermark-percent: 50, reserve-space-gb: 0 }');
    const file = fileOf(home, 'x.dcm', '1.1', { bytes: MiB });
    expect((await store(file)).exitCode).toBe(0);
    const early = await openAssociation({ host: '127.0.0.1', port: Number(port), calledAe: 'CLARA', callingAe: 'TEST', contexts: [{ abstractSyntax: ct, transferSyntaxes: [explicitLe] }] });
    onTestFinished(() => early.abort());
    writeFileSync(filler, Buffer.alloc(9 * MiB));
    expect(await store(file)).toMatchObject({ exitCode: 1, text: expect.stringMatching(/Rejected Permanent, Source: Service User[^]*Reason: No Reason/) as string });
    expect((await early.store(instance('1.2'))).status).toBe(noRoom);
    expect((await dcmtk('echoscu', '-aec', 'CLARA', '127.0.0.1', port)).exitCode).toBe(0);
    expect((await call('status')).stdout).toContain('NOTHING IS RECEIVED');
    expect(instances()).toHaveLength(1);
    rmSync(filler);
    expect((await early.store(instance('1.2'))).status).toBe(0);
    expect((await store(fileOf(home, 'y.dcm', '1.3'))).exitCode).toBe(0);
    expect((await call('status')).stdout).not.toContain('NOTHING IS RECEIVED');
    expect(instances()).toHaveLength(3);
  });

  test('without room for the database: what cannot be written down is refused and is not kept; it recovers by itself', async () => {
    const { port, filler, instances, call } = await withSmallDisk('.', 8, '{ watermark-percent: 100, reserve-space-gb: 0 }');
    const association = await openAssociation({ host: '127.0.0.1', port: Number(port), calledAe: 'CLARA', callingAe: 'TEST', contexts: [{ abstractSyntax: ct, transferSyntaxes: [explicitLe] }] });
    onTestFinished(() => association.abort());
    // All but a few pages.
    let left = 7 * MiB;
    for (const size of [MiB, 64 * 1024, 4096]) for (; left > 0; left -= size) try { writeFileSync(filler, Buffer.alloc(size), { flag: 'a' }); } catch { break; }
    let kept = 0;
    const refused = await eventually(async () => {
      const { status } = await association.store(instance(`1.${kept}`, { bytes: 10 }));
      if (status === 0) kept += 1;
      return status !== 0 && status;
    });
    expect(refused).toBe(noRoom);
    expect(instances().filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(instances()).toHaveLength(kept);
    rmSync(filler);
    expect((await association.store(instance('2.1'))).status).toBe(0);
    expect(JSON.parse((await call('status', '-o', 'json')).stdout)).toMatchObject({ inbox: { instances: kept + 1 } });
  });
});
