import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Sealing } from '../../../../src/dicom/inference/sealing.ts';
import { tempDir } from '../../../helpers/run.ts';

test('what is sealed comes back with the same key alone, and is never the same twice', async () => {
  const path = join(tempDir(), 'key');
  const sealing = await Sealing.open(path);
  const [one, two] = [sealing.seal('geheim'), sealing.seal('geheim')];
  expect([one.equals(two), one.includes('geheim')]).toEqual([false, false]);
  expect((await Sealing.open(path)).unseal(one)).toBe('geheim');
  const other = await Sealing.open(join(tempDir(), 'key'));
  expect(() => other.unseal(one)).toThrow('sealed with another key');
  one[one.length - 1]! ^= 1;
  expect(() => sealing.unseal(one)).toThrow('sealed with another key');
  expect(() => sealing.unseal(Buffer.alloc(3))).toThrow('sealed with another key');
  expect([sealing.digest('a') === sealing.digest('a'), sealing.digest('a') === other.digest('a')]).toEqual([true, false]);
});

test('the key is for its owner alone, and another file is not overwritten', async () => {
  const path = join(tempDir(), 'key');
  await Sealing.open(path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  writeFileSync(path, 'short');
  await expect(Sealing.open(path)).rejects.toMatchObject({ message: expect.stringContaining('is no key of this adapter') as string, hint: expect.stringContaining('restore it') as string });
});
