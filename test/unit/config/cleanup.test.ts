import { expect, test } from 'vitest';
import { parseCleanup } from '../../../src/config/platform-values.ts';

test.each([
  ['{}', {}],
  ['null', {}],
  ['{"Cleanup": {"enabled": false, "retainDataForMinutes": 480}}', {}],
  ['{"Cleanup": {"enabled": true, "retainDataForMinutes": 10}, "Logging": {}}', { resultsRetain: 600, resultsRemovePayloads: true }],
  ['{"Cleanup": {"enabled": true}}', { resultsRetain: 28_800, resultsRemovePayloads: true }],
])('%s', (text, values) => {
  expect(parseCleanup(text, 'appsettings.json')).toEqual(values);
});

test.each([['{', /appsettings.json is not valid JSON/], ['{"Cleanup": {"enabled": true, "retainDataForMinutes": "x"}}', /retainDataForMinutes in appsettings.json/]])('%s is refused', (text, message) => {
  expect(() => parseCleanup(text, 'appsettings.json')).toThrow(message);
});
