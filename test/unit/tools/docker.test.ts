import { expect, test } from 'vitest';
import { containerEnvironment, containerState, imageProblem, runArguments, type ContainerRun } from '../../../src/tools/docker.ts';

const run: ContainerRun = {
  name: 'clara-1-op', image: 'example/op:1', command: [], labels: {}, mounts: [], network: undefined, environmentFile: '/dev/fd/3', environmentNames: [],
  user: undefined, cpus: undefined, memoryMb: undefined, gpus: [],
};
const start = ['run', '--name', 'clara-1-op', '--pull', 'never', '--network', 'none'];

test.each<[string, Partial<ContainerRun>, string[]]>([
  ['nothing', {}, [...start, '--env-file', '/dev/fd/3', '--', 'example/op:1']],
  ['a command that looks like options', { command: ['--rm', '-v', 'a b'] }, [...start, '--env-file', '/dev/fd/3', '--', 'example/op:1', '--rm', '-v', 'a b']],
  ['labels', { labels: { 'clara.job': '1', 'clara.operator': 'op' } }, [...start, '--label', 'clara.job=1', '--label', 'clara.operator=op', '--env-file', '/dev/fd/3', '--', 'example/op:1']],
  ['mounts', { mounts: [{ source: '/a', target: '/in', readOnly: true }, { source: '/b', target: '/out', readOnly: false }] },
    [...start, '--mount', 'type=bind,source=/a,target=/in,readonly', '--mount', 'type=bind,source=/b,target=/out', '--env-file', '/dev/fd/3', '--', 'example/op:1']],
  ['mounts with a comma and quotes', { mounts: [{ source: '/a,"b"', target: '/in:x', readOnly: false }] },
    [...start, '--mount', 'type=bind,"source=/a,""b""",target=/in:x', '--env-file', '/dev/fd/3', '--', 'example/op:1']],
  ['variables of many lines', { environmentNames: ['A', 'B'] }, [...start, '--env-file', '/dev/fd/3', '--env', 'A', '--env', 'B', '--', 'example/op:1']],
  ['limits', { cpus: 2, memoryMb: 512, gpus: [0, 3], user: '1000:1000' },
    ['run', '--name', 'clara-1-op', '--pull', 'never', '--network', 'none', '--env-file', '/dev/fd/3', '--user', '1000:1000', '--cpus', '2', '--memory', '512m',
      '--memory-swap', '512m', '--gpus', '"device=0,3"', '--', 'example/op:1']],
  ['a program instead of the image\'s own', { entrypoint: 'sh', command: ['-c', 'true'] }, [...start, '--env-file', '/dev/fd/3', '--entrypoint', 'sh', '--', 'example/op:1', '-c', 'true']],
  ['requests of nothing are no limits', { cpus: 0, memoryMb: 0 }, [...start, '--env-file', '/dev/fd/3', '--', 'example/op:1']],
])('docker run with %s', (_, over, expected) => {
  expect(runArguments({ ...run, ...over })).toEqual(expected);
});

test('variables go into the file as they are, except those that it cannot hold', () => {
  const long = 'x'.repeat(20_000);
  expect(containerEnvironment({ A: ' 1 # "x" ', EMPTY: '', LINES: 'a\nb', RETURN: 'a\r', LONG: long })).toEqual({
    file: 'A= 1 # "x" \nEMPTY=\n', others: { LINES: 'a\nb', RETURN: 'a\r', LONG: long },
  });
});

const answer = (state: object) => ({ exitCode: 0, stdout: JSON.stringify({ Status: 'exited', Running: false, OOMKilled: false, ExitCode: 0, Error: '', ...state }), stderr: '' });

test.each([
  [answer({ Running: true, Status: 'running' }), { kind: 'running' }],
  [answer({ ExitCode: 3 }), { kind: 'ended', exitCode: 3, outOfMemory: false }],
  [answer({ ExitCode: 137, OOMKilled: true }), { kind: 'ended', exitCode: 137, outOfMemory: true }],
  [answer({ Status: 'created', ExitCode: 127, Error: 'exec: "x": not found' }), { kind: 'failed', reason: 'exec: "x": not found' }],
  [answer({ Status: 'created' }), { kind: 'failed', reason: 'its container was made and not started' }],
  [{ exitCode: 1, stdout: '', stderr: 'Error: No such container: x\n' }, { kind: 'absent' }],
  [{ exitCode: 1, stdout: '', stderr: 'Error response from daemon: No such container: x\n' }, { kind: 'absent' }],
  [{ exitCode: 1, stdout: '', stderr: 'Cannot connect to the Docker daemon at unix:///x. Is it running?\nmore' },
    { kind: 'unreachable', reason: 'Cannot connect to the Docker daemon at unix:///x. Is it running?' }],
])('the state of a container: %j', (result, state) => {
  expect(containerState(result)).toEqual(state);
});

test.each([
  [{ exitCode: 0, stdout: 'sha256:1\n', stderr: '' }, undefined],
  [{ exitCode: 1, stdout: '[]\n', stderr: 'Error: No such image: a/b:1\n' }, { kind: 'missing', image: 'a/b:1' }],
  [{ exitCode: 1, stdout: '', stderr: 'Error response from daemon: No such image: a/b:1\n' }, { kind: 'missing', image: 'a/b:1' }],
  [{ exitCode: 1, stdout: '', stderr: 'permission denied while trying to connect to the Docker daemon socket' },
    { kind: 'unreachable', reason: 'permission denied while trying to connect to the Docker daemon socket' }],
])('what keeps images from running: %j', (result, problem) => {
  expect(imageProblem(result)).toEqual(problem);
});
