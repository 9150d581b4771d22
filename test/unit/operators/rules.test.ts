import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { type ClaraError } from '../../../src/core/errors.ts';
import { createSelector, meets } from '../../../src/operators/selection/evaluate.ts';
import { findRules } from '../../../src/operators/selection/find-rules.ts';
import { readRules } from '../../../src/operators/selection/read-rules.ts';
import { type Attributes } from '../../../src/operators/metadata/json-model.ts';
import { folderOf } from '../../helpers/files.ts';
import { root } from '../../helpers/run.ts';

const attributes: Attributes = {
  '00080008': { vr: 'CS', Value: ['ORIGINAL', 'PRIMARY', 'AXIAL'] },
  '00080020': { vr: 'DA', Value: ['20210304'] },
  '00080060': { vr: 'CS', Value: ['CT'] },
  '0008103E': { vr: 'LO', Value: ['Thorax  1.5  B70f (axial)'] },
  '00081140': { vr: 'SQ', Value: [{ '00080060': { vr: 'CS', Value: ['MR'] } }] },
  '00100010': { vr: 'PN', Value: [{ Alphabetic: 'Yamada^Tarou', Ideographic: '山田^太郎' }] },
  '00180050': { vr: 'DS', Value: [1.5] },
  '00180081': { vr: 'DS', Value: ['about 5'] },
  '00200011': { vr: 'IS', Value: [3] },
  '00280030': { vr: 'DS', Value: [0.5, 0.7] },
  '00321070': { vr: 'LO' },
  '52009229': { vr: 'SQ', Value: [{ '00289110': { vr: 'SQ', Value: [{ '00180088': { vr: 'DS', Value: [2] } }] } }] },
};

function isMet(conditions: object): boolean {
  return meets(attributes, readRules(JSON.stringify({ selections: [{ conditions }] }), 'x').selections[0]!);
}

test.each([
  [{}, true],
  // Texts: without regard to case and the spaces around.
  [{ Modality: 'CT' }, true], [{ Modality: ' ct ' }, true], [{ Modality: 'C' }, false], [{ Modality: 'CTA' }, false],
  [{ ImageType: 'AXIAL' }, true], [{ ImageType: 'LOCALIZER' }, false],
  // Attributes by number.
  [{ '00080060': 'CT' }, true], [{ '(0008,0060)': 'CT' }, true], [{ '0008103e': '/thorax/i' }, true],
  // Several values: all of a list, one of several.
  [{ ImageType: ['axial', 'ORIGINAL'] }, true], [{ ImageType: ['AXIAL', 'DERIVED'] }, false],
  [{ ImageType: { any: ['DERIVED', 'AXIAL'] } }, true], [{ Modality: { any: ['MR', 'PT'] } }, false],
  [{ ImageType: { not: { any: ['LOCALIZER', 'DERIVED'] } } }, true], [{ ImageType: { not: 'axial' } }, false],
  [{ ImageType: [{ not: 'LOCALIZER' }, '/^AX/'] }, true],
  // Regular expressions, anywhere in a value.
  [{ SeriesDescription: '/b70f/i' }, true], [{ SeriesDescription: '/b70f/' }, false], [{ SeriesDescription: '/^Thorax.*\\)$/' }, true], [{ SeriesDescription: '/(sag|cor)/i' }, false],
  [{ SeriesDescription: '/a/b/' }, false],
  // Numbers.
  [{ SliceThickness: 1.5 }, true], [{ SliceThickness: '1.50' }, true], [{ SliceThickness: '<= 1.5' }, true], [{ SliceThickness: '< 1.5' }, false],
  [{ SliceThickness: '>=1.5' }, true], [{ SliceThickness: '> 1.5' }, false], [{ SliceThickness: '1..2' }, true], [{ SliceThickness: '-1 .. 1.4' }, false],
  [{ SliceThickness: ['> 1', '< 2'] }, true], [{ SeriesNumber: 3 }, true], [{ SeriesNumber: '3' }, true], [{ PixelSpacing: '> 0.6' }, true], [{ PixelSpacing: { not: '> 0.6' } }, false],
  [{ StudyDate: '>= 20210101' }, true], [{ StudyDate: '20210304' }, true], [{ Modality: '> 0' }, false], [{ RepetitionTime: '> 0' }, false], [{ EchoTime: 5 }, false],
  // Presence: an empty attribute is as if it were not there.
  [{ Modality: true }, true], [{ RequestedContrastAgent: true }, false], [{ RequestedContrastAgent: false }, true], [{ BodyPartExamined: false }, true], [{ ReferencedImageSequence: true }, true],
  [{ BodyPartExamined: 'HEAD' }, false], [{ BodyPartExamined: { not: 'HEAD' } }, true],
  // Names, each way to write them.
  [{ PatientName: 'yamada^tarou' }, true], [{ PatientName: '/太/' }, true],
  // What frames share, but not what other sequences hold.
  [{ SpacingBetweenSlices: 2 }, true], [{ Modality: 'MR' }, false],
  // All conditions together.
  [{ Modality: 'CT', SliceThickness: '< 2' }, true], [{ Modality: 'CT', SliceThickness: '> 2' }, false],
])('%j: %s', (conditions, expected) => {
  expect(isMet(conditions)).toBe(expected);
});

