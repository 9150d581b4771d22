import { expect, test } from 'vitest';
import { buildFailure } from '../../../src/tools/docker-images.ts';

const build = { image: 'ai-vnet:latest', context: '/c', dockerfile: '/c/Dockerfile', args: new Map<string, string>() };
const deprecated = 'DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n            Install the buildx component\n\n';

test.each([
  ['the legacy builder, without its base', `${deprecated}Get "https://registry-1.example.org/v2/": dial tcp: lookup registry-1.example.org: no such host\n`,
    'failed', 'Get "https://registry-1.example.org/v2/": dial tcp: lookup registry-1.example.org: no such host', 'clara-wf init --base IMAGE'],
  ['buildkit, without its base', '#1 [internal] load build definition\nERROR: failed to solve: node:20-slim: failed to resolve source metadata for node:20-slim\n',
    'failed', 'failed to solve: node:20-slim: failed to resolve source metadata for node:20-slim', 'clara-wf init --base IMAGE'],
  ['a step that fails', `${deprecated}The command '/bin/sh -c false' returned a non-zero code: 1\n`,
    'failed', "The command '/bin/sh -c false' returned a non-zero code: 1", 'built from /c/Dockerfile'],
  ['no engine', `${deprecated}Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\n`,
    'unreachable', 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'start docker'],
])('%s', (_what, stderr, kind, reason, hint) => {
  const failure = buildFailure(build, { exitCode: 1, stdout: '', stderr });
  expect(failure).toMatchObject({ kind, message: `cannot build the image ai-vnet:latest (${reason})`, hint: expect.stringContaining(hint) as string });
});
