import { expect, test } from 'vitest';
import { originOf, registrationsOf } from '../../../src/operators/register-results/registrations.ts';

const origin = { jobId: 'j', pipelineId: 'p', payloadId: 'l' };

test.each([
  [undefined, [null]],
  ['["MYPACS"]', ['"MYPACS"']],
  ['["A","B"]', ['"A"', '"B"']],
  ['"A"', ['"A"']],
  ['{"bucket":"b"}', ['{"bucket":"b"}']],
  ['[{"to":"A"}]', ['{"to":"A"}']],
])('--data %s', (data, parameters) => {
  expect(registrationsOf('ClaraSCU', data, origin, ['/x'])).toEqual(parameters.map((one) => ({ ...origin, parameters: one, uris: ['/x'] })));
});

test.each([
  ['ClaraSCU', '[MYPACS]', /not JSON/], ['ClaraSCU', '[]', /no destination/], ['Clara_SCU', undefined, /exporter/], ['', undefined, /exporter/], ['a'.repeat(33), undefined, /exporter/], ['a-', undefined, /exporter/],
])('--agent %s --data %s is refused', (agent, data, message) => {
  expect(() => registrationsOf(agent, data, origin, ['/x'])).toThrow(message);
});

test('every id that is missing is named', () => {
  expect(() => originOf((name) => (name === 'NVIDIA_CLARA_JOBID' ? 'j' : undefined))).toThrow('NVIDIA_CLARA_PIPELINEID, NVIDIA_CLARA_PAYLOADID not set');
});
