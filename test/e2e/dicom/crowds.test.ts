import { readdirSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { openAssociation, verificationContext } from '../../../src/dicom/net/scu/open.ts';
import { eventually, settingsFor } from '../../helpers/adapter.ts';
import { dicomPlace } from '../../helpers/dicom-place.ts';

const crowd = 10_000;

async function adapter() {
  const place = await dicomPlace();
  place.layDown(settingsFor({ any: '0'.repeat(32) }));
  const { port, pid } = await place.startAdapter();
  return { port: Number(port), descriptors: () => readdirSync(`/proc/${pid}/fd`).length, residentMb: () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024 };
}

const associate = (port: number) => openAssociation({ host: '127.0.0.1', port, calledAe: 'CLARA', callingAe: 'TEST', contexts: [verificationContext] });

test('ten thousand connections that send nothing are in nobody’s way, and none of them stays', async () => {
  const { port, descriptors } = await adapter();
  const before = descriptors();
  const silent: Socket[] = [];
  const gone = new Set<Socket>();
  onTestFinished(() => { for (const socket of silent) socket.destroy(); });
  for (let made = 0; made < crowd; made += 200) {
    await Promise.all(Array.from({ length: 200 }, () => new Promise<void>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port });
      silent.push(socket);
      socket.on('error', () => resolve()).once('connect', () => resolve()).once('close', () => gone.add(socket));
    })));
    if (made % 2000 === 0) {
      const association = await associate(port);
      expect(await association.echo()).toBe(0);
      await association.release();
    }
  }
  // The adapter ends them itself, the oldest first.
  await eventually(async () => gone.size === crowd, 60);
  await eventually(async () => descriptors() <= before, 10);
}, 120_000);

test('ten thousand associations that are aborted leave no descriptor, and no memory that grows', async () => {
  const { port, descriptors, residentMb } = await adapter();
  const cycles = async (count: number) => {
    for (let done = 0; done < count; done += 20) {
      await Promise.all(Array.from({ length: 20 }, async () => (await associate(port)).abort()));
    }
  };
  const before = descriptors();
  await cycles(crowd / 2);
  const half = residentMb();
  await cycles(crowd / 2);
  await eventually(async () => descriptors() <= before, 10);
  const growth = residentMb() - half;
  // What one association kept would be 5,000 times that.
  expect(growth, `${half.toFixed(0)} MB after half of them`).toBeLessThan(25);
  expect((await (await associate(port)).echo())).toBe(0);
}, 180_000);
