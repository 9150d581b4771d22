import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { describe } from '../../../src/operators/dicom/instances/describe.ts';
import { readHeader } from '../../../src/operators/dicom/instances/header.ts';
import { type FileContent } from '../../../src/operators/dicom/instances/instance.ts';
import { createCodecs } from '../../../src/pixels/codecs.ts';
import { createPixelSource } from '../../../src/operators/dicom/pixels/pixel-source.ts';
import { missing } from '../../helpers/require.ts';
import { run, tempDir } from '../../helpers/run.ts';
import { ctAttributes, writeDicom } from './dicom.ts';
import { filesEnding, operator, readVolume } from './helpers.ts';

/** What the reader makes of a file, down to its pixels: 'ok', or the reason for leaving it out. */
async function outcome(file: string): Promise<string> {
  const handle = await open(file, 'r');
  let content: FileContent;
  try {
    content = describe(await readHeader(handle, (await handle.stat()).size, 'x'), file, 'x');
  } finally {
    await handle.close();
  }
  if (content.kind === 'skipped') return content.reason;
  const source = createPixelSource(createCodecs());
  try {
    for (const slice of content.slices) await source.read(slice);
    return 'ok';
  } catch (error) {
    return (error as Error).message;
  } finally {
    await source.close();
  }
}

const packers = [
  ['plain', undefined, []],
  ['deflated', 'dcmconv', ['+td']],
  ['RLE', 'dcmcrle', []],
  ['JPEG lossless', 'dcmcjpeg', ['+e1']],
  ['JPEG-LS', 'dcmcjpls', []],
] as const;

async function packed(folder: string, tool: string | undefined, options: readonly string[]): Promise<string> {
  await operator('phantom', [join(folder, 'plain'), '--slices', '1', '--size', '64']);
  const plain = join(folder, 'plain', 'slice-001.dcm');
  if (tool === undefined) return plain;
  const file = join(folder, 'packed.dcm');
  expect(await run(tool, [...options, plain, file])).toMatchObject({ exitCode: 0 });
  return file;
}

test.skipIf(missing('dcmtk')).each(packers)('a %s file cut anywhere is left out with a reason', async (_, tool, options) => {
  const folder = tempDir();
  const bytes = readFileSync(await packed(folder, tool, options));
  const cut = join(folder, 'cut.dcm');
  writeFileSync(cut, bytes);
  expect(await outcome(cut)).toBe('ok');
  for (let part = 0; part < 60; part++) {
    writeFileSync(cut, bytes.subarray(0, Math.floor((bytes.length - 1) * (part / 59))));
    expect(await outcome(cut), `cut at ${part}/59`).toMatch(/not a DICOM file|broken|truncated|damaged|no |cannot be/);
  }
});

test.skipIf(missing('dcmtk')).each(packers)('a %s file with wrong bytes never does worse than being left out', async (_, tool, options) => {
  const folder = tempDir();
  const bytes = readFileSync(await packed(folder, tool, options));
  const file = join(folder, 'wrong.dcm');
  for (let seed = 1; seed <= 150; seed++) {
    const wrong = Buffer.from(bytes);
    // Half of the tries strike the attributes, which are the first two kilobytes.
    const range = seed % 2 === 0 ? Math.min(2000, wrong.length) : wrong.length;
    for (let i = 0; i < 1 + (seed % 4); i++) {
      const at = 132 + (Math.imul(seed * 7 + i, 2_654_435_761) >>> 0) % (range - 132);
      wrong[at] = (wrong[at]! + 1 + ((seed * 31 + i) % 255)) & 0xff;
    }
    writeFileSync(file, wrong);
    expect(await outcome(file)).not.toMatch(/undefined|TypeError|not a function|is not iterable/);
  }
});

test.skipIf(missing('dcmtk'))('a slice that cannot be decoded is left out of its volume, which says so', async () => {
  const folder = tempDir();
  await operator('phantom', [join(folder, 'plain'), '--slices', '5', '--size', '64']);
  mkdirSync(join(folder, 'in'));
  for (const name of readdirSync(join(folder, 'plain'))) await run('dcmcjpls', [join(folder, 'plain', name), join(folder, 'in', name)]);
  const file = join(folder, 'in', 'slice-003.dcm');
  const bytes = readFileSync(file);
  bytes.fill(0x55, bytes.length - 1500, bytes.length - 200);
  writeFileSync(file, bytes);
  const result = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(result.exitCode).toBe(0);
  expect(result.stderr).toContain('warning: skipped slice-003.dcm: damaged compressed pixel data: the decoder gave up');
  expect(result.stderr).toContain('uneven slice gaps: 2 × 28.8000 mm, 1 × 57.6000 mm');
  const uid = filesEnding(join(folder, 'out'), '.mhd')[0]!.replace('.mhd', '');
  const { header, values, report } = readVolume(join(folder, 'out'), uid);
  expect(header.size).toEqual([64, 64, 4]);
  expect(values).toHaveLength(64 * 64 * 4);
  expect(report.instances).toHaveLength(4);
});

