import { describe, expect, test } from 'vitest';
import { parseMemoryList, parsePathList } from '../../../src/config/operator-environment.ts';
import { resolveMemory } from '../../../src/operators/contract/memory.ts';
import { resolveFolders } from '../../../src/operators/contract/folders.ts';
import { logPlace } from '../../../src/operators/contract/log-folder.ts';
import { type OptionTable, resolveOptions } from '../../../src/operators/contract/options.ts';

test.each([
  ['', []],
  [':/input', [{ name: '', path: '/input' }]],
  ['a:/x;:/y', [{ name: 'a', path: '/x' }, { name: '', path: '/y' }]],
  ['a:/x:y', [{ name: 'a', path: '/x:y' }]],
  ['/bare', [{ name: '', path: '/bare' }]],
  ['a:;;b:/z;', [{ name: 'b', path: '/z' }]],
])('path list %j', (text, expected) => {
  expect(parsePathList(text)).toEqual(expected);
});

const folders = [{ name: 'input', fallback: '/input', help: '' }, { name: 'mask', fallback: '/mask', help: '' }] as const;

test.each([
  ['nothing passed', {}, '', ['/input', '/mask']],
  ['flags win', { input: 'a', mask: 'b' }, ':/c;mask:/d', ['a', 'b']],
  ['one flag, one entry', { input: 'a' }, 'dicom-reader:/c;mask:/d', ['a', '/d']],
  ['by name, in any order', {}, 'mask:/d;dicom-reader:/c', ['/c', '/d']],
  ['by customary place', {}, 'x:/mask;y:/input', ['/input', '/mask']],
  ['by last part of the path', {}, 'x:/payload/mask;y:/payload/volumes', ['/payload/volumes', '/payload/mask']],
  ['in order, where names say nothing', {}, 'x:/first;y:/second', ['/first', '/second']],
  ['only one of two', {}, ':/first', ['/first', '/mask']],
])('folders: %s', (_, flags, passed, [input, mask]) => {
  expect(resolveFolders(folders, flags, parsePathList(passed))).toEqual({ input, mask });
});

test.each([
  ['nothing passed, no such folder', undefined, '', false, undefined, ['/output']],
  ['nothing passed, a folder for logs', undefined, '', true, '/logs/x.log', ['/output']],
  ['the platform passed none', undefined, ':/a', true, undefined, ['/a']],
  ['by name, and the output is the other', undefined, 'Logs:/a;selection:/b', false, '/a/x.log', ['/b']],
  ['by place', undefined, 'l:/payload/logs;selection:/b', false, '/payload/logs/x.log', ['/b']],
  ['a flag wins', '/c', 'logs:/a;:/b', true, '/c/x.log', ['/b']],
] as const)('a log of its own: %s', (_, flag, passed, isThere, file, [output]) => {
  const place = logPlace('x', flag, parsePathList(passed), () => isThere);
  expect(place.file).toBe(file);
  expect(resolveFolders([{ name: 'output', fallback: '/output', help: '' }], {}, place.outputs)).toEqual({ output });
});

const options = {
  level: { kind: 'number', variable: 'LEVEL', fallback: 300, help: '' },
  count: { kind: 'number', variable: 'COUNT', fallback: 2, minimum: 1, maximum: 9, integer: true, help: '' },
  mode: { kind: 'choice', variable: 'MODE', fallback: 'a', choices: ['a', 'b'], help: '' },
  loud: { kind: 'switch', variable: 'LOUD', help: '' },
} as const satisfies OptionTable;

test.each([
  ['defaults', {}, {}, { level: 300, count: 2, mode: 'a', loud: false }],
  ['variables', {}, { LEVEL: ' -900.5 ', COUNT: '3', MODE: 'b', LOUD: 'true' }, { level: -900.5, count: 3, mode: 'b', loud: true }],
  ['flags before variables', { level: '1e2', loud: true }, { LEVEL: '7', LOUD: 'no' }, { level: 100, count: 2, mode: 'a', loud: true }],
])('options: %s', (_, flags, variables, expected) => {
  expect(resolveOptions(options, flags, (name) => (variables as Record<string, string>)[name])).toEqual(expected);
});

test('every wrong option is named, with where it came from', () => {
  const variables: Record<string, string> = { LEVEL: 'high', COUNT: '2.5', MODE: 'c', LOUD: 'perhaps' };
  expect(() => resolveOptions(options, { level: '' }, (name) => variables[name])).toThrow(
    '--level must be a number, not ""; COUNT must be a whole number, not 2.5; MODE must be one of a, b, not "c"; LOUD must be true or false, not "perhaps"',
  );
  expect(() => resolveOptions(options, { count: '0' }, () => undefined)).toThrow('--count must be at least 1, not 0');
  expect(() => resolveOptions(options, { count: '10' }, () => undefined)).toThrow('--count must be at most 9, not 10');
});

describe('shared memory', () => {
  const volume = { name: 'volume', help: '' };

  test('the platform\'s entry is found by its name, whatever its type', () => {
    const passed = parseMemoryList('other:int8[1]:/a;Volume:float32[3,-1]:/dev/shm/x:y');
    expect(passed).toEqual([{ name: 'other', path: '/a' }, { name: 'Volume', path: '/dev/shm/x:y' }]);
    expect(resolveMemory([volume], {}, passed)).toEqual({ volume: '/dev/shm/x:y' });
  });

  test('a flag wins, and nothing is an error', () => {
    expect(resolveMemory([volume], { volume: '/f' }, [{ name: 'volume', path: '/p' }])).toEqual({ volume: '/f' });
    expect(() => resolveMemory([volume], {}, [{ name: 'header', path: '/p' }])).toThrow('nothing in shared memory is named volume');
  });
});
