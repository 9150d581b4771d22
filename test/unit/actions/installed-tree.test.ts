import { expect, test } from 'vitest';
import { planFile, type Step } from '../../../src/actions/installed-tree/plan.ts';

const bytes = (text: string | undefined) => (text === undefined ? undefined : Buffer.from(text));
const shownStep = (step: Step) => ('content' in step ? [step.kind, step.content.toString()] : [step.kind]);
const binary = 'a\0b';

test.each<[string, string | undefined, string | undefined, string | undefined, string[]]>([
  // what, as installed last, as it ships now, as the user has it
  ['a new file', undefined, 'a\n', undefined, ['write', 'a\n']],
  ['a new version of one that nobody changed', 'a\n', 'b\n', 'a\n', ['write', 'b\n']],
  ['one that is there already', undefined, 'a\n', 'a\n', ['same']],
  ['one that both changed alike', 'a\n', 'b\n', 'b\n', ['same']],
  ['one that only the user changed', 'a\n', 'a\n', 'c\n', ['keep']],
  ['one that the user deleted', 'a\n', 'a\n', undefined, ['write', 'a\n']],
  ['one that no longer ships', 'a\n', undefined, 'a\n', ['remove']],
  ['one that no longer ships, changed by the user', 'a\n', undefined, 'c\n', ['keep']],
  ['one that no longer ships and is gone', 'a\n', undefined, undefined, ['same']],
  ['changes in different places', 'a: 1\nb: 2\nc: 3\n', 'a: 1\nb: 2\nc: 4\n', 'a: 9\nb: 2\nc: 3\n', ['merge', 'a: 9\nb: 2\nc: 4\n']],
  ['lines that the new version adds', 'a: 1\nb: 2\n', 'a: 1\nb: 2\nc: 3\n', 'a: 9\nb: 2\n', ['merge', 'a: 9\nb: 2\nc: 3\n']],
  ['changes of the same line', 'a: 1\nb: 2\nc: 3\n', 'a: 5\nb: 2\nc: 4\n', 'a: 9\nb: 2\nc: 3\n', ['conflict', 'a: 9\nb: 2\nc: 4\n']],
  ['line ends of the user', 'a\r\nb\r\nc\r\n', 'a\r\nb\r\nd\r\n', 'x\r\nb\r\nc\r\n', ['merge', 'x\r\nb\r\nd\r\n']],
  ['a file without an end of its last line', 'a\nb\nc', 'a\nb\nd', 'x\nb\nc', ['merge', 'x\nb\nd']],
  ['a file that was there before the first installation', undefined, 'a\n', 'c\n', ['conflict', 'c\n']],
  ['changes of a file that is no text', binary, `${binary}1`, `${binary}2`, ['conflict', `${binary}2`]],
])('%s', (_what, before, now, user, wanted) => {
  expect(shownStep(planFile({ before: bytes(before), now: bytes(now), user: bytes(user) }))).toEqual(wanted);
});
