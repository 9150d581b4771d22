import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DicomFile } from '../../../../src/dicom/part10/file.ts';
import { decodeFileHeader, encodeFileHeader } from '../../../../src/dicom/part10/header.ts';
import { DataSetScanner } from '../../../../src/dicom/part10/scan-data-set.ts';
import { tags } from '../../../../src/dicom/part10/scanner.ts';
import { implementationClassUid, implementationVersionName } from '../../../../src/dicom/uids/implementation.ts';
import { missing } from '../../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../../helpers/run.ts';

const meta = { sopClass: '1.2.840.10008.5.1.4.1.1.2', sopInstance: '1.2.3', transferSyntax: '1.2.840.10008.1.2.1', sendingAe: 'SENDER', receivingAe: 'CLARA' };

describe('the header of a file', () => {
  test('has the bytes of PS3.10 7.1', () => {
    const header = encodeFileHeader({ sopClass: '1.2', sopInstance: '1.3', transferSyntax: '1.4' });
    expect(header.subarray(0, 128)).toEqual(Buffer.alloc(128));
    const expected = ['4449434d', '02000000554c0400', '02000100' + '4f420000' + '02000000' + '0001', '0200020055490400' + '312e3200', '0200030055490400' + '312e3300', '0200100055490400' + '312e3400', '0200120055492c00'];
    const hex = header.toString('hex', 128);
    for (const part of expected) expect(hex).toContain(part);
    expect(header.readUInt32LE(140)).toBe(header.length - 144);
    expect(implementationClassUid).toMatch(/^2\.25\.\d{1,39}$/);
    expect(implementationVersionName.length).toBeLessThanOrEqual(16);
  });

  test('comes back, and asks for what it needs', () => {
    const whole = Buffer.concat([encodeFileHeader(meta), Buffer.from('0800050043530000', 'hex')]);
    expect(decodeFileHeader(whole, true)).toEqual({ meta, dataSetOffset: whole.length - 8 });
    for (let end = 0; end < whole.length - 12; end += 1) {
      const found = decodeFileHeader(whole.subarray(0, end), false);
      expect('needs' in found && found.needs > end).toBe(true);
    }
  });

  test('may come without a group length, and before an empty data set', () => {
    const whole = encodeFileHeader(meta);
    const without = Buffer.concat([whole.subarray(0, 132), whole.subarray(144)]);
    expect(decodeFileHeader(without, true)).toEqual({ meta, dataSetOffset: without.length });
  });

  test.each<readonly [string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /only 0 bytes/],
    ['no DICM', Buffer.alloc(500), /no DICM/],
    ['no meta information', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(50)]), /no SOP class UID/],
    ['a cut header', encodeFileHeader(meta).subarray(0, -3), /ends in its meta information/],
    ['an element of 4 GiB', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.from('02000101', 'hex'), Buffer.from('OB\0\0'), Buffer.alloc(4, 0xff)]), /longer than/],
  ])('with %s is no DICOM file', (_name, bytes, message) => {
    expect(() => decodeFileHeader(bytes, true)).toThrow(message);
  });
});

test('a file is read in pieces, its data set byte for byte', async () => {
  const path = join(tempDir(), 'a.dcm');
  const dataSet = Buffer.from(Array.from({ length: 700_001 }, (_, index) => index % 251));
  writeFileSync(path, Buffer.concat([encodeFileHeader(meta), dataSet]));
  const file = await DicomFile.open(path);
  const pieces: Buffer[] = [];
  for await (const piece of file.dataSet()) pieces.push(Buffer.from(piece));
  await file.close();
  expect([file.meta, file.dataSetBytes]).toEqual([meta, dataSet.length]);
  expect(Buffer.concat(pieces).equals(dataSet)).toBe(true);
  await expect(DicomFile.open(`${path}.not`)).rejects.toThrow(/does not exist/);
  writeFileSync(path, 'text');
  await expect(DicomFile.open(path)).rejects.toThrow(`${path} cannot be read: no DICOM file (it has only 4 bytes)`);
});

test.skipIf(missing('ct-head'))('a real file is read, and its attributes are found', async () => {
  const file = await DicomFile.open(join(ctHead, '01.dcm'));
  expect(file.meta).toMatchObject({ sopClass: '1.2.840.10008.5.1.4.1.1.2', transferSyntax: '1.2.840.10008.1.2.1' });
  const scanner = new DataSetScanner(file.meta.transferSyntax, [tags.sopInstance, tags.patientId, tags.studyInstance, tags.seriesInstance]);
  for await (const piece of file.dataSet()) await scanner.push(piece);
  await file.close();
  expect([tags.sopInstance, tags.patientId, tags.studyInstance, tags.seriesInstance].map((tag) => scanner.text(tag))).toEqual([
    file.meta.sopInstance, 'QMNx85rKkkg', '1.2.826.0.1.3680043.9.4245.1760717064491086528325869788156915668', '1.2.826.0.1.3680043.9.4245.3115138630835728997848661150714813892',
  ]);
});

test.skipIf(missing('dcmtk'))('dcmdump reads the header that we write', async () => {
  const path = join(tempDir(), 'a.dcm');
  writeFileSync(path, Buffer.concat([encodeFileHeader(meta), Buffer.from('1000200043530200', 'hex'), Buffer.from('P1')]));
  const { stdout, stderr, exitCode } = await run('dcmdump', [path]);
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(stdout).toContain(`[${implementationClassUid}]`);
  expect(stdout).toContain('SendingApplicationEntityTitle');
});
