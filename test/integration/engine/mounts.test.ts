import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { describe, expect, onTestFinished, test } from 'vitest';
import { detectSandbox } from '../../../src/system/sandbox/detect.ts';
import { missing } from '../../helpers/require.ts';
import { healthy, shellPipeline, startEngine } from './harness.ts';

/** Mounts and unmounts as fast as it can, many at once, as a machine does on which containers come and go. */
const churn = `
trap 'exit 0' TERM
while :; do
  for n in $(seq 40); do mkdir "$1/$n" && mount -t tmpfs tmpfs "$1/$n"; done
  for n in $(seq 40); do umount "$1/$n"; rmdir "$1/$n"; done
done`;

/** Below a folder that sandboxes show, unlike /tmp. */
async function startChurn(): Promise<void> {
  const folder = mkdtempSync('/var/tmp/clara-test-mounts-');
  const child = spawn('bash', ['-c', churn, 'churn', folder], { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    const umount = spawn('bash', ['-c', 'for place in "$1"/*; do umount -l "$place"; done', 'umount', folder], { stdio: 'ignore' });
    await new Promise((resolve) => umount.once('exit', resolve));
    rmSync(folder, { recursive: true, force: true });
  });
  await new Promise((resolve) => child.once('spawn', resolve));
}

describe.skipIf(missing('root') || missing('bwrap'))('operators whose sandbox is set up while things are unmounted on this machine', () => {
  // A shell script that goes through the mounts is slow, and meets far more that are gone.
  test.each([
    { kind: 'bwrap', path: process.env.PATH!, operators: 60, churns: 3 },
    { kind: 'unshare', path: '/nonexistent', operators: 6, churns: 1 },
  ])('run all the same with $kind', { timeout: 120_000 }, async ({ kind, path, operators, churns }) => {
    for (let n = 0; n < churns; n += 1) await startChurn();
    const sandbox = await detectSandbox(path);
    expect(sandbox.kind).toBe(kind);
    const h = await startEngine({ sandbox });
    const names = Array.from({ length: operators }, (__, n) => `op-${n}`);
    const id = await h.submit(shellPipeline(Object.fromEntries(names.map((name) => [name, 'echo begun']))));
    expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    // What a failed attempt said does not stay.
    for (const name of names) expect(await h.log(id, name)).toEqual(['begun']);
  });
});
