import { expect, test } from 'vitest';
import { toolFailure, toolMessage } from '../../../src/tools/tool-failure.ts';

test.each([
  ['Error from server (NotFound): secrets "nvcr.io" not found\n', 'secrets "nvcr.io" not found'],
  ['Error: INSTALLATION FAILED: cannot re-use a name that is still in use\n', 'cannot re-use a name that is still in use'],
  ['WARNING: Kubernetes configuration file is group-readable.\nError: Kubernetes cluster unreachable: no route\n', 'no route'],
  ['W1121 17:20:11.123456   12 warnings.go:70] old\nError: uninstall: Release not loaded: x: release: not found\n', 'Release not loaded: x: release: not found'],
  ['docker: Error response from daemon: No such image: x.\nSee \'docker run --help\'.\n', 'No such image: x.'],
  ['something odd\nError: the reason\n', 'the reason'],
  ['something odd\nand more\n', 'something odd'],
  ['', 'it said nothing'],
])('why a tool failed, in one line: %j', (stderr, message) => {
  expect(toolMessage(stderr)).toBe(message);
});

test.each([
  ['Error: INSTALLATION FAILED: Kubernetes cluster unreachable: Get "https://x": dial tcp: lookup x: no such host', 'unreachable', /start the cluster/],
  ['Error from server (Forbidden): pods is forbidden: User "u" cannot list resource "pods"', 'failed', /ask who runs the cluster/],
  ['error: You must be logged in to the server (Unauthorized)', 'failed', /log in to the cluster/],
  ['Error in configuration: context was not found for specified context: nope', 'usage', /get-contexts/],
  ['Error from server (NotFound): namespaces "nope" not found', 'not-found', undefined],
  ['ERROR: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'unreachable', /start docker/],
  ['Error: template: x.yaml:3: function "foo" not defined', 'failed', undefined],
])('what kind of failure it is: %s', (stderr, kind, hint) => {
  const failure = toolFailure('helm', 'cannot do it', { exitCode: 1, stdout: '', stderr });
  expect(failure.kind).toBe(kind);
  expect(failure.message).toMatch(/^cannot do it \(/);
  if (hint === undefined) expect(failure.hint).toBeUndefined();
  else expect(failure.hint).toMatch(hint);
});

test('a tool that says nothing leaves its exit code', () => {
  expect(toolFailure('helm', 'cannot do it', { exitCode: 3, stdout: ' ', stderr: '' }).message).toBe('cannot do it (helm ended with exit code 3)');
});
