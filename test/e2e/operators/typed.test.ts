import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { homeKey } from '../../../src/platform/engine/home-key.ts';
import { startServer } from '../../helpers/platform.ts';
import { numpyPython, missing } from '../../helpers/require.ts';
import { root, run, tempDir } from '../../helpers/run.ts';
import { against, ok } from '../cli/helpers.ts';
import { operator } from './helpers.ts';

const example = join(root, 'templates/pipelines/smooth-volume.yaml');
const names = ['volume-loader', 'volume-smoother'];
const image = (name: string) => `test-typed-${process.pid}/clara/${name}`;
const withoutDocker = missing('docker') || missing('node-base');

beforeAll(async () => {
  for (const name of withoutDocker ? [] : names) {
    const build = ['build', '-q', '-f', join(root, 'templates/operators/Dockerfile'), '--build-arg', 'BASE=node-base:local', '--build-arg', `OPERATOR=${name}`, '-t', `${image(name)}:test`, join(root, 'dist')];
    const built = await run('docker', build, { env: { DOCKER_BUILDKIT: '0' } });
    if (built.exitCode !== 0) throw new Error(built.stderr);
  }
}, 600_000);

afterAll(async () => {
  if (!withoutDocker) await run('docker', ['rmi', '-f', ...names.map((name) => `${image(name)}:test`)]);
});

/** A volume of 4 × 3 × 2 voxels, 0 but for one of 27. */
function volume(): string {
  const folder = join(tempDir(), 'volumes');
  mkdirSync(folder);
  writeFileSync(join(folder, 'v.mhd'), 'ObjectType = Image\nNDims = 3\nDimSize = 4 3 2\nElementSpacing = 0.5 0.5 2\nElementType = MET_SHORT\nElementDataFile = v.raw\n');
  const voxels = new Int16Array(24);
  voxels[0] = 27;
  writeFileSync(join(folder, 'v.raw'), Buffer.from(voxels.buffer));
  return folder;
}

/** The mean of the neighbourhood, borders and all. */
const expected = Array.from({ length: 24 }, (_, index) => {
  const [x, y] = [index % 4, Math.floor(index / 4) % 3];
  const neighbours = (x === 0 ? 2 : 3) * (y === 0 ? 2 : 3) * 2;
  return x > 1 || y > 1 ? 0 : 27 / neighbours;
});

function check(folder: string): void {
  const values = new Float32Array(new Uint8Array(readFileSync(join(folder, 'v.raw'))).buffer);
  values.forEach((value, index) => expect(value).toBeCloseTo(expected[index]!, 5));
  expect(values).toHaveLength(24);
  expect(readFileSync(join(folder, 'v.mhd'), 'utf8')).toMatch(/ElementSpacing = 0.5 0.5 2\nDimSize = 4 3 2\nElementType = MET_FLOAT\nElementDataFile = v.raw/);
}

test.each([
  ['on the host', 'auto', (text: string) => text, missing('bwrap')],
  ['as containers', 'docker', (text: string) => text.replaceAll(/image: clara\/(\S+)\n {4}tag: latest/g, (_, name: string) => `image: ${image(name)}\n    tag: test`), withoutDocker],
])('the example passes a volume through shared memory, operators %s', async (_, backend, change, without) => {
  if (without) return;
  const server = await startServer({ args: ['--backend', backend] });
  const definition = join(tempDir(), 'smooth.yaml');
  writeFileSync(definition, change(readFileSync(example, 'utf8')));
  const out = join(tempDir(), 'out');
  const clara = against(server.target);
  expect((await clara(['run', '-p', definition, '-f', volume(), '-o', out])).exitCode).toBe(0);
  check(join(out, 'volume-smoother', 'smooth'));
  // The loader left nothing on the disk, and nothing is left in memory.
  const [payload] = readdirSync(join(server.home, 'payloads')).filter((name) => !name.startsWith('.'));
  expect(readdirSync(join(server.home, 'payloads', payload!, 'operators'))).toEqual(['volume-smoother']);
  expect(existsSync(`/dev/shm/clara-${homeKey(realpathSync(server.home))}`)).toBe(false);
});

test('by hand, files take the place of shared memory', async () => {
  const folder = tempDir();
  const [array, header] = [join(folder, 'volume'), join(folder, 'header')];
  expect(await operator('volume-loader', ['--input', volume(), '--volume', array, '--header', header])).toMatchObject({ exitCode: 0, stderr: '' });
  expect(await operator('volume-smoother', ['--volume', array, '--header', header, '--output', join(folder, 'out')])).toMatchObject({ exitCode: 0, stderr: '' });
  check(join(folder, 'out'));
  expect(await operator('volume-loader', ['--input', volume()])).toMatchObject({
    exitCode: 2, stderr: 'error: nothing in shared memory is named volume\nhint: name an input or output of the definition "volume", or give a file: --volume FILE\n',
  });
  writeFileSync(header, 'x');
  expect(await operator('volume-smoother', ['--volume', array, '--header', header, '--output', folder])).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('shorter than its header') as unknown });
  expect((await operator('volume-loader', ['--help'])).stdout).toMatch(/--volume FILE +the voxels: float32, slices × rows × columns \(in shared memory\)/);
});

test.skipIf(missing('numpy'))('the Python of the documentation reads what the platform writes, and the other way round', async () => {
  const [reader, use] = [...readFileSync(join(root, 'docs/typed-io.md'), 'utf8').matchAll(/```python\n([^]*?)```/g)].map(([, code]) => code!);
  const server = await startServer();
  const { python, path } = numpyPython()!;
  const program = join(tempDir(), 'double.py');
  writeFileSync(program, `${reader}\n${use}\nresult.flush()\n`);
  const clara = against(server.target);
  const definition = join(tempDir(), 'double.yaml');
  const array = (name: string, from?: string) => ({ ...(from === undefined ? {} : { from }), name, type: 'array', 'element-type': 'float32', shape: [-1, -1, -1] });
  writeFileSync(definition, JSON.stringify({
    'api-version': '0.5.0', name: 'double',
    operators: [
      { name: 'load', container: { image: 'clara/volume-loader' }, input: [{ name: 'in', path: '/input', type: 'stream', 'element-type': 'metaimage' }], output: [array('volume'), { name: 'header', type: 'string' }] },
      { name: 'double', container: { image: 'host', command: [python, '-c', readFileSync(program, 'utf8')] }, variables: { PYTHONPATH: path }, input: [array('volume', 'load')], output: [array('result')] },
      { name: 'show', container: { image: 'host', command: [python, '-c', `${reader}\nprint(read(entries('CLARA_MEMORY_INPUTS')['result']).tolist()[0][0])`] }, variables: { PYTHONPATH: path }, input: [array('result', 'double')] },
    ],
  }));
  const { stdout } = await clara(['run', '-p', definition, '-f', volume()]);
  const id = /[0-9a-f]{32}/.exec(stdout)![0];
  expect(await ok(clara(['logs', `${id}/show`]))).toContain('[54.0, 0.0, 0.0, 0.0]');
});
