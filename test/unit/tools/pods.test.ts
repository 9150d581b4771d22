import { expect, test } from 'vitest';
import { endText, observePods, type PodObject } from '../../../src/tools/kubectl/pods.ts';

type State = NonNullable<NonNullable<PodObject['status']['containerStatuses']>[number]['state']>;

function pod(states: Readonly<Record<string, State>>, status: Partial<PodObject['status']> = {}, name = 'p'): PodObject {
  const names = Object.keys(states);
  return {
    kind: 'Pod', metadata: { name }, spec: { containers: names.map((of) => ({ name: of, image: `${of}:1` })) },
    status: { containerStatuses: names.map((of) => ({ name: of, state: states[of]! })), ...status },
  };
}

const ended = (exitCode: number, over: object = {}): State => ({ terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', finishedAt: '2026-01-01T00:00:05Z', ...over } });
const waiting = (reason: string, message?: string): State => ({ waiting: { reason, ...(message === undefined ? {} : { message }) } });

test('containers wait, run and end', () => {
  const seen = observePods([pod({ a: waiting('ContainerCreating'), b: { running: {} }, c: ended(0), d: {} })]);
  expect([...seen.containers]).toEqual([['a', { kind: 'waiting' }], ['b', { kind: 'running' }], ['c', { kind: 'done' }], ['d', { kind: 'waiting' }]]);
  expect(seen).toMatchObject({ pod: 'p', trouble: undefined });
});

test('nothing is known without a pod, and one that goes away does not count', () => {
  const going = { ...pod({ a: ended(1) }), metadata: { name: 'old', deletionTimestamp: '2026-01-01T00:00:00Z' } };
  expect(observePods([]).pod).toBeUndefined();
  expect(observePods([going]).pod).toBeUndefined();
  expect(observePods([going, pod({ a: { running: {} } }, {}, 'new')])).toMatchObject({ pod: 'new', trouble: undefined });
});

test.each<[string, PodObject, object]>([
  ['a stage that failed', pod({ a: ended(3) }), { kind: 'failed', lasting: true, container: 'a', exitCode: 3, reason: 'exit code 3' }],
  ['the first of two that failed', pod({ a: ended(1, { finishedAt: '2026-01-01T00:00:09Z' }), b: ended(2) }), { kind: 'failed', container: 'b' }],
  ['a stage that was killed', pod({ a: ended(137) }), { kind: 'failed', reason: 'it was killed' }],
  ['a stage that took too much memory', pod({ a: ended(137, { reason: 'OOMKilled' }) }), { kind: 'failed', reason: 'it was killed: out of memory' }],
  ['a command that does not exist', pod({ a: ended(128, { reason: 'ContainerCannotRun', message: 'exec: "x": not found' }) }), { kind: 'failed', reason: 'exit code 128: ContainerCannotRun: exec: "x": not found' }],
  ['an image that may still come', pod({ a: waiting('ErrImagePull', 'no route') }), { kind: 'image', lasting: false, image: 'a:1', message: 'no route' }],
  ['an image that does not come', pod({ a: waiting('ImagePullBackOff', 'Back-off pulling image "a:1"') }), { kind: 'image', lasting: true, image: 'a:1', container: 'a' }],
  ['an image that has no name', pod({ a: waiting('InvalidImageName') }), { kind: 'image', lasting: true, message: 'InvalidImageName' }],
  ['a container that cannot begin', pod({ a: waiting('CreateContainerConfigError', 'no secret') }), { kind: 'start', lasting: true, container: 'a', message: 'CreateContainerConfigError: no secret' }],
  ['a pod that no node takes', pod({}, { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' }] }), { kind: 'unschedulable', lasting: false, message: '0/1 nodes' }],
  ['a pod that was evicted', pod({}, { phase: 'Failed', reason: 'Evicted', message: 'low on memory' }), { kind: 'ended', lasting: true, message: 'Evicted: low on memory' }],
])('trouble: %s', (_, given, trouble) => {
  expect(observePods([given]).trouble).toMatchObject({ pod: 'p', ...trouble });
});

test.each([[1, undefined, 'exit code 1'], [143, undefined, 'it was ended by signal 15'], [0, 9, 'it was killed'], [255, undefined, 'exit code 255']] as const)('exit code %s, signal %s: %s', (code, signal, text) => {
  expect(endText(code, signal)).toBe(text);
});
