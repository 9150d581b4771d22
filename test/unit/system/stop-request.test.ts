import { expect, test } from 'vitest';
import { stopRequest } from '../../../src/system/run/stop-request.ts';

test.each([
  ['the first', undefined, 5, 'stop'],
  ['the same again, at once', 5, 5, 'repeat'],
  ['the same again from npm', 5, 12.5, 'repeat'],
  ['just within a second', 5, 1004.9, 'repeat'],
  ['after a second', 5, 1005, 'at once'],
  ['after a minute', 5, 60_000, 'at once'],
] as const)('a signal to stop: %s', (_, first, now, meaning) => {
  expect(stopRequest(first, now)).toBe(meaning);
});