test('a regular expression that would take other engines years takes none', () => {
  const rules = readRules(JSON.stringify({ selections: [{ conditions: { SeriesDescription: '/^(a+)+$/', StudyDescription: '/(x*)*y/' } }] }), 'x');
  const long = { '0008103E': { vr: 'LO', Value: [`${'a'.repeat(5000)}!`] }, '00081030': { vr: 'LO', Value: ['x'.repeat(5000)] } };
  expect(meets(long, rules.selections[0]!)).toBe(false);
});

test('a series is selected by how many of its instances meet the conditions', () => {
  const rules = readRules(JSON.stringify({
    selections: [
      { name: 'any', conditions: { ImageType: 'AXIAL' } }, { name: 'many', conditions: { ImageType: 'AXIAL' }, instances: '>= 3' },
      { name: 'exactly two', conditions: { ImageType: 'AXIAL' }, instances: 2 }, { name: 'none', conditions: { ImageType: 'LOCALIZER' }, instances: 0 },
    ],
  }), 'x');
  const selector = createSelector(rules);
  const show = (uid: string, ...types: readonly string[]) => types.forEach((type) => selector.show(uid, { '00080008': { vr: 'CS', Value: [type] } }));
  show('1', 'AXIAL', 'LOCALIZER', 'AXIAL');
  show('2', 'LOCALIZER');
  show('3', 'AXIAL', 'AXIAL', 'AXIAL');
  expect(Object.fromEntries(selector.result())).toEqual({ 1: ['any', 'exactly two'], 2: [], 3: ['any', 'many', 'none'] });
});

test('names are given to those that have none', () => {
  expect(readRules('{"selections": [{"conditions": {}}, {"name": "b", "conditions": {}}]}', 'x').selections.map(({ name }) => name)).toEqual(['selection 1', 'b']);
});

test.each(['', '  \n', '# nothing yet\n', 'null', '{"selections": []}', '\ufeff{"selections": []}'])('%j has no selections', (text) => {
  expect(readRules(text, 'x').selections).toEqual([]);
});

const isSchematic = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(JSON.parse(readFileSync(join(root, 'templates/selection-rules.schema.json'), 'utf8')) as object);

/** The problems of a text of rules, without its name. */
function problems(text: string): readonly string[] {
  try {
    readRules(text, 'r.json');
  } catch (error) {
    expect(error).toMatchObject({ kind: 'usage' });
    return (error as ClaraError).details.map((line) => line.replace(/^r\.json:/, ''));
  }
  return [];
}

const condition = (json: string) => `{"selections": [\n{"conditions": {\n"Modality": ${json}}}]}`;

