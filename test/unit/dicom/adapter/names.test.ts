import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parsePayloadPath } from '../../../../src/core/payload-path.ts';
import { jobName } from '../../../../src/dicom/inbox/job-name.ts';
import { reserveOf } from '../../../../src/dicom/receive/disk-guard.ts';
import { payloadName, safeComponent } from '../../../../src/dicom/receive/payload-name.ts';
import { delayAfter, type Failure } from '../../../../src/dicom/submit/delay.ts';
import { isStorageClass, isTransferSyntax } from '../../../../src/dicom/uids/classes.ts';

const ids = { patientId: 'P 1', studyInstance: '1.2', seriesInstance: '1.2.3', sopInstance: '1.2.3.4' };

test.each([
  [ids, 'dcm/P 1/1.2/1.2.3/1.2.3.4.dcm'],
  [{ ...ids, patientId: '' }, 'dcm/_~e3b0c442/1.2/1.2.3/1.2.3.4.dcm'],
  [{ ...ids, patientId: '../../x' }, /^dcm\/\.\._\.\._x~[0-9a-f]{8}\/1\.2\/1\.2\.3\/1\.2\.3\.4\.dcm$/],
  [{ ...ids, studyInstance: '..' }, /^dcm\/P 1\/_~[0-9a-f]{8}\/1\.2\.3\//],
  [{ ...ids, patientId: 'a\0b\nc' }, /^dcm\/a_b_c~[0-9a-f]{8}\//],
  [{ ...ids, patientId: 'x'.repeat(4096) }, /^dcm\/x{120}~[0-9a-f]{8}\//],
  [{ ...ids, patientId: '山田' }, 'dcm/山田/1.2/1.2.3/1.2.3.4.dcm'],
])('the file of %j', (identifiers, expected) => {
  if (typeof expected === 'string') expect(payloadName(identifiers)).toBe(expected);
  else expect(payloadName(identifiers)).toMatch(expected);
});

test('any values make a safe name with four folders, and no two values share one', () => {
  const values = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 20 }), fc.constantFrom('.', '..', '/', '', 'a/b', 'a_b', 'a\\b', 'a_b~c14cddc0'));
  fc.assert(fc.property(fc.tuple(values, values), ([one, other]) => {
    const parsed = parsePayloadPath(payloadName({ ...ids, patientId: one, seriesInstance: other }));
    expect(parsed.kind === 'path' && parsed.components.length).toBe(5);
    if (one !== other) expect(safeComponent(one)).not.toBe(safeComponent(other));
  }));
});

test.each([
  ['BrainTumorModel', 'brain-tumor', 'braintumormodel-brain-tumor-20260308180631'],
  ['my_ae title', '--x..y--', 'my-ae-title-x-y-20260308180631'],
  ['A', 'p'.repeat(80), `a-${'p'.repeat(61)}`],
  ['A', `${'p'.repeat(60)}--q`, `a-${'p'.repeat(60)}`],
])('the job of %s and %s', (aeTitle, pipeline, name) => {
  expect(jobName(aeTitle, pipeline, new Date('2026-03-08T18:06:31.999Z'))).toBe(name);
});

test.each([
  [100e9, { watermarkPercent: 85, reserveBytes: 5e9 }, 15e9],
  [10e9, { watermarkPercent: 85, reserveBytes: 5e9 }, 5e9],
  [10e9, { watermarkPercent: 100, reserveBytes: 0 }, 0],
])('of %d bytes with %j are kept free: %d', (total, limits, reserve) => {
  expect(reserveOf(total, limits)).toBeCloseTo(reserve);
});

const delays: readonly (readonly [Failure, number])[] = [
  [{ kind: 'unreachable', times: 1, firstMs: 5000 }, 5000],
  [{ kind: 'unreachable', times: 2, firstMs: 5000 }, 10_000],
  [{ kind: 'unreachable', times: 1000, firstMs: 5000 }, 15_000],
  [{ kind: 'refused', tries: 1, maxRetries: 3 }, 45_000],
  [{ kind: 'refused', tries: 3, maxRetries: 3 }, 180_000],
];
test.each(delays)('after %j: %d ms', (failure, ms) => {
  expect(delayAfter(failure, 180_000)).toBe(ms);
});

test.each([
  ['1.2.840.10008.5.1.4.1.1.2', true], ['1.2.840.10008.5.1.4.1.1.66.4', true], ['1.2.840.10008.5.1.4.34.7', true], ['1.2.840.10008.5.1.4.38.1', true],
  ['1.2.840.10008.1.1', false], ['1.2.840.10008.1.20.1', false], ['1.2.840.10008.5.1.4.1.2.1.1', false], ['1.2.840.10008.5.1.4.1.1.201.2', false], ['1.2.3.4', false], ['1.2.840.10008.5.1.4.31', false],
])('%s is a storage class: %s', (uid, is) => {
  expect(isStorageClass(uid)).toBe(is);
});

test.each([['1.2.840.10008.1.2', true], ['1.2.840.10008.1.2.4.90', true], ['1.2.840.10008.1.2.1.99', true], ['1.2.840.10008.1.1', false], ['1.2.3', false], ['1.2.840.10008.1.2x', false]])('%s is a transfer syntax: %s', (uid, is) => {
  expect(isTransferSyntax(uid)).toBe(is);
});
