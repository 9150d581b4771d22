import { stringify } from 'yaml';
import { expect, test } from 'vitest';
import { defaultSettings } from '../../../../src/dicom/settings/model.ts';
import { parseSettings } from '../../../../src/dicom/settings/parse.ts';
import { leafOf, settingRows } from '../../../helpers/dicom-settings.ts';

/** `{a: {b: value}}` from `a.b`. */
function nested(path: string, value: unknown): object {
  return path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object;
}

const tlsKeys = ['certificate', 'key', 'client-ca'];
const single = settingRows.filter(({ leaf, older }) => leaf !== 'scp.tls' && older !== 'dicom.scp.ae-titles');

test.each(single.map((row) => [row.older, row] as const))('%s, in both generations', (_name, { older, later, leaf, written, read }) => {
  const fromYaml = parseSettings(stringify(nested(older, written)), '/f.yaml', 'yaml');
  const fromJson = parseSettings(JSON.stringify({ DicomAdapter: nested(later, written) }), '/f.json', 'json');
  for (const { settings, findings } of [fromYaml, fromJson]) {
    expect(findings).toEqual([]);
    expect(leafOf(settings, leaf)).toEqual(read);
  }
  expect(leafOf(defaultSettings, leaf), 'a value that is not the default').not.toEqual(read);
});

test('TLS, in both generations', () => {
  const rows = settingRows.filter(({ leaf }) => leaf === 'scp.tls');
  expect(rows.map(({ older }) => older.split('.').at(-1))).toEqual(tlsKeys);
  for (const [key, generation] of [['older', 'yaml'], ['later', 'json']] as const) {
    const tls = Object.fromEntries(rows.map((row) => [row[key].split('.').at(-1)!, row.written]));
    const { settings, findings } = parseSettings(JSON.stringify({ dicom: { scp: { tls } } }), '/f', generation);
    expect(findings).toEqual([]);
    expect(settings.scp.tls).toMatchObject({ certificate: { path: '/c' }, key: { path: '/k' }, clientCa: { path: '/a' } });
  }
});

test('every setting that the adapter reads is documented', () => {
  const leaves = (value: unknown, path: string): string[] => (typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`)) : [path]);
  expect(leaves(defaultSettings, '').filter((leaf) => !settingRows.some((row) => row.leaf === leaf))).toEqual([]);
});
