import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';

/** Findings as `line:column+length code: message`. */
function found(content: string): string[] {
  return loadPipeline([{ path: 'main.yaml', content }]).findings.map(({ line, column, length, code, message }) => `${line}:${column}+${length} ${code}: ${message}`);
}

const start = 'api-version: 0.4.0\nname: x\noperators:\n- name: a\n  container: {image: example/a}\n';

describe('trickery with YAML is one finding, at its place', () => {
  test.each<readonly [string, string, readonly string[]]>([
    ['an empty file', '', ['1:1+1 empty-definition: the file holds no definition']],
    ['blanks', ' \n\n  \n', ['1:1+1 empty-definition: the file holds no definition']],
    ['a byte-order mark alone', '\uFEFF', ['1:1+1 empty-definition: the file holds no definition']],
    ['comments', '# a\n# b\n', ['1:1+1 empty-definition: the file holds no definition']],
    ['a document start', '---\n', ['1:1+1 empty-definition: the file holds no definition']],
    ['null', '~\n', ['1:1+1 empty-definition: the file holds no definition']],
    ['a list as root', '- a\n- b\n', ['1:1+3 not-a-mapping: a definition is an object of properties, this file is a list']],
    ['a text as root', 'hello\n', ['1:1+5 not-a-mapping: a definition is an object of properties, this file is a single value']],
    ['JSON that is a list', '[]', ['1:1+2 not-a-mapping: a definition is an object of properties, this file is a list']],
    ['a tab as indentation', 'name: x\nvariables:\n\ta: 1\n', ['3:1+1 yaml-syntax: tabs are not allowed as indentation']],
    ['an open quote', 'name: "x\n', ['2:1+1 yaml-syntax: missing closing "quote']],
    ['an open list', 'name: [x\n', ['2:1+1 yaml-syntax: flow sequence in block collection must be sufficiently indented and end with a ]']],
    ['a colon in a text', 'name: a: b\n', ['1:7+1 yaml-syntax: nested mappings are not allowed in compact mappings']],
    ['a property at the wrong indent', 'name: x\n description: y\n', ['1:7+1 yaml-syntax: nested mappings are not allowed in compact mappings']],
    ['an anchor', 'name: &a x\n', ['1:7+2 yaml-anchor: the YAML anchor "&a" is not allowed in a definition']],
    ['an alias', 'name: *a\n', ['1:7+2 yaml-anchor: the YAML alias "*a" is not allowed in a definition']],
    ['a merge key', 'a: &a {x: 1}\nb: {<<: *a}\n', ['1:4+2 yaml-anchor: the YAML anchor "&a" is not allowed in a definition', '2:9+2 yaml-anchor: the YAML alias "*a" is not allowed in a definition']],
    ['a tag', 'name: !!js/function x\n', ['1:7+13 yaml-tag: the YAML tag "!!js/function" is not allowed: every value is text']],
    ['a tag on the root', '!<tag:yaml.org,2002:map>\nname: x\n', ['1:1+24 yaml-tag: the YAML tag "!<tag:yaml.org,2002:map>" is not allowed: every value is text']],
    ['a tag directive', '%TAG ! tag:example.com,2000:\n---\nname: x\n', ['1:1+28 yaml-syntax: the YAML directive "%TAG ! tag:example.com,2000:" is not allowed in a definition']],
    ['two documents', 'name: x\n---\nname: y\n', ['2:1+3 multiple-documents: a second YAML document starts here; a definition is one document']],
    ['an end and a second document', 'name: x\n...\nname: y\n', ['3:1+1 multiple-documents: a second YAML document starts here; a definition is one document']],
    ['two document starts', '---\n---\n', ['2:1+3 multiple-documents: a second YAML document starts here; a definition is one document']],
    ['a list as key', `${start}  variables: {[a]: 1}\n`, ['6:15+3 bad-key: a property needs a name in front of the ":"']],
    ['an empty key', `${start}  variables: {"": 1}\n`, ['6:15+2 bad-key: a property needs a name in front of the ":"']],
    ['a key twice', `${start}  container: {image: example/b}\n`, ['6:3+9 duplicate-key: the property "container" is already set in line 5']],
    ['__proto__ twice', `${start}  variables: {__proto__: 1, __proto__: 2}\n`, ['6:29+9 duplicate-key: the property "__proto__" is already set in line 6']],
    ['a quoted key twice', `${start}  "container": {}\n`, ['6:3+11 duplicate-key: the property "container" is already set in line 5']],
    ['a control character', `${start}  description: a\u0007b\n`, ['6:17+1 not-text: a control character ("\\u0007") stands in the text']],
    ['an escape sequence', '\u001b[31mname: x\n', ['1:1+1 not-text: a control character ("\\u001b") stands in the text']],
    ['UTF-16', [...'name: x\n'].join('\0') + '\0', ['1:2+1 not-text: the file is UTF-16; a definition is UTF-8 text']],
    ['a lost character', `${start}  description: caf\uFFFD\n`, ['6:19+1 not-utf8: the file is not valid UTF-8; a character was lost here']],
  ])('%s', (_, content, expected) => {
    expect(found(content)).toEqual(expected);
  });
});

