import { expect, test } from 'vitest';
import { isStorageClass, storageClassName } from '../../../src/dicom/uids/storage-classes.ts';
import { isUid } from '../../../src/dicom/uids/well-known.ts';

test.each([
  ['1.2.840.10008.5.1.4.1.1.2', 'CT Image Storage'],
  ['1.2.840.10008.5.1.4.1.1.7', 'Secondary Capture Image Storage'],
  ['1.2.840.10008.5.1.4.1.1.66.4', 'Segmentation Storage'],
  ['1.2.840.10008.5.1.4.1.1.88.22', 'Enhanced SR Storage'],
  ['1.2.840.10008.5.1.4.1.1.104.1', 'Encapsulated PDF Storage'],
  ['1.2.840.10008.1.1', undefined],
  ['1.2.840.10008.1.20.1', undefined], // Storage Commitment Push Model
  ['1.2.840.10008.5.1.4.1.2.1.1', undefined], // Patient Root Query/Retrieve – FIND
  ['1.2.840.10008.5.1.4.1.1.9999', undefined],
  ['1.2.840.10008.5.1.4.toString', undefined],
  ['1.2.3.4', undefined],
])('%s is %s', (uid, name) => {
  expect([isStorageClass(uid), storageClassName(uid)]).toEqual([name !== undefined, name]);
});

test.each([['1.2.3', true], ['1', true], ['1.02', true], ['', false], ['.1', false], ['1/2', false], ['1'.repeat(65), false], ['1.2\n', false]])('%j is a UID: %s', (text, expected) => {
  expect(isUid(text)).toBe(expected);
});
