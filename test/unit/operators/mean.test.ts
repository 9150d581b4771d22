import { expect, test } from 'vitest';
import { meanOfPlane, meanOfPlanes } from '../../../src/operators/volume-smoother/mean.ts';

test('radius 0 changes nothing', () => {
  expect(meanOfPlane(Float32Array.of(1, 2, 3, 4, 5, 6), 3, 0)).toEqual(Float32Array.of(1, 2, 3, 4, 5, 6));
});

test('at the border only the neighbours that there are count', () => {
  expect([...meanOfPlane(Float32Array.of(0, 3, 6, 0, 3, 6), 3, 1)]).toEqual([1.5, 3, 4.5, 1.5, 3, 4.5]);
});

test('a radius beyond the plane is the mean of all of it', () => {
  expect([...meanOfPlane(Float32Array.of(1, 2, 3, 6), 2, 16)]).toEqual([3, 3, 3, 3]);
});

test('planes are averaged value by value', () => {
  expect([...meanOfPlanes([Float32Array.of(1, 2), Float32Array.of(3, 4)])]).toEqual([2, 3]);
});
