import { expect, test } from 'vitest';
import { aeTitleProblem } from '../../../../src/dicom/entities/ae-title.ts';
import { parseProcessor } from '../../../../src/dicom/entities/processor.ts';
import { parseTag } from '../../../../src/dicom/entities/tag.ts';

const id = '0fcdcdea89c6456fb20abc7379c54ef2';

test.each([
  [{ 'pipeline-a': id }, false, { quietMs: 5000, groupBy: 0x0020000d, priority: 'normal', retryDelayMs: 5000, pipelines: [{ name: 'a', pipelineId: id }] }],
  [{ 'Pipeline-A': id.toUpperCase(), timeout: '2', PRIORITY: 'Higher', groupBy: '(0010,0020)', jobRetryDelay: '1' }, false, { quietMs: 5000, groupBy: 0x00100020, priority: 'higher', retryDelayMs: 1, pipelines: [{ name: 'A', pipelineId: id }] }],
  [{ 'pipeline-a': id, timeout: '2' }, true, { quietMs: 2000 }],
  [{ 'pipeline-a': id, timeout: '0' }, true, { quietMs: 0 }],
])('%j', (settings, exact, rules) => {
  expect(parseProcessor(settings as unknown as Record<string, string>, 'AE', exact)).toMatchObject({ kind: 'rules', rules });
});

test('all problems at once', () => {
  expect(parseProcessor({ timeout: '-1', priority: 'urgent', groupBy: 'study', prority: 'x', 'pipeline-': id, 'pipeline-a': 'x' }, 'AE')).toEqual({ kind: 'problems', problems: [
    "[ERROR] unknown setting 'prority'; did you mean 'priority'?", '[ERROR] a pipeline has no name; write pipeline-<name>', "[ERROR] 'pipeline-a': 'x' is not the id of a pipeline",
    "[ERROR] 'timeout' must be a whole number of 0 or more, not '-1'", "[ERROR] 'priority' must be lower, normal, higher or immediate, not 'urgent'",
    "[ERROR] 'groupBy' must be a DICOM tag such as 0020,000D, not 'study'", '[ERROR] No pipeline defined for AE Title AE.',
  ] });
});

test.each([['A', true], ['sixteen chars ok', true], ['seventeen chars!!', false], ['', false], ['   ', false], ['a\\b', false], ['ä', false], [' A', false]])('AE title %j: %s', (text, fine) => {
  expect(aeTitleProblem(text) === undefined).toBe(fine);
});

test.each([['0020,000D', 0x0020000d], ['0020000d', 0x0020000d], ['(0010,0020)', 0x00100020], ['10,20', undefined], ['patient', undefined]])('tag %s', (text, tag) => {
  expect(parseTag(text)).toBe(tag);
});
