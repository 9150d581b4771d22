import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { root, run as runProgram, tempDir } from '../../helpers/run.ts';
import { transferPlace } from '../../helpers/transfer-place.ts';

const bundled = (name: string) => join(root, 'templates/pipelines', `${name}.yaml`);

/** A platform, a folder for outputs, and a small study. */
async function place() {
  const { run } = await transferPlace();
  const cwd = tempDir();
  expect(await runProgram(process.execPath, [join(root, 'dist/operators/phantom.js'), 'study', '--slices', '6', '--size', '64'], { cwd })).toMatchObject({ exitCode: 0 });
  return { cwd, run: (args: readonly string[]) => run(args, { cwd }) };
}

/** The first of the files in a folder with this ending. */
function read(folder: string, ending: string): Buffer {
  return readFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith(ending))!));
}

/** Width and height of a PNG (W3C PNG, IHDR). */
function sizeOf(folder: string): readonly number[] {
  const picture = read(folder, '.png');
  return [picture.readUInt32BE(16), picture.readUInt32BE(20)];
}

test('bone-and-air: one imported operator, twice, each with its own arguments', async () => {
  const { run, cwd } = await place();
  expect(await run(['run', '-p', bundled('bone-and-air'), '-f', 'study', '-o', 'out', '--set', 'bone=350'])).toMatchObject({ exitCode: 0 });
  const windowOf = (name: string) => (JSON.parse(read(join(cwd, 'out', name, 'mask'), '.json').toString()) as { readonly window: unknown }).window;
  expect([windowOf('bone'), windowOf('air')]).toEqual([{ lower: 350, upper: 3071 }, { lower: -1100, upper: -400 }]);
  expect(sizeOf(join(cwd, 'out/volume-preview'))).toHaveLength(2);
});

test('job-values: parameters and variables of one job, others refused', async () => {
  const { run, cwd } = await place();
  const pipeline = (await run(['create', 'pipelines', '-q', '-p', bundled('job-values')])).stdout.trim();
  const start = async (...values: readonly string[]) => {
    const job = (await run(['create', 'job', '-q', '-n', 'values', '-p', pipeline, '-f', 'study'])).stdout.trim();
    return { job, started: await run(['start', 'job', '-j', job, '--wait', ...values.flatMap((value) => ['--set', value])]) };
  };
  const one = await start('center=-600', 'width=1500', 'PREVIEW_COLUMNS=1');
  expect(one.started).toMatchObject({ exitCode: 0 });
  expect(await run(['download', `${one.job}:/operators/volume-preview/*`, 'one/'])).toMatchObject({ exitCode: 0 });
  const plain = await start();
  expect(await run(['download', `${plain.job}:/operators/volume-preview/*`, 'plain/'])).toMatchObject({ exitCode: 0 });
  const [tall, wide] = [sizeOf(join(cwd, 'one')), sizeOf(join(cwd, 'plain'))];
  expect([tall[0]! < wide[0]!, tall[1]! > wide[1]!]).toEqual([true, true]);
  expect((await start('centre=1')).started).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('did you mean "center"?') as string });
});

test.skipIf(missing('bwrap'))('shared-service: two operators ask one server, on the host', async () => {
  const { run, cwd } = await place();
  expect(await run(['run', '-p', bundled('shared-service'), '-o', 'out', '--set', 'first=100'])).toMatchObject({ exitCode: 0 });
  expect(numbers(cwd)).toEqual(['100\n', '101\n']);
});

test.skipIf(missing('node-base'))('shared-service: several files, parameters and a service, in containers', async () => {
  const { run, cwd } = await place();
  const image = ['--set', 'image=node-base', '--set', 'tag=local', '--set', 'listen=0.0.0.0'];
  expect(await run(['run', '-p', bundled('shared-service'), '-o', 'out', '--set', 'first=7', ...image])).toMatchObject({ exitCode: 0 });
  expect(numbers(cwd)).toEqual(['7\n', '8\n']);
});

function numbers(cwd: string): readonly string[] {
  expect(existsSync(join(cwd, 'out'))).toBe(true);
  return ['left', 'right'].map((name) => readFileSync(join(cwd, 'out', name, 'number.txt'), 'utf8')).sort();
}
