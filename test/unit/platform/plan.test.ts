import { expect, test } from 'vitest';
import { programOf } from '../../../src/operators/catalog.ts';
import { type Operator, type Pipeline } from '../../../src/pipeline/model.ts';
import { chooseBackend, demandOf, pathVariable, planRun, type PlatformBackend } from '../../../src/platform/engine/plan.ts';

const capacity = { cpus: 8, memoryMb: 16_000, gpus: 2 };

function operator(over: Partial<Operator> = {}): Operator {
  return {
    name: 'segment', description: '', container: { image: 'example/segment', tag: '1.2', command: ['run', '--fast'] }, inputs: [], outputs: [],
    requests: { cpu: undefined, gpu: undefined, memory: undefined }, variables: {}, models: [], services: [], ...over,
  };
}

const results = { address: '127.0.0.1:8088', folder: '/h/results' };

function plan(over: Partial<Operator> = {}, variables: Record<string, string> = {}) {
  const pipeline: Pipeline = {
    apiVersion: '0.4.0', name: 'p', description: '', orchestrator: undefined, parameters: {}, variables, pullSecrets: [], operators: [],
  };
  return planRun(pipeline, operator(over), { id: 'j1', name: 'my job', pipelineId: 'p1', payloadId: 'l1', limitMs: 90_500 },
    { payload: '/h/payloads/l1', job: '/h/jobs/j1', memory: '/m/j1' }, { backend: 'auto', capacity, programOf, results });
}

test('inputs and outputs lie in the payload and in the run folder', () => {
  const { inputs, outputs, publish, folder } = plan({
    inputs: [{ from: undefined, name: '', path: '/in' }, { from: 'reader', name: '', path: '/a' }, { from: 'reader', name: 'mask', path: '/b' }],
    outputs: [{ name: 'x', path: '/x' }, { name: 'y', path: '/y' }],
  });
  expect(folder).toBe('/h/jobs/j1/segment');
  expect(inputs).toEqual([
    { name: '', path: '/in', source: '/h/payloads/l1/input', uri: '/input' },
    { name: 'reader', path: '/a', source: '/h/payloads/l1/operators/reader', uri: '/operators/reader' },
    { name: 'mask', path: '/b', source: '/h/payloads/l1/operators/reader/mask', uri: '/operators/reader/mask' },
  ]);
  expect(outputs).toEqual([{ name: 'x', path: '/x', source: '/h/jobs/j1/segment/out/x' }, { name: 'y', path: '/y', source: '/h/jobs/j1/segment/out/y' }]);
  expect(publish).toEqual({ from: '/h/jobs/j1/segment/out', to: '/h/payloads/l1/operators/segment' });
  expect(pathVariable(inputs, 'path')).toBe(':/in;reader:/a;mask:/b');
  // The host's path of the payload ends with `input`, whatever folder of the operator it is.
  expect(pathVariable(inputs, 'source')).toBe('in:/h/payloads/l1/input;reader:/h/payloads/l1/operators/reader;mask:/h/payloads/l1/operators/reader/mask');
  expect(pathVariable(outputs, 'source')).toBe('x:/h/jobs/j1/segment/out/x;y:/h/jobs/j1/segment/out/y');
});

test('the unnamed output is the operator\'s folder itself', () => {
  expect(plan({ outputs: [{ name: '', path: '/out' }] }).outputs).toEqual([{ name: '', path: '/out', source: '/h/jobs/j1/segment/out' }]);
});

test('the contract\'s variables come first, then the pipeline\'s, then the operator\'s', () => {
  expect(plan({ variables: { B: 'operator', NVIDIA_CLARA_TIMEOUT: '5' } }, { A: 'pipeline', B: 'pipeline' }).environment).toEqual({
    NVIDIA_CLARA_JOBID: 'j1', NVIDIA_CLARA_JOBNAME: 'my job', NVIDIA_CLARA_STAGENAME: 'segment', NVIDIA_CLARA_TIMEOUT: '5',
    NVIDIA_CLARA_PAYLOADID: 'l1', NVIDIA_CLARA_PIPELINEID: 'p1', NVIDIA_CLARA_NOSYNCLOCK: 'TRUE', A: 'pipeline', B: 'operator',
  });
  expect(plan().environment['NVIDIA_CLARA_TIMEOUT']).toBe('91');
});

test.each<[string, string, PlatformBackend, object]>([
  ['nvcr.io/nvidia/clara/dicom-reader', '0.8.1', 'auto', { backend: 'process', program: { kind: 'provided', file: 'operators/dicom-reader.js', args: ['run', '--fast'] } }],
  ['dicom-reader', 'latest', 'process', { backend: 'process', program: { kind: 'provided', file: 'operators/dicom-reader.js', args: ['run', '--fast'] } }],
  ['dicom-reader', '0.8.1', 'docker', { backend: 'docker', program: { kind: 'image', image: 'dicom-reader:0.8.1', command: ['run', '--fast'] } }],
  ['host', 'latest', 'auto', { backend: 'process', program: { kind: 'host', command: ['run', '--fast'] } }],
  ['example/segment', '1.2', 'auto', { backend: 'docker', program: { kind: 'image', image: 'example/segment:1.2', command: ['run', '--fast'] } }],
  ['example/segment', '1.2', 'process', { backend: 'process', program: { kind: 'host', command: ['run', '--fast'] } }],
  ['reg:5000/segment', '1.2', 'docker', { backend: 'docker', program: { kind: 'image', image: 'reg:5000/segment:1.2', command: ['run', '--fast'] } }],
  ['reg:5000/segment:7', 'latest', 'docker', { backend: 'docker', program: { kind: 'image', image: 'reg:5000/segment:7', command: ['run', '--fast'] } }],
  ['segment@sha256:abc', 'latest', 'docker', { backend: 'docker', program: { kind: 'image', image: 'segment@sha256:abc', command: ['run', '--fast'] } }],
])('image %s:%s under %s', (image, tag, backend, chosen) => {
  expect(chooseBackend(operator({ container: { image, tag, command: ['run', '--fast'] } }), { backend, capacity, programOf, results })).toEqual(chosen);
});

test.each<[object, object, object]>([
  [{}, capacity, { cpus: 1, memoryMb: 512, gpus: 0 }],
  [{ cpu: 4, gpu: 1, memory: 9000 }, capacity, { cpus: 4, memoryMb: 9000, gpus: 1 }],
  [{ cpu: 0 }, capacity, { cpus: 0, memoryMb: 512, gpus: 0 }],
  [{}, { cpus: 0.5, memoryMb: 256, gpus: 0 }, { cpus: 0.5, memoryMb: 256, gpus: 0 }],
])('requests %j on %j', (requests, has, demand) => {
  expect(demandOf(operator({ requests: { cpu: undefined, gpu: undefined, memory: undefined, ...requests } }), has as typeof capacity)).toEqual(demand);
});

test('only what the definition asks for by itself is a limit', () => {
  expect(plan().limits).toEqual({ cpus: undefined, memoryMb: undefined });
  expect(plan({ requests: { cpu: 2, gpu: undefined, memory: 100 } }).limits).toEqual({ cpus: 2, memoryMb: 100 });
});
