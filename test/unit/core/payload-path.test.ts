import { describe, expect, test } from 'vitest';
import { listedName, parsePayloadPath } from '../../../src/core/payload-path.ts';

describe('a name becomes a path below the payload (platform-api 2.5)', () => {
  test.each([
    ['a', ['a']],
    ['/a', ['a']],
    ['//a', ['a']],
    ['./a', ['a']],
    ['././/a', ['a']],
    ['./input/I114.dcm', ['input', 'I114.dcm']],
    ['/operators/dicom-reader/x.mhd', ['operators', 'dicom-reader', 'x.mhd']],
    ['a//b/./c', ['a', 'b', 'c']],
    ['/etc/passwd', ['etc', 'passwd']],
    ['...', ['...']],
    ['..a', ['..a']],
    ['a..', ['a..']],
    ['a\\..\\b', ['a\\..\\b']],
    ['C:\\x', ['C:\\x']],
    ['with space', ['with space']],
    ['line\nbreak', ['line\nbreak']],
    ['-rf', ['-rf']],
    ['患者/é', ['患者', 'é']],
    ['x'.repeat(255), ['x'.repeat(255)]],
    ['é'.repeat(127), ['é'.repeat(127)]],
    [`${'a/'.repeat(99)}b`, [...Array.from({ length: 99 }, () => 'a'), 'b']],
  ])('%j', (name, components) => {
    expect(parsePayloadPath(name)).toEqual({ kind: 'path', components });
  });
});

describe('a name that is refused, with the reason', () => {
  test.each([
    ['', 'names no file'],
    ['/', 'names no file'],
    ['.', 'names no file'],
    ['././', 'names no file'],
    ['a/', 'names a folder'],
    ['a/.', 'names a folder'],
    ['..', 'lead out'],
    ['../x', 'lead out'],
    ['../../x', 'lead out'],
    ['/../x', 'lead out'],
    ['a/../b', 'lead out'],
    ['a/..', 'lead out'],
    ['a\0', 'NUL'],
    ['\0/../x', 'NUL'],
    ['x'.repeat(256), '255 bytes'],
    ['é'.repeat(128), '255 bytes'],
    [`${'a/'.repeat(1536)}b`, '3072 bytes'],
    [`${'a/'.repeat(100)}b`, 'deeper than 100'],
  ])('%j', (name, reason) => {
    expect(parsePayloadPath(name)).toEqual({ kind: 'refused', reason: expect.stringContaining(reason) as unknown });
  });
});

test('random names either lose nothing but dots and slashes, or are refused', () => {
  const alphabet = ['a', 'B', '.', '..', '/', '//', ' ', '\\', '\0', '\n', 'é', '%2e', '~'];
  for (let round = 0; round < 5000; round += 1) {
    const name = Array.from({ length: 1 + Math.floor(Math.random() * 8) }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('');
    const path = parsePayloadPath(name);
    if (path.kind === 'refused') continue;
    expect(path.components.length, name).toBeGreaterThan(0);
    for (const component of path.components) {
      expect(['', '.', '..'], name).not.toContain(component);
      expect(component, name).not.toMatch(/[/\0]/);
    }
    // What is listed is the same file again.
    expect(parsePayloadPath(listedName(path.components))).toEqual(path);
  }
});
