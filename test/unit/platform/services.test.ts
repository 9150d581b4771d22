import { expect, test } from 'vitest';
import { type Operator, type Service } from '../../../src/pipeline/model.ts';
import { attachmentOf, networkOf, planServices, portsOf, serviceEnvironment, serviceRun } from '../../../src/platform/engine/services/plan.ts';
import { expandReferences } from '../../../src/platform/engine/services/references.ts';

const platform = { backend: 'auto' as const, capacity: { cpus: 8, memoryMb: 16_000, gpus: 2 }, programOf: () => undefined, results: { address: '127.0.0.1:8088', folder: '/h/results' } };
const requests = { cpu: undefined, gpu: undefined, memory: undefined };

function service(over: Partial<Service> = {}): Service {
  return { name: 'infer', description: '', container: { image: 'example/triton', tag: '20.07', command: ['serve', '--models=$(NVIDIA_CLARA_SERVICE_DATA_PATH)/models'] }, connections: [], requests, variables: {}, ...over };
}

function planned(...services: readonly Service[]) {
  const operator: Operator = {
    name: 'op', description: '', container: { image: 'example/op', tag: '1', command: [] }, inputs: [], outputs: [], requests, variables: {}, models: [], services,
  };
  return planServices(operator, platform, '/h/common');
}

test.each<[string, Partial<Service>, boolean]>([
  ['another name', { name: 'other' }, true],
  ['other connections', { connections: [{ name: 'X', port: 1024 }] }, true],
  ['other variables', { variables: { A: '1' } }, true],
  ['other requests', { requests: { cpu: 4, gpu: 1, memory: 1 } }, true],
  ['another tag', { container: { ...service().container, tag: '20.08' } }, false],
  ['another image', { container: { ...service().container, image: 'example/tritons' } }, false],
  ['another command', { container: { ...service().container, command: ['serve'] } }, false],
  ['arguments cut elsewhere', { container: { ...service().container, command: ['serve --models=$(NVIDIA_CLARA_SERVICE_DATA_PATH)/models'] } }, false],
])('with %s it is the same service: %#', (_, over, same) => {
  expect(planned(service())[0]!.key === planned(service(over))[0]!.key).toBe(same);
});

test('connections without a port get the chosen ones in turn', () => {
  const connections = [{ variable: 'A', port: undefined }, { variable: 'B', port: 8000 }, { variable: 'C', port: undefined }];
  expect(portsOf(connections, [5001, 5002])).toEqual([5001, 8000, 5002]);
  expect(portsOf(connections, [5001])).toEqual([5001, 8000, undefined]);
});

test('a service learns its ports and the shared folder; its own variables win', () => {
  const [plan] = planned(service({ connections: [{ name: 'HTTP', port: 8000 }, { name: 'GRPC', port: undefined }], variables: { EXTRA: 'x' } }));
  expect(serviceEnvironment(plan!, [40_000])).toEqual({
    NVIDIA_CLARA_SERVICE_DATA_PATH: '/clara/common', PORT: '8000', NVIDIA_CLARA_SERVICE_PORTS: 'HTTP:8000;GRPC:40000', EXTRA: 'x',
  });
  const [own] = planned(service({ connections: [{ name: 'HTTP', port: 8000 }], variables: { PORT: '1' } }));
  expect(serviceEnvironment(own!, [])['PORT']).toBe('1');
  expect(serviceEnvironment(planned(service())[0]!, [])).toEqual({ NVIDIA_CLARA_SERVICE_DATA_PATH: '/clara/common' });
});

test('the run of a service: shared folder read-only, references expanded, no contract of operators', () => {
  const run = serviceRun(planned(service())[0]!, '/h/services/k', 'owner', [], 'net');
  expect(run).toMatchObject({
    kind: 'service', title: 'service infer', jobId: 'owner', backend: 'docker', network: 'net', inputs: [], outputs: [],
    program: { kind: 'image', image: 'example/triton:20.07', command: ['serve', '--models=/clara/common/models'] },
    mounts: [{ path: '/clara/common', source: '/h/common', access: 'read' }],
  });
});

test('operators get host:port by the connection\'s name', () => {
  const http = { variable: 'HTTP', port: 8000 };
  expect(attachmentOf([{ connections: [http], ports: [8000], host: 'a' }, { connections: [{ variable: 'X', port: undefined }], ports: [4], host: '127.0.0.1' }], 'n'))
    .toEqual({ environment: { HTTP: 'a:8000', X: '127.0.0.1:4' }, network: 'n' });
});

test('operators with the same services share a network, whatever their order', () => {
  expect(networkOf('o', ['a'])).toBe('clara-o-a');
  expect(networkOf('o', ['a', 'b'])).toBe(networkOf('o', ['b', 'a']));
  expect(networkOf('o', ['a', 'b'])).not.toBe(networkOf('o', ['a', 'c']));
});

test.each([
  ['$(A)/models', '1/models'], ['x$(A)$(B)y', 'x12y'], ['$(C)', '$(C)'], ['$$(A)', '$(A)'], ['$(date +%s)', '$(date +%s)'], ['$A ${A}', '$A ${A}'], ['$(toString)', '$(toString)'],
])('%s becomes %s', (text, expanded) => {
  expect(expandReferences(text, { A: '1', B: '2' })).toBe(expanded);
});