describe('what is wrong is told with its place', () => {
  test.each([
    ['[]', ['1:1: rules are an object: {"selections": [...]}']],
    ['"x"', ['1:1: rules are an object: {"selections": [...]}']],
    ['{}', ['1:1: there is no "selections"']],
    ['{"selection": []}', ['1:2: "selection" is no property of the rules; did you mean "selections"?']],
    ['{"selections": {}}', ['1:16: "selections" is a list: [{"name": ..., "conditions": {...}}]']],
    ['{"selections": [1]}', ['1:17: a selection is an object: {"name": ..., "conditions": {...}}']],
    ['{"selections": [{}]}', ['1:17: selection 1: there are no "conditions"; {} is met by every series']],
    ['{"selections": [{"name": 5, "conditions": []}]}', ['1:26: "name" is a text', '1:43: "conditions" is an object: {"Modality": "CT"}']],
    ['{"selections": [{"conditions": {}, "instances": "many"}]}', ['1:49: "instances" is a number or a range of numbers: ">= 20", "10..500"']],
    ['{"selections": [{"conditions": {"Modalty": "CT"}}]}', ['1:33: there is no DICOM attribute "Modalty"; did you mean "Modality"?']],
    ['{"selections": [{"conditions": {"modality": "CT"}}]}', ['1:33: there is no DICOM attribute "modality"; did you mean "Modality"?']],
    ['{"selections": [{"conditions": {"toString": 1}}]}', ['1:33: there is no DICOM attribute "toString"; did you mean "TextString"?']],
    ['{"selections": [{"conditions": {"0019100C": 1, "PixelData": true}}]}', [
      '1:33: 0019100C is not in dicom-metadata.json, which leaves out private attributes and bulk data', '1:48: PixelData is not in dicom-metadata.json, which leaves out private attributes and bulk data',
    ]],
    ['{"selections": [{"conditions": {"Modality": "CT", "Modality": "MR"}}]}', ['1:51: "Modality" is there twice']],
    [condition('null'), ['3:13: a condition is a text, a number, true, false, a list, {"any": [...]} or {"not": ...}']],
    [condition('[]'), ['3:13: an empty list is no condition']],
    [condition('""'), ['3:13: an empty text is no condition; false is met where there is no value']],
    [condition('"> many"'), ['3:13: "> many" compares with no number']],
    [condition('"5..1"'), ['3:13: "5..1" is met by no number: 5 is above 1']],
    [condition('"/(/"'), ['3:13: error parsing regexp: missing closing ): `(`']],
    [condition('"/a/g"'), ['3:13: a regular expression has no flag g; there are i, m and s']],
    [condition('"(?i)^ct"'), ['3:13: "(?i)^ct" looks like a regular expression, which stands between slashes: "/(?i)^ct/"']],
    [condition('{"all": ["CT"]}'), ['3:14: "all" is no property of a condition; there are "any", "not"']],
    [condition('{"any": "CT"}'), ['3:21: "any" is a list']],
    [condition('{"any": ["CT"], "not": "MR"}'), ['3:13: a condition that is an object is {"any": [...]} or {"not": ...}']],
    [condition('{"not": ["CT", "> x", "/[/"]}'), ['3:22: "> x" compares with no number'.replace('22', '28'), expect.stringMatching(/^3:35: error parsing regexp: missing closing \]/) as string]],
    [condition('CT'), ['3:13: "CT" is neither a text in quotes nor a number, true or false']],
  ])('%s', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });

  test.each(['/(?=a)/', '/(?<!a)b/', '/(a)\\\\1/'])('%s is not of RE2', (expression) => {
    expect(problems(condition(JSON.stringify(expression).replaceAll('\\\\\\\\', '\\\\')))).toEqual([expect.stringMatching(/^3:13: error parsing regexp.*\(look-ahead, look-behind and back references are not supported\)$/)]);
  });

  test('everything at once, in order', () => {
    expect(problems('{"selections": [{"nam": "a", "conditions": {"Modalty": "CT",\n "Rows": "/(/", "SliceThickness": ">"}},\n{"conditions": 1}]}').map((line) => line.split(' ')[0])).toEqual(['1:18:', '1:45:', '2:10:', '2:35:', '3:16:']);
  });

  test.each([
    ['{"selections": [', /^1:17: /], ['{"a": "\\d"}', /Invalid escape/], [`{"selections": ${'['.repeat(200)}`, /nested more than 100 deep/], [`"${'x'.repeat(300_000)}"`, /more than 256 KiB/],
    ['{"selections": &a [*a]}', /1:/], ['{"selections": [{"conditions": {"Modality": *x}}]}', /1:/],
  ])('%.40s', (text, expected) => {
    expect(problems(text)[0]).toMatch(expected);
  });
});

