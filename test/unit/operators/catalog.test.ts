import { expect, test } from 'vitest';
import { programOf, providedOperators } from '../../../src/operators/catalog.ts';

test.each([
  ['dicom-reader', 'dicom-reader'],
  ['clara/dicom-reader', 'dicom-reader'],
  ['clara/dicom-reader:latest', 'dicom-reader'],
  ['nvcr.io/nvidia/clara/dicom-reader:0.8.1-2108.1', 'dicom-reader'],
  ['localhost:5000/clara/volume-preview', 'volume-preview'],
  ['clara/threshold-segmentation@sha256:0123', 'threshold-segmentation'],
  ['other/dicom-reader', undefined],
  ['dicom-reader/clara', undefined],
  ['notclara/dicom-reader', undefined],
  ['clara/dicom-readers', undefined],
  ['busybox:local', undefined],
  ['localhost:5000', undefined],
  ['', undefined],
])('image %s is operator %s', (image, name) => {
  expect(programOf(image)?.name).toBe(name);
});

test('every operator names its program', () => {
  for (const { name, program, summary } of providedOperators) {
    expect(program).toBe(`operators/${name}.js`);
    expect(summary).not.toBe('');
  }
});
