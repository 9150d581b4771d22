import { existsSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { homeKey } from '../../../src/platform/engine/home-key.ts';
import { SharedMemory } from '../../../src/platform/engine/memory/shared-memory.ts';
import { type Sandbox } from '../../../src/system/sandbox/detect.ts';
import { findProgram } from '../../../src/system/programs.ts';
import { missing } from '../../helpers/require.ts';
import { tempDir } from '../../helpers/run.ts';
import { faulted, healthy, startEngine, until, Status, type Harness } from './harness.ts';

const unshare: Sandbox = { kind: 'unshare', unshare: findProgram('unshare', '/usr/bin:/bin')!, setpriv: findProgram('setpriv', '/usr/bin:/bin')!, userNamespace: process.getuid?.() !== 0 };
const places = {
  bwrap: { container: { image: 'host' }, node: process.execPath, options: {}, without: missing('bwrap') },
  unshare: { container: { image: 'host' }, node: process.execPath, options: { sandbox: unshare }, without: missing('root') },
  docker: { container: { image: 'node-base', tag: 'local' }, node: 'node', options: {}, without: missing('docker') || missing('node-base') },
} as const;
type Place = keyof typeof places;

/** What operators use: entries by name from the environment, and the header as documented. */
const helpers = `
  const fs = require('fs');
  const entries = (list) => Object.fromEntries((list || '').split(';').map((entry) => { const [name, type, path] = entry.split(':'); return [name, { type, path }]; }));
  const inputs = entries(process.env.CLARA_MEMORY_INPUTS), outputs = entries(process.env.CLARA_MEMORY_OUTPUTS);
  const put = ({ path }, shape, bytes) => {
    const file = fs.openSync(path, 'r+');
    fs.ftruncateSync(file, 4096 + bytes.length);
    fs.writeSync(file, BigInt64Array.from(shape.map(BigInt)), 0, shape.length * 8, 32);
    fs.writeSync(file, bytes, 0, bytes.length, 4096);
    fs.closeSync(file);
  };
  const shape = ({ path }) => { const head = fs.readFileSync(path); return Array.from({ length: head.readUInt16LE(14) }, (_, n) => Number(head.readBigInt64LE(32 + 8 * n))); };
  const data = ({ path }) => fs.readFileSync(path).subarray(4096);
  const tryIt = (work) => { try { work(); return 'done'; } catch (error) { return error.code; } };
  const bytes = (typed) => Buffer.from(typed.buffer);
`;

interface Step {
  readonly run: string;
  readonly input?: readonly Readonly<Record<string, unknown>>[];
  readonly output?: readonly Readonly<Record<string, unknown>>[];
}

function definition(place: Place, operators: Readonly<Record<string, Step>>): string {
  const { container, node } = places[place];
  return JSON.stringify({
    'api-version': '0.5.0', name: 'typed', orchestrator: 'Clara',
    operators: Object.entries(operators).map(([name, { run, input, output = [] }]) => ({
      name, container: { ...container, command: [node, '-e', helpers + run] },
      input: input ?? [{ name: 'in', path: '/input', type: 'stream', 'element-type': 'any' }], output,
    })),
  });
}

const array = (name: string, element: string, shape: readonly number[], from?: string) => ({ ...(from === undefined ? {} : { from }), name, type: 'array', 'element-type': element, shape });
const report = { name: 'report', path: '/output', type: 'stream', 'element-type': 'json' };
const memoryOf = (h: Harness) => join('/dev/shm', `clara-${homeKey(realpathSync(h.home))}`);

for (const place of ['bwrap', 'unshare', 'docker'] as const) {
  test.skipIf(places[place].without)(`${place}: arrays, strings and numbers pass in shared memory, read-only, and are gone with the job`, async () => {
    const h = await startEngine(places[place].options);
    const id = await h.submit(definition(place, {
      make: {
        run: `
          put(outputs.volume, [2, 3], bytes(Float32Array.of(0, 1, 2, 3, 4, 5.5)));
          put(outputs.note, [5], Buffer.from('maß!'));
          fs.writeSync(fs.openSync(outputs.count.path, 'r+'), Int32Array.of(-7), 0, 4, 4096);
          fs.writeFileSync('/output/report', JSON.stringify({ env: process.env.CLARA_MEMORY_OUTPUTS, paths: process.env.NVIDIA_CLARA_OUTPUTPATHS, size: fs.statSync(outputs.fixed.path).size }));`,
        output: [array('volume', 'f32', [2, -1]), { name: 'note', type: 'string' }, { name: 'count', type: 'i32' }, array('fixed', 'uint16', [4, 4]), report],
      },
      use: {
        run: `
          const { path } = inputs.volume;
          fs.writeFileSync('/output/report', JSON.stringify({
            env: process.env.CLARA_MEMORY_INPUTS, volume: [shape(inputs.volume), [...new Float32Array(new Uint8Array(data(inputs.volume)).buffer)]],
            note: data(inputs.note).toString(), count: data(inputs.count).readInt32LE(0),
            json: JSON.parse(fs.readFileSync(path + '.json', 'utf8')), write: tryIt(() => fs.openSync(path, 'r+')), more: tryIt(() => fs.truncateSync(path, 1)),
            seen: fs.readdirSync('/dev/shm/clara/inputs/make').sort(),
          }));`,
        input: [array('volume', 'float32', [2, -1], 'make'), { from: 'make', name: 'note', type: 'string' }, { from: 'make', name: 'count', type: 'int32' }],
        output: [report],
      },
      hold: { run: `while (!fs.existsSync('/input/go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)` },
    }));
    await until(() => h.operator(id, 'use').status !== Status.JOB_OPERATOR_STATUS_PENDING && h.operator(id, 'use').status !== Status.JOB_OPERATOR_STATUS_RUNNING, 'the reader to end');
    expect(readdirSync(memoryOf(h))).toEqual([id]);
    writeFileSync(h.payload(id, 'input', 'go'), '');
    expect(await h.stopped(id)).toMatchObject({ ...healthy, messages: [] });
    const read = (operator: string) => JSON.parse(readFileSync(h.output(id, operator, 'report', 'report'), 'utf8')) as unknown;
    const at = '/dev/shm/clara';
    expect(read('make')).toEqual({
      env: `volume:float32[2,-1]:${at}/outputs/volume;note:uint8[-1]:${at}/outputs/note;count:int32[1]:${at}/outputs/count;fixed:uint16[4,4]:${at}/outputs/fixed`,
      paths: 'report:/output', size: 4096 + 32,
    });
    expect(read('use')).toEqual({
      env: `volume:float32[2,3]:${at}/inputs/make/volume;note:uint8[5]:${at}/inputs/make/note;count:int32[1]:${at}/inputs/make/count`,
      volume: [[2, 3], [0, 1, 2, 3, 4, 5.5]], note: 'maß!', count: -7,
      json: { name: 'volume', type: 'array', elementType: 'float32', shape: [2, 3], file: 'volume' },
      write: 'EROFS', more: 'EROFS', seen: ['count', 'count.json', 'note', 'note.json', 'volume', 'volume.json'],
    });
    expect(readdirSync(h.output(id, 'make'))).toEqual(['report']);
    await until(() => !existsSync(memoryOf(h)), 'the shared memory to be gone');
  });
}

test.skipIf(places.bwrap.without).each<[string, string, string]>([
  ['whose size was not set', '', 'output volume in shared memory, written by operator make, has no size for dimension 2: the operator has to set it'],
  ['of another shape', 'put(outputs.volume, [3, 1], bytes(Float32Array.of(1, 2, 3)))', 'output volume in shared memory, written by operator make, has 3 for dimension 1, not 2'],
  ['that is cut', 'put(outputs.volume, [2, 9], bytes(Float32Array.of(1)))', 'output volume in shared memory, written by operator make, is 4100 bytes long, and its shape needs 4168'],
  ['that is gone', 'fs.unlinkSync(outputs.volume.path)', 'output volume in shared memory, written by operator make, is gone'],
  ['that is a link', 'fs.unlinkSync(outputs.volume.path); fs.symlinkSync("/etc/passwd", outputs.volume.path)', 'output volume in shared memory, written by operator make, cannot be read (ELOOP)'],
  ['without its header', 'fs.writeFileSync(outputs.volume.path, "x".repeat(200))', 'output volume in shared memory, written by operator make, does not begin with CLARAMEM'],
])('an output %s fails its operator', async (_, run, why) => {
  const h = await startEngine();
  const id = await h.submit(definition('bwrap', { make: { run, output: [array('volume', 'float32', [2, -1])] } }));
  expect(await h.stopped(id)).toMatchObject({ ...faulted, messages: [`the outputs of operator make could not be published (${why})`] });
  await until(() => !existsSync(memoryOf(h)), 'the shared memory to be gone');
});

test.skipIf(places.bwrap.without)('more than there is room for is refused before the operator runs', async () => {
  const h = await startEngine();
  const id = await h.submit(definition('bwrap', { make: { run: '', output: [array('volume', 'float64', [1_000_000, 1_000_000])] } }));
  expect((await h.stopped(id)).messages[0]).toMatch(/^operator make could not be started: the outputs of operator make take 8000001 MB of shared memory, and \d+ MB are free \(make \/dev\/shm larger/);
});

test.skipIf(places.bwrap.without)('a restart finds what operators have written; an empty array is an array', async () => {
  const first = await startEngine();
  const id = await first.submit(definition('bwrap', {
    make: { run: 'put(outputs.volume, [0, 4], Buffer.alloc(0))', output: [array('volume', 'u8', [-1, 4])] },
    use: { run: `while (!fs.existsSync('/go/go')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20); console.log(shape(inputs.volume))`, input: [array('volume', 'u8', [-1, 4], 'make'), { name: 'in', path: '/go', type: 'stream', 'element-type': 'any' }] },
    late: { run: 'console.log(process.env.CLARA_MEMORY_INPUTS)', input: [array('volume', 'u8', [-1, 4], 'make'), { from: 'use', name: 'done', type: 'u8' }] },
  }).replace('"name":"use",', '"name":"use",').replace(/("name":"use"[^]*?"output":)\[\]/, '$1[{"name":"done","type":"u8"}]'));
  await until(() => first.operator(id, 'use').status === Status.JOB_OPERATOR_STATUS_RUNNING, 'the reader to run');
  await first.engine.close('stop');
  expect(readdirSync(memoryOf(first))).toEqual([id]);
  const next = await startEngine({ home: first.home });
  writeFileSync(next.payload(id, 'input', 'go'), '');
  expect(await next.stopped(id)).toMatchObject({ ...healthy, messages: [] });
  expect(await next.log(id, 'late')).toEqual(['volume:uint8[0,4]:/dev/shm/clara/inputs/make/volume;done:uint8[1]:/dev/shm/clara/inputs/use/done']);
  await until(() => !existsSync(memoryOf(next)), 'the shared memory to be gone');
});

test('what jobs left that are no more is swept at the start, and a folder of somebody else\'s is not used', async () => {
  const root = tempDir();
  const memory = new SharedMemory('clara-x', undefined, root);
  const plan = { title: 'operator a', backend: 'process', memory: { folder: join(memory.jobFolder('j1'), 'a'), inputs: [], outputs: [{ name: 'n', type: { kind: 'primitive', element: 'int8', shape: [1] }, path: '/n', source: join(memory.jobFolder('j1'), 'a', 'n') }] } };
  memory.prepare(plan as never);
  memory.prepare({ ...plan, memory: { ...plan.memory, folder: join(memory.jobFolder('j2'), 'a'), outputs: plan.memory.outputs.map((output) => ({ ...output, source: join(memory.jobFolder('j2'), 'a', 'n') })) } } as never);
  await memory.sweep(new Set(['j2']));
  expect(readdirSync(join(root, 'clara-x'))).toEqual(['j2']);
  await memory.sweep(new Set());
  expect(readdirSync(root)).toEqual([]);
  writeFileSync(join(root, 'clara-x'), '');
  expect(() => memory.prepare(plan as never)).toThrow('belongs to somebody else');
});

