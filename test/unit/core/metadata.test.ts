import { describe, expect, test } from 'vitest';
import { faultOfAdding, metadataLimits } from '../../../src/core/metadata.ts';

describe('adding to a set', () => {
  test.each([
    ['nothing to nothing', {}, {}, undefined],
    ['something new', { a: '1' }, { b: '2' }, undefined],
    ['the longest key and value', {}, { ['k'.repeat(128)]: 'v'.repeat(256) }, undefined],
    ['an empty value', {}, { a: '' }, undefined],
    ['an empty key', {}, { '': 'x' }, 'empty-key'],
    ['a key that is there', { a: '1' }, { a: '1' }, 'duplicate'],
    ['a key that is there in other case', { Straße: '1' }, { STRAßE: '1' }, 'duplicate'],
    ['a key twice', {}, { Key: '1', kEY: '2' }, 'duplicate'],
    ['a key that is too long', {}, { ['k'.repeat(129)]: '' }, 'too-large'],
    ['a key that is too long in bytes', {}, { ['é'.repeat(65)]: '' }, 'too-large'],
    ['a value that is too long', {}, { a: 'v'.repeat(257) }, 'too-large'],
    ['a value that is too long in bytes', {}, { a: '患'.repeat(86) }, 'too-large'],
  ])('%s', (_name, existing, added, kind) => {
    expect(faultOfAdding(existing, added)?.kind).toBe(kind);
  });
});

function setOf(count: number, keyLength: number, valueLength: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`${i}`.padStart(keyLength, 'k'), 'v'.repeat(valueLength)]));
}

test('the whole set may have 4 MB', () => {
  const fitting = setOf(10_416, 128, 256);
  expect(10_416 * 384).toBeLessThanOrEqual(metadataLimits.setBytes);
  expect(faultOfAdding({}, fitting)).toBeUndefined();
  expect(faultOfAdding(fitting, { a: 'v'.repeat(255) })).toBeUndefined();
  expect(faultOfAdding(fitting, setOf(1, 127, 256))?.kind).toBe('too-large');
});

test('many small pairs are limited by what fits into one message', () => {
  expect(faultOfAdding({}, setOf(290_000, 6, 2))?.kind).toBeUndefined();
  expect(faultOfAdding({}, setOf(310_000, 6, 2))?.kind).toBe('too-large');
});
