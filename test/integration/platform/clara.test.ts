import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fromTimestamp } from '../../../src/core/time.ts';
import { startServer } from '../../helpers/platform.ts';
import { root, tempDir } from '../../helpers/run.ts';
import { all, clients, failure } from './helpers.ts';

const sample = join(root, 'test/fixtures/nvidia-smi/one-gpu.xml');

/** A folder with an `nvidia-smi` that prints a file. */
function fakeSmi(script: string): string {
  const folder = tempDir();
  mkdirSync(join(folder, 'bin'));
  copyFileSync(sample, join(folder, 'smi.xml'));
  writeFileSync(join(folder, 'bin/nvidia-smi'), `#!/bin/sh\n${script.replaceAll('SAMPLE', join(folder, 'smi.xml'))}\n`);
  chmodSync(join(folder, 'bin/nvidia-smi'), 0o755);
  return folder;
}
const withPath = (folder: string) => ({ env: { PATH: `${join(folder, 'bin')}:${process.env.PATH}` } });

describe('utilisation', () => {
  test('without a GPU: one empty snapshot, and a watch that goes on until the caller leaves', async () => {
    const { clara, monitor } = clients(await startServer({ env: { PATH: '/nonexistent' } }));
    expect(await all(clara.utilization({ watch: false }))).toMatchObject([{ gpuMetrics: [] }]);
    expect(await all(monitor.gpuMetrics({}))).toMatchObject([{ gpuDetails: [] }]);
    const abort = new AbortController();
    let snapshots = 0;
    await failure((async () => {
      for await (const { gpuMetrics } of clara.utilization({ watch: true }, { signal: abort.signal })) {
        expect(gpuMetrics).toEqual([]);
        snapshots += 1;
        if (snapshots === 2) abort.abort();
      }
    })());
    expect(snapshots).toBe(2);
  });

  test('the figures of nvidia-smi, in the units of the guide; processes that are no operators are left out', async () => {
    const before = Date.now() - 1000;
    const { clara, monitor } = clients(await startServer(withPath(fakeSmi('[ "$*" = "-q -x" ] && exec cat SAMPLE'))));
    const [snapshot] = await all(clara.utilization({ watch: false }));
    const [gpu] = snapshot!.gpuMetrics;
    expect(gpu).toMatchObject({ nodeId: hostname(), pcieId: 0x3b, memoryFree: 6843, memoryUsed: 1270, processDetails: [] });
    expect(gpu!.computeUtilization).toBeCloseTo(0.3);
    expect(gpu!.memoryUtilization).toBeCloseTo(0.12);
    expect(fromTimestamp(gpu!.timestamp)).toBeGreaterThanOrEqual(before);
    const [metrics] = await all(monitor.gpuMetrics({}));
    expect(metrics!.gpuDetails).toMatchObject([{ deviceId: 0, data: { freeBar1: 254, usedBar1: 2, freeGpuMemory: 6843, usedGpuMemory: 1270 } }]);
  });

  test('a driver that does not answer is no GPU', async () => {
    const { clara } = clients(await startServer(withPath(fakeSmi('echo "NVIDIA-SMI has failed" >&2; exit 9'))));
    expect(await all(clara.utilization({ watch: false }))).toMatchObject([{ gpuMetrics: [] }]);
  });

  test('a watch does not keep the platform from stopping', async () => {
    const server = await startServer();
    const watch = clients(server).clara.utilization({ watch: true }, { timeoutMs: 0 });
    await watch.next();
    const [code, end] = await Promise.all([server.stop(), failure(watch.next())]);
    expect(code).toBe(0);
    // Not a plain end of the stream: nothing has ended but the platform.
    expect(end).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('stopping') as unknown });
  });
});

test('version is that of the product', async () => {
  const { version: text } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const [major, minor, patch] = text.split('.').map(Number);
  const { clara } = clients(await startServer());
  expect((await clara.version({})).version).toEqual({ major, minor, patch, label: '' });
});
