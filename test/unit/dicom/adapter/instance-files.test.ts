import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InstanceFiles } from '../../../../src/dicom/receive/instance-files.ts';
import { PromptCalls } from '../../../../src/system/disk/prompt-calls.ts';
import { tempDir } from '../../../helpers/run.ts';

describe('calls that reach no disk', () => {
  function place() {
    const clock = { now: 0 };
    const calls = new PromptCalls({ clock: () => clock.now });
    const made = (takesMs: number) => calls.call(() => { clock.now += takesMs; return 'at once'; }, async () => 'in a thread');
    return { clock, calls, made };
  }

  test('are made at once while they are quick', async () => {
    const { made } = place();
    for (const ms of [0, 1, 150]) expect(await made(ms)).toBe('at once');
  });

  test('are left to threads for a while after one that was slow', async () => {
    const { clock, calls, made } = place();
    expect(await made(151)).toBe('at once');
    expect([await made(0), calls.isCautious]).toEqual(['in a thread', true]);
    clock.now += 999;
    expect(await made(0)).toBe('in a thread');
    clock.now += 1;
    expect([await made(0), calls.isCautious]).toEqual(['at once', false]);
  });

  test('are left to threads for longer and longer while the disk stays slow, and then for as short a while as at first', async () => {
    const { clock, calls, made } = place();
    const pauses: number[] = [];
    const pause = () => {
      const from = clock.now;
      while (calls.isCautious) clock.now += 1;
      pauses.push(clock.now - from);
    };
    for (let again = 0; again < 7; again += 1) {
      await made(151);
      pause();
    }
    clock.now += 10_000;
    await made(151);
    pause();
    expect(pauses).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000, 10_000, 1000]);
  });

  test('are left to threads after one that was slow to fail, too', async () => {
    const { clock, calls, made } = place();
    await expect(calls.call(() => { clock.now += 500; throw new Error('no space'); }, async () => 1)).rejects.toThrow('no space');
    expect(await made(0)).toBe('in a thread');
  });
});

describe.each([['waiting for the disk', true], ['not waiting for the disk', false]])('files of instances, %s', (_, sync) => {
  test('have their name and content when they are kept, however many are at once', async () => {
    const files = new InstanceFiles(join(tempDir(), 'instances'), sync);
    const names = await Promise.all(Array.from({ length: 40 }, async (__, index) => {
      const file = await files.create();
      await file.write([Buffer.from(`${index}`), Buffer.alloc(0), Buffer.from(' a')]);
      await file.write([Buffer.from('b')]);
      await file.keep();
      expect(file.bytes).toBe(`${index} ab`.length);
      return file.name;
    }));
    expect(readdirSync(files.folder).toSorted()).toEqual(names.toSorted());
    expect(names.map((name) => readFileSync(files.pathOf(name), 'utf8'))).toEqual(names.map((__, index) => `${index} ab`));
  });

  test('are gone when they are discarded, kept or not', async () => {
    const files = new InstanceFiles(join(tempDir(), 'instances'), sync);
    const [one, other] = [await files.create(), await files.create()];
    for (const file of [one, other]) await file.write([Buffer.from('x')]);
    await other.keep();
    for (const file of [one, other]) await file.discard();
    expect(readdirSync(files.folder)).toEqual([]);
  });

  test('are swept away unless they are wanted; what is not ours stays', async () => {
    const files = new InstanceFiles(join(tempDir(), 'instances'), sync);
    const [wanted, unwanted] = [await files.create(), await files.create()];
    for (const file of [wanted, unwanted]) await file.keep();
    const torn = await files.create();
    writeFileSync(join(files.folder, 'note.txt'), '');
    expect(await files.sweep((name) => name === wanted.name)).toBe(2);
    expect(readdirSync(files.folder).toSorted()).toEqual([wanted.name, 'note.txt'].toSorted());
    await torn.discard();
  });
});
