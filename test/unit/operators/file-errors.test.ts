import { expect, test } from 'vitest';
import { ClaraError } from '../../../src/core/errors.ts';
import { systemProblem, unreadableFolder, unwritableFolder, whyNotRead } from '../../../src/operators/contract/file-errors.ts';
import { flagNaming } from '../../../src/operators/contract/folders.ts';

/** An error as Node.js makes it of one of the system. */
function systemError(code: string, more: { readonly path?: string; readonly syscall?: string } = {}): Error {
  return Object.assign(new Error(`${code}: something, call`), { code, ...more });
}

const rights = 'change its permissions, or run this as a user who may read it';

test.each([
  ['ENOENT', 'cannot read folder /x (it does not exist)', undefined],
  ['ENOTDIR', 'cannot read folder /x (it is not a folder)', undefined],
  ['EACCES', 'cannot read folder /x (this user may not read it)', rights],
  ['EPERM', 'cannot read folder /x (this user may not read it)', rights],
  ['ELOOP', 'cannot read folder /x (its links go round in a circle)', undefined],
  ['EBUSY', 'cannot read folder /x (EBUSY)', undefined],
])('a folder that cannot be read: %s', (code, message, hint) => {
  expect(unreadableFolder('/x', systemError(code))).toMatchObject({ kind: 'not-found', message, hint });
});

test.each([
  ['ENOENT', 'a part of the path does not exist'],
  ['EACCES', 'this user may not write there'],
  ['EEXIST', 'it is a file, not a folder'],
  ['ENOTDIR', 'a part of the path is a file, not a folder'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'no space is left on the disk'],
  ['EBUSY', 'EBUSY'],
])('a folder that cannot be written: %s', (code, reason) => {
  expect(unwritableFolder('/x', systemError(code))).toMatchObject({ kind: 'failed', message: `cannot write to /x (${reason})` });
});

test.each([
  [systemError('ENOENT'), 'it does not exist'],
  [systemError('EISDIR'), 'it is a folder, not a file'],
  [systemError('ENOTDIR'), 'a part of the path is a file, not a folder'],
  [systemError('EBUSY'), 'EBUSY'],
  [Object.assign(new Error('incorrect header check'), { code: 'Z_DATA_ERROR' }), 'incorrect header check'],
  [new Error('not JSON'), 'not JSON'],
])('a file that cannot be read %#: %s', (thrown, reason) => {
  expect(whyNotRead(thrown)).toBe(reason);
});

test.each([
  [systemError('ENOSPC', { syscall: 'write' }), 'no space is left on the disk (write)'],
  [systemError('EIO'), 'the disk reports an error'],
  [systemError('EACCES', { syscall: 'open', path: '/x/y' }), '/x/y: permission denied'],
  [systemError('EBUSY', { path: '/x' }), 'EBUSY: something, call'],
])('an error of the system that nobody has said more about: %s', (thrown, message) => {
  expect(systemProblem(thrown)).toMatchObject({ kind: 'failed', message });
});

test('an error that is none of the system is a bug', () => {
  expect(systemProblem(new TypeError('x is not a function'))).toBeUndefined();
  expect(systemProblem('x')).toBeUndefined();
});

const inputs = { input: 'study/', dicom: '/original' };

test.each([
  ['the folder itself', new ClaraError('not-found', '', { cause: systemError('ENOENT', { path: 'study' }) }), 'input'],
  ['another one', new ClaraError('not-found', '', { cause: systemError('ENOENT', { path: '/original' }) }), 'dicom'],
  ['a folder in it', new ClaraError('not-found', '', { cause: systemError('EACCES', { path: '/original/a' }) }), undefined],
  ['no folder', new ClaraError('failed', '', { cause: new Error('x') }), undefined],
  ['no cause', new ClaraError('failed', ''), undefined],
  ['an error of the system alone', systemError('ENOENT', { path: '/original' }), undefined],
] as const)('the flag that an error is about: %s', (_, error, flag) => {
  expect(flagNaming(error, inputs)).toBe(flag);
});
