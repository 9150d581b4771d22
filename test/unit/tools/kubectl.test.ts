import { expect, test } from 'vitest';
import { type ClusterPlace, createArguments, deleteArguments, endPodsArguments, getArguments, logArguments, replaceArguments, versionArguments } from '../../../src/tools/kubectl/arguments.ts';
import { accessReviews, refusedRights, registrySecret, type Right, rightText } from '../../../src/tools/kubectl/objects.ts';
import { readKubectlVersions } from '../../../src/tools/kubectl/version.ts';

const here: ClusterPlace = { namespace: 'ns', kubeconfig: undefined, context: undefined };
const there: ClusterPlace = { namespace: 'ns', kubeconfig: '/a b/config', context: 'lab' };

test.each<[string, string[], string[]]>([
  ['version', versionArguments(there), ['version', '--output', 'json', '--request-timeout', '10s', '--namespace', 'ns', '--kubeconfig', '/a b/config', '--context', 'lab']],
  ['get by label', getArguments({ kinds: 'job,pod', selector: 'a=b', output: 'json' }, here), ['get', 'job,pod', '--namespace', 'ns', '--selector', 'a=b', '--output', 'json']],
  ['get by name', getArguments({ kinds: 'secret', names: ['nvcr.io'] }, here), ['get', 'secret', 'nvcr.io', '--namespace', 'ns']],
  ['get what may be gone', getArguments({ kinds: 'pv', names: ['x'], ignoreMissing: true, output: 'name' }, here), ['get', 'pv', 'x', '--namespace', 'ns', '--ignore-not-found', '--output', 'name']],
  ['get events', getArguments({ kinds: 'events', fields: 'involvedObject.name=x' }, here), ['get', 'events', '--namespace', 'ns', '--field-selector', 'involvedObject.name=x']],
  ['create', createArguments(here), ['create', '--namespace', 'ns', '--filename', '-']],
  ['create with an answer', createArguments(here, { answer: true }), ['create', '--namespace', 'ns', '--validate=false', '--output', 'json', '--filename', '-']],
  ['replace', replaceArguments(there), ['replace', '--namespace', 'ns', '--kubeconfig', '/a b/config', '--context', 'lab', '--filename', '-']],
  ['delete', deleteArguments('job/j', here), ['delete', 'job/j', '--namespace', 'ns', '--wait=false', '--ignore-not-found']],
  ['delete pods', endPodsArguments('a=b', 3, here), ['delete', 'pods', '--namespace', 'ns', '--selector', 'a=b', '--grace-period', '3', '--wait=false', '--ignore-not-found']],
  ['delete pods at once', endPodsArguments('a=b', 0, here), ['delete', 'pods', '--namespace', 'ns', '--selector', 'a=b', '--grace-period', '0', '--force', '--wait=false', '--ignore-not-found']],
  ['logs', logArguments({ pod: 'p', container: 'c', follow: false, tail: 20 }, here), ['logs', 'p', '--namespace', 'ns', '--container', 'c', '--tail', '20']],
  ['logs as they come', logArguments({ pod: 'p', container: 'c', follow: true }, here), ['logs', 'p', '--namespace', 'ns', '--container', 'c', '--follow']],
])('kubectl %s', (_, given, expected) => {
  expect(given).toEqual(expected);
});

const said = (stdout: string, stderr = '', exitCode = 0) => ({ stdout, stderr, exitCode });
const versions = (client: string, server?: string) => JSON.stringify({ clientVersion: { gitVersion: client }, ...(server === undefined ? {} : { serverVersion: { gitVersion: server } }) });
const refused = 'The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?\n';

test('kubectl and the cluster tell their versions', () => {
  expect(readKubectlVersions(said(versions('v1.32.4-dispatcher', 'v1.20.2'), 'WARNING: version difference\n'))).toEqual({ client: 'v1.32.4-dispatcher', server: 'v1.20.2' });
});

test.each([
  [said(versions('v1.17.9', 'v1.20.2')), 'missing-program', /kubectl v1\.17\.9 is too old \(it takes v1\.18 or newer\)/],
  // Too old is the first thing to know.
  [said(versions('v1.9.0'), refused, 1), 'missing-program', /kubectl v1\.9\.0 is too old/],
  [said('Client Version: version.Info{}'), 'missing-program', /does not tell its version/],
  [said('Please enter Username: ', 'error: EOF\n', 1), 'failed', /no credentials for the cluster/],
  [said(versions('v1.32.4'), refused, 1), 'unreachable', /no cluster answers \(The connection to the server 127\.0\.0\.1:1 was refused/],
  [said('', 'Error in configuration: context was not found for specified context: nope\n', 1), 'usage', /no cluster answers \(context was not found for specified context: nope\)/],
  [said(versions('v1.32.4'), 'error: You must be logged in to the server (Unauthorized)\n', 1), 'failed', /You must be logged in to the server \(Unauthorized\)/],
])('kubectl is no use: %j', (result, kind, message) => {
  expect(() => readKubectlVersions(result)).toThrow(expect.objectContaining({ kind, message: expect.stringMatching(message) as string }));
});

test('a registry\'s secret holds the key in the one place where Kubernetes looks for it', () => {
  const secret = JSON.parse(registrySecret('nvcr.io', 'nvcr.io', 'k€y')) as { type: string; metadata: object; data: Record<string, string> };
  expect(secret).toMatchObject({ kind: 'Secret', metadata: { name: 'nvcr.io' }, type: 'kubernetes.io/dockerconfigjson' });
  expect(JSON.parse(Buffer.from(secret.data['.dockerconfigjson']!, 'base64').toString())).toEqual({
    auths: { 'nvcr.io': { username: '$oauthtoken', password: 'k€y', auth: Buffer.from('$oauthtoken:k€y').toString('base64') } },
  });
});

const rights: readonly Right[] = [{ verb: 'create', group: 'batch', resource: 'jobs' }, { verb: 'create', group: '', resource: 'persistentvolumes', clusterWide: true }, { verb: 'get', group: '', resource: 'pods/log' }];

test('rights are asked for in one go', () => {
  const { items } = JSON.parse(accessReviews(rights, 'ns')) as { items: { spec: { resourceAttributes: object } }[] };
  expect(items.map(({ spec }) => spec.resourceAttributes)).toEqual([
    { verb: 'create', group: 'batch', resource: 'jobs', namespace: 'ns' },
    { verb: 'create', group: '', resource: 'persistentvolumes' },
    { verb: 'get', group: '', resource: 'pods', subresource: 'log', namespace: 'ns' },
  ]);
});

const answer = (allowed: boolean) => JSON.stringify({ kind: 'SelfSubjectAccessReview', status: { allowed } }, undefined, 4);

test.each([
  ['one after the other', [answer(true), answer(false), answer(true)].join('\n')],
  ['as a list', JSON.stringify({ kind: 'List', items: [true, false, true].map((allowed) => JSON.parse(answer(allowed)) as object) })],
])('refused rights are found in answers %s', (_, text) => {
  expect(refusedRights(rights, text).map(rightText)).toEqual(['create persistentvolumes (cluster-wide)']);
});

test('a right without an answer is none', () => {
  expect(refusedRights(rights, answer(true)).map(rightText)).toEqual(['create persistentvolumes (cluster-wide)', 'get pods/log']);
});
