import { expect, test } from 'vitest';
import { stageContainers } from '../../../../src/workflow/run/docker/pod-manifest.ts';

const manifest = (container: object, spec: object = {}) => `---
# Source: x
kind: PersistentVolume
---
${JSON.stringify({
  kind: 'Job',
  spec: { template: { spec: { containers: [{ name: 'a', image: 'op:1', ...container }], volumes: [{ name: 'payload', persistentVolumeClaim: { claimName: 'c' } }], ...spec } } },
})}
`;

const plain = { name: 'a', image: 'op:1', entrypoint: undefined, command: [], environment: {}, mounts: [], user: undefined };

test.each<[string, object, object, object]>([
  ['nothing of its own', {}, {}, {}],
  ['a command', { command: ['sh', '-c'], args: ['echo'] }, {}, { entrypoint: 'sh', command: ['-c', 'echo'] }],
  ['arguments only', { args: ['--fast', 'x y'] }, {}, { command: ['--fast', 'x y'] }],
  ['variables, later ones made of earlier ones', { env: [{ name: 'A', value: '1' }, { name: 'B', value: '$(A)$(C)' }, { name: 'C' }], args: ['$(A) $$(A) $(D)'] }, {},
    { environment: { A: '1', B: '1$(C)', C: '' }, command: ['1 $(A) $(D)'] }],
  ['mounts', { volumeMounts: [{ name: 'payload', mountPath: '/app/in', subPath: 'a/in', readOnly: true }, { name: 'payload', mountPath: 'payloads' }] }, {},
    { mounts: [{ subPath: 'a/in', target: '/app/in', readOnly: true }, { subPath: '', target: '/payloads', readOnly: false }] }],
  ['a user', { securityContext: { runAsGroup: 20 } }, { securityContext: { runAsUser: 10 } }, { user: '10:20' }],
])('a container with %s', async (_, container, spec, expected) => {
  expect(await stageContainers(manifest(container, spec))).toEqual([{ ...plain, ...expected }]);
});

test.each<[string, object, object, RegExp]>([
  ['secrets', { env: [{ name: 'A', valueFrom: { secretKeyRef: {} } }] }, {}, /--docker does not know valueFrom \(A\)/],
  ['maps', { envFrom: [{}] }, {}, /envFrom/],
  ['containers before', {}, { initContainers: [{}] }, /initContainers/],
  ['another volume', { volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }] }, {}, /the volume tmp/],
])('what only a cluster has is refused: %s', async (_, container, spec, message) => {
  await expect(stageContainers(manifest(container, spec))).rejects.toThrow(message);
});

test('a chart without a Job is refused', async () => {
  await expect(stageContainers('---\nkind: Service\n---\n')).rejects.toThrow(/renders no Job/);
});