describe('ways to write YAML make no difference', () => {
  const plain = loadPipeline([{ path: 'main.yaml', content: start }]).pipeline;

  test.each([
    ['a byte-order mark', `\uFEFF${start}`],
    ['CRLF', start.replaceAll('\n', '\r\n')],
    ['comments and blank lines', `# one\n\n${start.replaceAll('\n', ' # two\n\n')}`],
    ['a document start and end', `%YAML 1.2\n---\n${start}...\n`],
    ['YAML 1.1', `%YAML 1.1\n---\n${start}`],
    ['quotes', start.replace(/: ?([a-z0-9./]+)$/gm, ': "$1"').replaceAll('name', "'name'")],
    ['JSON', '{"api-version": "0.4.0", "name": "x", "operators": [{"name": "a", "container": {"image": "example/a"}}]}'],
    ['no line end at the end', start.trimEnd()],
    ['deep indentation', start.replace(/^(- name|  container)/gm, '      $1')],
  ])('%s', (_, content) => {
    const { pipeline, findings } = loadPipeline([{ path: 'main.yaml', content }]);
    expect(findings).toEqual([]);
    expect(pipeline).toEqual(plain);
  });
});

test.each([
  ['name: x\nvariables:\n\ta: 1\n', 'indent with spaces, not with tabs'],
  ['name: a: b\n', 'put quotes around a text that has ": " in it'],
  ['name: x\n description: y\n', 'begin the properties of one object in the same column'],
  ['command: [--level, ${{ LEVEL }}]\n', 'inside [ ] and { } a placeholder needs quotes: "${{ NAME }}"'],
  ['name: @x\n', 'put quotes around the text'],
  ['name: * x\n', 'put quotes around a "*"'],
  ['name: &a x\n', 'write the value out, or use a parameter'],
])('%j gets the help that it needs', (content, help) => {
  expect(loadPipeline([{ path: 'main.yaml', content }]).findings[0]?.help).toBe(help);
});

test.each([
  ['18.04', '18.04'], ['1.10', '1.10'], ['0.7.0', '0.7.0'], ['yes', 'yes'], ['0x10', '0x10'], ['1e3', '1e3'], ['007', '007'], ['5.', '5.'], ['1_000', '1_000'],
  ['2020-01-01', '2020-01-01'], ['on', 'on'], ['True', 'True'], ["'18.04'", '18.04'], ['"1.10"', '1.10'], ['"\\x31\\u0030"', '10'], ['12345678901234567890', '12345678901234567890'], ['Infinity', 'Infinity'],
  ['null', 'latest'], ['~', 'latest'], ['', 'latest'], ['""', 'latest'], ['"null"', 'null'],
])('tag: %s is %s', (written, text) => {
  const { pipeline, findings } = loadPipeline([{ path: 'main.yaml', content: start.replace('a}', `a, tag: ${written}}`) }]);
  expect(findings).toEqual([]);
  expect(pipeline?.operators[0]?.container.tag).toBe(text);
});

test('text in all styles of YAML arrives as it is meant', () => {
  const content = `${start}  variables:
    PLAIN: two
      lines
    FOLDED: >
      one
      line
    KEPT: |
      two
      lines
    STRIPPED: |-
      none
    SINGLE: 'it''s'
    DOUBLE: "a\\tb"
    NOTHING:
    NULL: null
    TILDE: ~
    TRUE: true
    __proto__: mine
    constructor: too
`;
  const variables = loadPipeline([{ path: 'main.yaml', content }]).pipeline?.operators[0]?.variables;
  expect(Object.entries(variables ?? {})).toEqual([
    ['PLAIN', 'two lines'], ['FOLDED', 'one line\n'], ['KEPT', 'two\nlines\n'], ['STRIPPED', 'none'], ['SINGLE', "it's"], ['DOUBLE', 'a\tb'],
    ['NOTHING', ''], ['NULL', 'null'], ['TILDE', '~'], ['TRUE', 'true'], ['__proto__', 'mine'], ['constructor', 'too'],
  ]);
  expect(Object.getPrototypeOf(variables)).toBeNull();
});

test('columns count characters, whatever their size', () => {
  expect(found(`${start}  "😀😀": 1\n`)).toEqual(['6:3+4 unknown-property: operator "a" has no property "😀😀"; it is ignored']);
  expect(found(`${start}  variables: {"😀é漢": 1, A=B: 2}\n`).at(-1)).toBe('6:25+3 bad-variable: no environment variable can be named "A=B"');
  expect(found(`\uFEFFnaem: 1\n`)[0]).toBe('1:1+4 missing-property: the pipeline has no "api-version"');
});
