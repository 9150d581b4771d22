import { expect, test } from 'vitest';
import { type ChartRelease, type ClusterPlace, installArguments, lintArguments, setString, statusArguments, templateArguments, uninstallArguments } from '../../../src/tools/helm/arguments.ts';
import { releaseState } from '../../../src/tools/helm/helm.ts';
import { checkHelmVersion } from '../../../src/tools/helm/version.ts';

const here: ClusterPlace = { namespace: 'ns', kubeconfig: undefined, context: undefined };
const there: ClusterPlace = { namespace: 'ns', kubeconfig: '/a b/config', context: 'lab' };
const release: ChartRelease = { name: 'test-wf', chart: '/charts/wf', values: [['job.id', '1'], ['dicomAdapter.input', '']] };

test.each<[string, string[], string[]]>([
  ['install', installArguments(release, here, 300),
    ['install', 'test-wf', '--namespace', 'ns', '--set-string', 'job.id=1', '--set-string', 'dicomAdapter.input=', '--wait', '--timeout', '300s', '/charts/wf']],
  ['install elsewhere', installArguments({ ...release, values: [] }, there, 5),
    ['install', 'test-wf', '--namespace', 'ns', '--kubeconfig', '/a b/config', '--kube-context', 'lab', '--wait', '--timeout', '5s', '/charts/wf']],
  ['template', templateArguments(release, 'ns'), ['template', 'test-wf', '--namespace', 'ns', '--set-string', 'job.id=1', '--set-string', 'dicomAdapter.input=', '/charts/wf']],
  ['uninstall', uninstallArguments('test-wf', there), ['uninstall', 'test-wf', '--namespace', 'ns', '--kubeconfig', '/a b/config', '--kube-context', 'lab']],
  ['status', statusArguments('trtis', here), ['status', 'trtis', '--namespace', 'ns', '--output', 'json']],
  ['lint', lintArguments(release), ['lint', '--set-string', 'job.id=1', '--set-string', 'dicomAdapter.input=', '/charts/wf']],
])('helm %s', (_, given, expected) => {
  expect(given).toEqual(expected);
});

test.each([
  ['/data', 'a=/data'],
  ['', 'a='],
  ['/a,b', 'a=/a\\,b'],
  ['C:\\x', 'a=C:\\\\x'],
  ['{a}', 'a=\\{a}'],
  ['a=b{c}', 'a=a=b{c}'],
  ['/bilder/Schädel 1', 'a=/bilder/Schädel 1'],
])('the value %s among others', (value, text) => {
  expect(setString(['a', value])).toBe(text);
});

const said = (stdout: string, stderr = '', exitCode = 0) => ({ stdout, stderr, exitCode });

test.each([
  ['v3.14.4+g81c902a\n', 'v3.14.4+g81c902a'], ['v3.14\n', 'v3.14'], ['v3.2.0+ge11b7ce', 'v3.2.0+ge11b7ce'], ['v4.0.1+g12345', 'v4.0.1+g12345'],
])('helm %s will do', (text, version) => {
  expect(checkHelmVersion(said(text))).toBe(version);
});

test.each([
  [said('Client: v2.16.1+gbbdfe5e\n', 'Error: could not find tiller\n', 1), /helm v2\.16\.1\+gbbdfe5e is too old: Helm 2 installs charts through a server/],
  [said('v3.1.3+g0a9a9a8\n'), /helm v3\.1\.3\+g0a9a9a8 is too old \(it takes v3\.2 or newer\)/],
  [said('', 'nonsense\n', 1), /cannot tell which version of helm this is \(nonsense\)/],
])('helm is refused: %j', (result, message) => {
  expect(() => checkHelmVersion(result)).toThrow(message);
});

test('a release is there, or not, or cannot be seen', () => {
  expect(releaseState('a', said('{"name":"a","info":{"status":"failed"}}'))).toEqual({ kind: 'present', status: 'failed' });
  expect(releaseState('a', said('', 'Error: release: not found\n', 1))).toEqual({ kind: 'absent' });
  expect(() => releaseState('a', said('', 'Error: Kubernetes cluster unreachable: Get "https://127.0.0.1:1/version": dial tcp 127.0.0.1:1: connect: connection refused\n', 1)))
    .toThrow(expect.objectContaining({ kind: 'unreachable', message: 'cannot tell whether the release a is there (Get "https://127.0.0.1:1/version": dial tcp 127.0.0.1:1: connect: connection refused)' }));
});
