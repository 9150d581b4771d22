import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeTestVolume } from '../../../src/workflow/project/test-volume.ts';
import { root, run, tempDir, type RunOptions } from '../../helpers/run.ts';
import { filesEnding } from './helpers.ts';

/** What the chart of a workflow sets, in a folder that stands for the container's /app. */
function stage(settings: Readonly<Record<string, string>> = {}) {
  const app = tempDir();
  mkdirSync(join(app, 'input'));
  const env = Object.fromEntries(Object.entries({
    STAGENAME: 's', RUNSIMPLE: 'TRUE', TRTISURI: 'localhost:8000', APPDIR: app, INPUTLOCK: join(app, 'locks/input.lock'), INPUTS: 'input/recon.mhd', JOBID: '0', JOBNAME: 'Test Job',
    LOGNAME: join(app, 'logs/s.log'), LOCKDIR: join(app, 'locks'), LOCKNAME: 's.lock', OUTPUTS: 'output/recon.seg.mhd', TIMEOUT: '300', WAITNAME: '', ...settings,
  }).map(([name, value]) => [`NVIDIA_CLARA_${name}`, value]));
  const operator = (name: string, args: readonly string[] = [], options: RunOptions = {}) => run(process.execPath, [join(root, `dist/operators/${name}.js`), ...args], { ...options, env });
  const volume = (folder = 'input') => writeTestVolume(join(app, folder), [32, 32, 8], new AbortController().signal);
  return { app, operator, volume, lock: join(app, 'locks/s.lock') };
}

/** Calls back when the program prints a text. */
const onceShown = (text: string, then: (stop: () => void) => void): Pick<RunOptions, 'onSpawn'> => ({
  onSpawn: (child) => {
    let shown = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      const before = shown.includes(text);
      shown += chunk.toString();
      if (!before && shown.includes(text)) then(() => child.kill('SIGTERM'));
    });
  },
});

test('a stage reads and writes what the chart names, nothing else, and then writes its lock', async () => {
  const { app, operator, volume, lock } = stage();
  await volume();
  const ended = await operator('threshold-segmentation');
  expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^recon: \d+ voxels/), stderr: '' });
  expect(readdirSync(join(app, 'output')).sort()).toEqual(['recon.seg.mhd', 'recon.seg.raw']);
  expect(readFileSync(join(app, 'output/recon.seg.mhd'), 'utf8')).toContain('ElementDataFile = recon.seg.raw\n');
  expect(readFileSync(join(app, 'output/recon.seg.raw'))).toHaveLength(32 * 32 * 8);
  expect(existsSync(lock)).toBe(true);
  expect(readFileSync(join(app, 'logs/s.log'), 'utf8')).toBe(ended.stdout);
});

test.each([
  ['the lock of the stage before it', { WAITNAME: 'before.lock' }, 'locks/before.lock'],
  ['the lock of the input, where it is the first and not run simply', { RUNSIMPLE: 'FALSE' }, 'locks/input.lock'],
])('it waits for %s', async (_, settings, awaited) => {
  const { app, operator, volume, lock } = stage(settings);
  const seen: boolean[] = [];
  const ended = await operator('threshold-segmentation', [], onceShown(`waiting for ${join(app, awaited)}\n`, () => {
    seen.push(existsSync(lock), existsSync(join(app, 'output')));
    void volume().then(() => { mkdirSync(join(app, 'locks'), { recursive: true }); writeFileSync(join(app, awaited), ''); });
  }));
  expect(ended).toMatchObject({ exitCode: 0, stderr: '' });
  expect(seen).toEqual([false, false]);
  expect(existsSync(lock)).toBe(true);
});

test('it gives up after its time, and its own lock of an earlier run is gone', async () => {
  const { app, operator, volume, lock } = stage({ WAITNAME: 'before.lock', TIMEOUT: '0.3' });
  await volume();
  mkdirSync(join(app, 'locks'));
  writeFileSync(lock, 'of yesterday');
  expect(await operator('threshold-segmentation')).toMatchObject({ exitCode: 1, stderr: expect.stringContaining(`error: ${join(app, 'locks/before.lock')} was not written within 0.3 s\nhint: `) });
  expect([existsSync(lock), existsSync(join(app, 'output'))]).toEqual([false, false]);
  expect(readFileSync(join(app, 'logs/s.log'), 'utf8')).toContain('was not written within 0.3 s');
});

test('one that fails or is stopped writes no lock', async () => {
  const failing = stage();
  expect(await failing.operator('threshold-segmentation')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no volume (.mhd)') });
  expect(existsSync(failing.lock)).toBe(false);
  const stopped = stage({ WAITNAME: 'before.lock' });
  expect(await stopped.operator('threshold-segmentation', [], onceShown('waiting for', (stop) => stop()))).toMatchObject({ exitCode: 143 });
  expect(existsSync(stopped.lock)).toBe(false);
  expect(await stage({ TIMEOUT: 'soon' }).operator('threshold-segmentation')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('NVIDIA_CLARA_TIMEOUT is a number of seconds') });
});

test('a chain: dicom-reader takes the folder of what the chart names, the next one the volume that it finds', async () => {
  const first = stage({ INPUTS: 'input/input.mhd', OUTPUTS: 'output/output.mhd' });
  expect(await run(process.execPath, [join(root, 'dist/operators/phantom.js'), join(first.app, 'input/a/b'), '--slices', '4', '--size', '32'])).toMatchObject({ exitCode: 0 });
  expect(await first.operator('dicom-reader')).toMatchObject({ exitCode: 0 });
  expect(filesEnding(join(first.app, 'output'), '.mhd')).toHaveLength(1);
  const second = stage({ APPDIR: first.app, INPUTS: 'output/recon.mhd', OUTPUTS: 'masks/recon.seg.mhd' });
  expect(await second.operator('threshold-segmentation', ['--lower', '100'])).toMatchObject({ exitCode: 0 });
  expect(readdirSync(join(first.app, 'masks')).sort()).toEqual(['recon.seg.mhd', 'recon.seg.raw']);
});

test('what the platform passes wins, and flags win over both', async () => {
  const { app, operator, volume, lock } = stage({ INPUTPATHS: ':/', WAITNAME: 'never.lock' });
  await volume('there');
  const flags = ['--input', join(app, 'there'), '--output', join(app, 'here')];
  expect(await operator('threshold-segmentation', flags)).toMatchObject({ exitCode: 0 });
  expect([existsSync(lock), readdirSync(join(app, 'here')).sort()]).toEqual([false, ['recon.json', 'recon.mhd', 'recon.raw']]);
  const asStage = stage();
  await asStage.volume('there');
  expect(await asStage.operator('threshold-segmentation', ['--input', join(asStage.app, 'there')])).toMatchObject({ exitCode: 0 });
  expect([existsSync(asStage.lock), readdirSync(join(asStage.app, 'output')).sort()]).toEqual([true, ['recon.seg.mhd', 'recon.seg.raw']]);
});
