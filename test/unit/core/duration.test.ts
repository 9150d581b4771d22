import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from '../../../src/core/duration.ts';

test.each([
  ['30', 30_000], ['0', 0], ['1.5', 1500], ['500ms', 500], ['90s', 90_000], ['10m', 600_000], ['1h30m', 5_400_000],
  ['2d', 172_800_000], ['1w', 604_800_000], ['1.5h', 5_400_000], ['1m500ms', 60_500],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each(['', 'soon', '5x', 'm', '-5', '1 h', '1e3', 's5', '5m junk', 'Infinity', '٣'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

test.each([
  [0, '0.0s'], [400, '0.4s'], [12_340, '12.3s'], [59_940, '59.9s'], [59_960, '1m00s'], [245_000, '4m05s'],
  [3_599_400, '59m59s'], [3_600_000, '1h00m'], [7_380_000, '2h03m'], [273_600_000, '3d04h'],
])('%d ms is shown as %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
