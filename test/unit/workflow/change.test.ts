import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { applyChange, settle } from '../../../src/workflow/project/change.ts';
import { processIdentity } from '../../../src/system/process-identity.ts';
import { tempDir } from '../../helpers/run.ts';

const never = new AbortController().signal;

function place() {
  const root = tempDir();
  const valuesFile = join(root, 'values.yaml');
  writeFileSync(valuesFile, 'before');
  return { root, valuesFile, folder: join(root, 'stage'), work: join(root, '.clara-wf') };
}

describe('what a killed process left', () => {
  const sha = (text: string) => createHash('sha256').update(text).digest('hex');
  /** The state after a crash: what the note says, and how far the renames came. */
  test.each([
    { title: 'adding, nothing renamed', kind: 'add', values: 'before', inPlace: false, prepared: true, wanted: { values: 'before', folder: false } },
    { title: 'adding, the folder in place and the values not', kind: 'add', values: 'before', inPlace: true, prepared: false, wanted: { values: 'before', folder: false } },
    { title: 'adding, both in place', kind: 'add', values: 'after', inPlace: true, prepared: false, wanted: { values: 'after', folder: true } },
    { title: 'removing, nothing renamed', kind: 'remove', values: 'before', inPlace: true, prepared: false, wanted: { values: 'before', folder: true } },
    { title: 'removing, the values in place and the folder still there', kind: 'remove', values: 'after', inPlace: true, prepared: false, wanted: { values: 'after', folder: false } },
    { title: 'removing, both done', kind: 'remove', values: 'after', inPlace: false, prepared: true, wanted: { values: 'after', folder: false } },
  ])('$title', async ({ kind, values, inPlace, prepared, wanted }) => {
    const { root, valuesFile, folder, work } = place();
    writeFileSync(valuesFile, values);
    mkdirSync(work);
    writeFileSync(join(work, 'note.json'), JSON.stringify({ pid: 1, identity: 'gone', kind, folder, values: valuesFile, afterHash: sha('after') }));
    if (prepared) mkdirSync(join(work, 'folder'));
    if (inPlace) mkdirSync(folder);
    await settle(root);
    expect({ values: readFileSync(valuesFile, 'utf8'), folder: existsSync(folder), work: existsSync(work) }).toEqual({ ...wanted, work: false });
  });

  test('a process that still works is left alone, and the next change fails', async () => {
    const { root, valuesFile, work } = place();
    mkdirSync(work);
    writeFileSync(join(work, 'note.json'), JSON.stringify({ pid: process.pid, identity: processIdentity(process.pid), kind: 'values', values: valuesFile, afterHash: sha('after') }));
    await expect(applyChange({ root, valuesFile, before: 'before', after: 'after' }, never)).rejects.toThrow('another clara-wf is changing the project');
    expect([existsSync(work), readFileSync(valuesFile, 'utf8')]).toEqual([true, 'before']);
  });
});

test('a change of values that were edited meanwhile is not made', async () => {
  const { root, valuesFile, folder, work } = place();
  const add = { kind: 'add', path: folder, files: new Map([['a/b.yaml', 'b']]) } as const;
  await expect(applyChange({ root, valuesFile, before: 'other', after: 'after', folder: add }, never)).rejects.toThrow('was changed meanwhile; nothing was done');
  expect([existsSync(folder), existsSync(work), readFileSync(valuesFile, 'utf8')]).toEqual([false, false, 'before']);
  await applyChange({ root, valuesFile, before: 'before', after: 'after', folder: add }, never);
  expect([readFileSync(join(folder, 'a/b.yaml'), 'utf8'), existsSync(work), readFileSync(valuesFile, 'utf8')]).toEqual(['b', false, 'after']);
});

test('a folder that cannot be put in its place takes the values back', async () => {
  const { root, valuesFile, folder, work } = place();
  mkdirSync(folder);
  writeFileSync(join(folder, 'full'), '');
  await expect(applyChange({ root, valuesFile, before: 'before', after: 'after', folder: { kind: 'add', path: folder, files: new Map([['x', 'y']]) } }, never)).rejects.toThrow('cannot be changed');
  await expect(applyChange({ root, valuesFile, before: 'before', after: 'after', folder: { kind: 'remove', path: join(root, 'nowhere') } }, never)).rejects.toThrow('cannot be changed');
  expect([existsSync(join(folder, 'full')), existsSync(work), readFileSync(valuesFile, 'utf8')]).toEqual([true, false, 'before']);
});
