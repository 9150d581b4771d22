import { expect, test } from 'vitest';
import { destinationNames, targetsOf } from '../../../../src/dicom/export/destinations.ts';
import { plannedAssociations } from '../../../../src/dicom/export/dimse/plan.ts';
import { reasonsOf, tooMany, verdictOf } from '../../../../src/dicom/export/outcome.ts';

test.each<readonly [string | null, readonly string[] | undefined]>([
  ['"MYPACS"', ['MYPACS']], ['["MYPACS"]', ['MYPACS']], ['["A","B","A"]', ['A', 'B']], ['MYPACS', ['MYPACS']], ['"  MYPACS "', ['MYPACS']],
  [null, undefined], ['', undefined], ['""', undefined], ['[]', undefined], ['["A",1]', undefined], ['{"name":"A"}', undefined], ['7', undefined], ['[["A"]]', undefined], ['not a word', undefined],
])('parameters %j name %j', (parameters, names) => {
  expect(destinationNames(parameters)).toEqual(names);
});

const destination = (name: string) => ({ name, aeTitle: 'AE', hostIp: '127.0.0.1', port: 104 });

test('destinations are found whatever the case, one that is spelled so first', () => {
  const [lower, upper, other] = [destination('pacs'), destination('PACS'), destination('other')];
  const all = [lower, upper, other];
  expect(targetsOf('"PACS"', all)).toEqual({ kind: 'targets', targets: [upper] });
  expect(targetsOf('["OTHER", "Pacs", "pacs"]', all)).toEqual({ kind: 'targets', targets: [other, lower] });
  expect(targetsOf('["other", "none", "gone"]', all)).toEqual({ kind: 'problem', why: expect.stringContaining('there is no destination "none", "gone"') as string });
});

test.each([[0, 0, 0.5, false], [1, 2, 0.5, false], [2, 3, 0.5, true], [1, 10, 0, true], [10, 10, 1, false]] as const)('%i of %i failed, with a threshold of %f: too many is %j', (failed, all, threshold, expected) => {
  expect(tooMany(failed, all, threshold)).toBe(expected);
});

test('a task has three retries', () => {
  const undelivered = { kind: 'undelivered', why: '' } as const;
  expect([0, 1, 2, 3, 4].map((retries) => verdictOf(undelivered, retries, 3))).toEqual(['retry', 'retry', 'retry', 'failed', 'failed']);
  expect([verdictOf({ kind: 'impossible', why: '' }, 0, 3), verdictOf({ kind: 'delivered', failures: 1 }, 3, 3)]).toEqual(['failed', 'succeeded']);
});

test('reasons are told with how many files each has kept', () => {
  const fate = (status: string, delivered = false) => ({ uri: 'u', sopInstance: undefined, delivered, status });
  expect(reasonsOf([fate('refused')])).toBe('refused');
  expect(reasonsOf([fate('a'), fate('b'), fate('b'), fate('stored', true)])).toBe('2 of 4: b; 1 of 4: a');
  expect(reasonsOf(['a', 'b', 'c', 'd'].map((status) => fate(status)))).toMatch(/and other reasons$/);
});

const [explicit, jpeg, mpeg] = ['1.2.840.10008.1.2.1', '1.2.840.10008.1.2.4.70', '1.2.840.10008.1.2.4.102'];
const file = (sopClass: string, transferSyntax: string, name = '') => ({ name, meta: { sopClass, transferSyntax } });

test('a kind of files has a context for what it is, and one for what it could be', () => {
  const [planned, ...more] = plannedAssociations([file('1.1', explicit), file('1.1', explicit), file('1.2', jpeg), file('1.3', mpeg)]);
  expect(more).toEqual([]);
  expect(planned!.contexts).toEqual([
    { abstractSyntax: '1.1', transferSyntaxes: [explicit] }, { abstractSyntax: '1.1', transferSyntaxes: ['1.2.840.10008.1.2', '1.2.840.10008.1.2.2'] }, { abstractSyntax: '1.2', transferSyntaxes: [jpeg] },
    { abstractSyntax: '1.2', transferSyntaxes: [explicit, '1.2.840.10008.1.2'] }, { abstractSyntax: '1.3', transferSyntaxes: [mpeg] },
  ]);
});

test('more than 128 contexts need several associations; files stay in order', () => {
  const files = Array.from({ length: 300 }, (_, index) => file(`1.${index % 100}`, explicit, String(index)));
  const planned = plannedAssociations(files);
  expect(planned.map(({ contexts, files: { length } }) => [contexts.length, length])).toEqual([[128, 192], [72, 108]]);
  expect(planned[0]!.files.map(({ name }) => Number(name))).toEqual(planned[0]!.files.map(({ name }) => Number(name)).toSorted((a, b) => a - b));
});
