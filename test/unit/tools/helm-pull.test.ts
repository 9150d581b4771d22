import { expect, test } from 'vitest';
import { pullArguments } from '../../../src/tools/helm/arguments.ts';
import { helmPullFailure } from '../../../src/tools/helm/pull-failure.ts';

test.each([
  [{ version: undefined, plainHttp: false }, ['pull', 'oci://r/c', '--untar', '--untardir', '/t']],
  [{ version: '1.2.3', plainHttp: true }, ['pull', 'oci://r/c', '--version', '1.2.3', '--plain-http', '--untar', '--untardir', '/t']],
])('arguments for %j', (wishes, wanted) => {
  expect(pullArguments({ reference: 'oci://r/c', ...wishes }, '/t')).toEqual(wanted);
});

test.each([
  ['Error: GET "http://r/v2/c/tags/list": unexpected status code 404: name unknown: repository name not known to registry', 'not-found', undefined],
  ['Error: Get "https://r/v2/c/tags/list": dial tcp 127.0.0.1:1: connect: connection refused', 'unreachable', undefined],
  ['Error: Get "https://r/v2/c/tags/list": http: server gave HTTP response to HTTPS client', 'failed', 'if that registry is meant to answer without TLS, pass --plain-http'],
  ['Error: failed to fetch https://r/c.tgz : 401 Unauthorized', 'failed', 'log in with `helm registry login` or `helm repo add`'],
  ['', 'failed', undefined],
])('failure %j', (stderr, kind, hint) => {
  const failure = helmPullFailure('oci://r/c', `WARNING: something\n${stderr}\n`.replace(/^WARNING.*\n\n$/, ''));
  expect(failure).toMatchObject({ kind, hint });
  expect(failure.message).toBe(`helm cannot pull oci://r/c (${stderr === '' ? 'it was ended' : stderr.slice('Error: '.length)})`);
});