describe('where rules come from', () => {
  const rules = '{"selections": [{"name": "%", "conditions": {}}]}';
  const named = (name: string) => rules.replace('%', name);
  const base64 = (name: string) => Buffer.from(named(name)).toString('base64');
  const folder = () => folderOf({ 'flag.json': named('flag file'), 'variable.json': named('variable file'), 'empty.json': '' });

  test.each([
    ['nothing', {}, { kind: 'none' }],
    ['a variable', { variable: { rules: 'variable.json' } }, 'variable file'],
    ['Base64 wins over a file', { variable: { rules: 'variable.json', 'rules-base64': base64('variable text') } }, 'variable text'],
    ['a flag wins over Base64 in a variable', { variable: { 'rules-base64': base64('variable text') }, flag: { rules: 'flag.json' } }, 'flag file'],
    ['Base64 in a flag wins', { variable: { 'rules-base64': '' }, flag: { rules: 'flag.json', 'rules-base64': base64('flag text') } }, 'flag text'],
    ['JSON in place of Base64', { variable: { 'rules-base64': ` ${named('plain')}` } }, 'plain'],
    ['Base64 for URLs, in lines', { variable: { 'rules-base64': base64('??>>~').replaceAll('+', '-').replaceAll('/', '_').replace(/(.{20})/g, '$1\n') } }, '??>>~'],
    ['an empty Base64 means no selection', { variable: { rules: 'variable.json', 'rules-base64': '' } }, { kind: 'empty', source: 'NVIDIA_CLARA_SELECTION_RULES_BASE64' }],
    ['an empty flag', { variable: { rules: 'variable.json' }, flag: { rules: '' } }, { kind: 'empty', source: '--rules' }],
    ['an empty file', { flag: { rules: 'empty.json' } }, { kind: 'empty' }],
  ])('%s', async (_, origins: { readonly flag?: Record<string, string>; readonly variable?: Record<string, string> }, expected) => {
    const place = folder();
    const absolute = (values: Record<string, string> = {}) => (values['rules'] ? { ...values, rules: join(place, values['rules']) } : values);
    const [flag, variable] = [absolute(origins.flag), absolute(origins.variable)];
    const found = await findRules({ rules: undefined, 'rules-base64': undefined, ...variable, ...flag }, (option) => (flag[option] !== undefined ? 'flag' : variable[option] !== undefined ? 'variable' : undefined));
    if (typeof expected === 'string') expect(found).toMatchObject({ kind: 'rules', rules: { selections: [{ name: expected }] } });
    else expect(found).toMatchObject(expected);
  });

  test.each([
    [{ rules: '/nowhere/rules.json' }, 'not-found', 'cannot read the selection rules /nowhere/rules.json (it does not exist)'],
    [{ 'rules-base64': '%%%' }, 'usage', '--rules-base64 is neither Base64 nor JSON'],
    [{ 'rules-base64': Buffer.from([0xff, 0xfe]).toString('base64') }, 'usage', 'the selection rules of --rules-base64 are not UTF-8 text'],
  ])('%j is refused', async (flags: Record<string, string>, kind, message) => {
    await expect(findRules({ rules: undefined, 'rules-base64': undefined, ...flags }, (option) => (flags[option] === undefined ? undefined : 'flag'))).rejects.toMatchObject({ kind, message });
  });
});

test('the examples of the page are rules, and they and its conditions are what the published schema allows', () => {
  const page = readFileSync(join(root, 'docs/selection-rules.md'), 'utf8');
  const examples = [...page.matchAll(/```json\n([^]*?)```/g)].map(([, text]) => text!);
  expect(examples).not.toEqual([]);
  for (const example of examples) {
    expect(readRules(example, 'docs').selections.length, example).toBeGreaterThan(0);
    expect(isSchematic(JSON.parse(example)), example).toBe(true);
  }
  // Each row of the table of conditions.
  const values = [...page.matchAll(/^\| `("[^`]*"|[[{\d][^`]*|true|false)` \|/gm)].map(([, text]) => text!.replaceAll('\\|', '|'));
  expect(values.length).toBeGreaterThan(8);
  for (const value of values) {
    expect(problems(condition(value)), value).toEqual([]);
    expect(isSchematic(JSON.parse(condition(value))), value).toBe(true);
  }
});

test.each([
  '[]', '{}', '{"selection": []}', '{"selections": {}}', '{"selections": [{}]}', '{"selections": [{"name": 5, "conditions": {}}]}', '{"selections": [{"conditions": {}, "instances": "many"}]}',
  '{"selections": [{"conditions": {}, "nam": "x"}]}', ...['null', '[]', '""', '{"all": ["CT"]}', '{"any": "CT"}', '{"any": ["CT"], "not": "MR"}', '"/a/g"', '"> many"'].map((value) => condition(value)),
])('the published schema refuses %s, as the operators do', (text) => {
  expect(isSchematic(JSON.parse(text))).toBe(false);
  expect(problems(text)).not.toEqual([]);
});