test.skipIf(missing('dcmtk'))('a compressed image of another size than its attributes say is left out', async () => {
  const folder = tempDir();
  for (const [name, size] of [['small', '32'], ['large', '64']] as const) await operator('phantom', [join(folder, name), '--slices', '1', '--size', size]);
  await run('dcmcjpls', [join(folder, 'small', 'slice-001.dcm'), join(folder, 'packed.dcm')]);
  await run('dcmodify', ['-nb', '-m', 'Rows=64', '-m', 'Columns=64', join(folder, 'packed.dcm')]);
  expect(await outcome(join(folder, 'packed.dcm'))).toBe('the compressed image is 32 × 32, the attributes say 64 × 64');
});

test('nothing to convert is a failure that says so', async () => {
  const folder = tempDir();
  mkdirSync(join(folder, 'in'));
  const empty = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(empty).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('error: nothing could be converted: there are no files in ') as string });
  writeFileSync(join(folder, 'in', 'x'), 'x');
  const none = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'out')]);
  expect(none).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('skipped x: not a DICOM file') as string });
  const missingFolder = await operator('dicom-reader', ['--input', join(folder, 'nowhere'), '--output', join(folder, 'out')]);
  expect(missingFolder).toMatchObject({ exitCode: 4, stderr: expect.stringMatching(/^error: cannot read folder .*nowhere \(it does not exist\)\nhint: --input DIR names the folder; /) as string });
});

test('an output that cannot be written is a failure, and nothing half-written stays', async () => {
  const folder = tempDir();
  writeDicom(join(folder, 'in', 'a.dcm'), ctAttributes(0));
  writeFileSync(join(folder, 'file'), '');
  const result = await operator('dicom-reader', ['--input', join(folder, 'in'), '--output', join(folder, 'file', 'out')]);
  expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/error: cannot write to .*file\/out \(a part of the path is a file, not a folder\)/) as string });
});

test.each([
  ['dicom-reader', ['--inptu', 'x'], 'unknown flag --inptu\nhint: did you mean --input?'],
  ['dicom-parser', ['x'], 'unexpected argument "x"\nhint: did you mean --input x?'],
  ['dicom-writer', ['--dicom'], '--dicom needs a value: --dicom DIR\nhint: dicom-writer --help'],
  ['register-results', ['--agnet', 'a'], 'unknown flag --agnet\nhint: did you mean --agent?'],
  ['series-selector', ['--map-only=yes'], '--map-only takes no value, and "yes" is one'],
  ['volume-loader', ['--volume', '--header', 'x'], '--volume needs a value: --volume FILE'],
  ['volume-smoother', ['--radius', '-x'], '--radius needs a value: --radius NUMBER\nhint: a value that begins with a dash is written --radius=-x;'],
  ['threshold-segmentation', ['--lower', 'bone'], '--lower must be a number, not "bone"'],
  ['threshold-segmentation', ['--lower', '5', '--upper', '-5'], 'the lower threshold, 5, is above the upper one, -5'],
  ['volume-preview', ['--tiles', '0'], '--tiles must be at least 1, not 0'],
  ['phantom', [], 'no output folder'],
  ['phantom', ['a', 'b'], 'unexpected argument "b"\nhint: "a" is the output folder already;'],
])('%s %j is wrong usage', async (name, args, problem) => {
  const result = await operator(name, args, { cwd: tempDir() });
  expect(result).toMatchObject({ exitCode: 2, stdout: '' });
  expect(result.stderr).toContain(`error: ${problem}`);
  expect(result.stderr.split('\n').length).toBeLessThan(4);
});

test('SIGTERM ends an operator with 143 and leaves no unfinished file', async () => {
  const folder = tempDir();
  const result = await operator('phantom', [join(folder, 'out'), '--slices', '2000'], {
    onSpawn: (child) => {
      const look = setInterval(() => {
        if (child.exitCode !== null || !readdirSync(folder).includes('out')) return;
        clearInterval(look);
        child.kill('SIGTERM');
      }, 5);
    },
  });
  expect(result).toMatchObject({ exitCode: 143, stderr: 'error: stopped by SIGTERM\n' });
  expect(filesEnding(join(folder, 'out'), '.part')).toEqual([]);
});
