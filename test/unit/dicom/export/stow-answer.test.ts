import { expect, test } from 'vitest';
import { parseStoreAnswer } from '../../../../src/dicom/export/stow/answer.ts';
import { fatesOf } from '../../../../src/dicom/export/stow/send.ts';

const uid = (value: string) => ({ '00081155': { vr: 'UI', Value: [value] } });
const answer = (stored: readonly string[], failed: readonly (readonly [string, number | undefined])[]) => JSON.stringify({
  '00081199': { vr: 'SQ', Value: stored.map(uid) },
  '00081198': { vr: 'SQ', Value: failed.map(([value, reason]) => ({ ...uid(value), ...(reason === undefined ? {} : { '00081197': { vr: 'US', Value: [reason] } }) })) },
});
const file = (sopInstance: string) => ({ uri: 'u', path: '/p', meta: { sopClass: '1', sopInstance, transferSyntax: '1.2' } });

test.each<readonly [string, string]>([['nothing', ''], ['XML', '<NativeDicomModel/>'], ['a number', '7'], ['null', 'null'], ['no instances', '{"00081190":{"vr":"UR"}}'], ['a list of nothing', '[]']])('an answer with %s names no instances', (_what, text) => {
  expect(parseStoreAnswer(text)).toBeUndefined();
});

test.each<readonly [string, number | undefined, string]>([['0110H', 0x0110, 'processing failure (0x0110)'], ['A7xx', 0xa701, 'out of resources (0xa701)'], ['A9xx', 0xa900, 'data set does not match SOP class (0xa900)'], ['Cxxx', 0xc122, 'cannot understand (0xc122)'], ['others', 0x1234, 'failure (0x1234)'], ['none', undefined, 'no reason given']])('a failure reason of %s', (_what, reason, expected) => {
  expect(parseStoreAnswer(answer(['1'], [['2', reason]]))).toEqual({ stored: new Set(['1']), failed: new Map([['2', expected]]) });
  expect(parseStoreAnswer(`[${answer([], [['2', reason]])}]`)?.failed.get('2')).toBe(expected);
});

const deliveredOf = (status: number, text: string) => {
  const asked = fatesOf({ status, text }, 'http://pacs');
  return asked.kind === 'each' ? ['1', '2', '3'].map((sopInstance) => asked.of(file(sopInstance)).delivered) : [asked.kind, asked.fate.isFinal];
};

test.each<readonly [number, string, readonly unknown[]]>([
  [200, '', [true, true, true]], [200, answer(['1', '2'], []), [true, true, false]], [200, answer([], []), [false, false, false]], [200, '{"00081198":{"vr":"SQ"},"00081199":{"vr":"SQ"}}', [false, false, false]],
  [202, '', [false, false, false]], [202, answer(['1'], [['2', 0x0110]]), [true, false, false]], [409, answer([], [['1', 0x0110]]), [false, false, false]],
  [400, '', ['all', true]], [413, '', ['all', true]], [401, '', ['over', true]], [404, '', ['over', true]], [429, '', ['over', false]], [500, '', ['over', false]], [302, '', ['all', true]],
])('status %i with %j', (status, text, expected) => {
  expect(deliveredOf(status, text)).toEqual(expected);
});
