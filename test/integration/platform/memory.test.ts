import { setMaxListeners } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../helpers/platform.ts';
import { clients, failure } from './helpers.ts';

const MiB = 1024 * 1024;

/** The memory that a process has in use, in MiB (proc(5), VmRSS). */
function residentMiB({ child }: TestServer): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))![1]) / 1024;
}

async function uploadBig(server: TestServer, payloadId: { value: string } | undefined, name: string, megabytes: number): Promise<void> {
  await clients(server).payloads.upload((function* () {
    for (let i = 0; i < megabytes; i += 1) yield { payloadId, details: { name, mode: 0, size: 0 }, data: Buffer.alloc(MiB, i) };
  })());
}

describe.runIf(process.platform === 'linux')('memory does not grow with what is transferred', () => {
  test('many downloads whose readers have stopped reading', async () => {
    const server = await startServer();
    const { payloads } = clients(server);
    const { payloadId } = await payloads.create({});
    await uploadBig(server, payloadId, 'big', 256);
    const before = residentMiB(server);
    const abort = new AbortController();
    setMaxListeners(0, abort.signal);
    const readers = Array.from({ length: 24 }, () => payloads.download({ payloadId, name: 'big' }, { signal: abort.signal, timeoutMs: 0 }));
    for (const reader of readers) expect((await reader.next()).done).toBe(false);
    // 24 times the file would be 6 GiB; what is allowed is a few pieces for each.
    expect(residentMiB(server) - before).toBeLessThan(150);
    abort.abort();
    await Promise.all(readers.map((reader) => failure((async () => { for await (const _ of reader); })())));
    // The platform has closed its files: the payload can go, and another download works.
    await payloads.delete({ payloadId });
  });

  test('several large uploads at a time', async () => {
    const server = await startServer();
    const { payloadId } = await clients(server).payloads.create({});
    await Promise.all(Array.from({ length: 6 }, (_, i) => uploadBig(server, payloadId, `file ${i}`, 64)));
    expect(residentMiB(server)).toBeLessThan(300);
  });
});

test('a client may send more than 64 KiB ahead', async () => {
  const server = await startServer();
  const session = connect(`http://${server.target}`);
  try {
    await new Promise((resolve) => session.once('remoteSettings', resolve));
    expect(session.remoteSettings.initialWindowSize).toBe(MiB);
    await expect.poll(() => session.state.remoteWindowSize).toBeGreaterThan(4 * MiB);
  } finally {
    session.destroy();
  }
});
