import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compileDefinition, type CompileOptions } from '../../../src/pipeline/compile.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';

const files = [
  {
    path: 'main.yaml',
    content: `api-version: 0.6.0
name: main # a comment
parameters: {LEVEL: 1.50, kind: "a b", which: reader}
variables: {MODE: yes, TEXT: "null", none: ~, empty: }
operators:
- name: first
  import:
    path: parts/\${{ which }}.yaml
    args: {n: "\${{ LEVEL }}", other: 0x10}
  variables: {KIND: "\${{ kind }}"}
- name: second
  parameters: {own: mine}
  container: {image: b, tag: 18.04, command: ["\${{ own }} \${{ LEVEL }}", "\${{ kind }}", "", "# no comment", "two\\nlines"]}
  requests: {cpu: 2}
  services:
  - import: {path: parts/service.yaml}
  input:
  - {from: first, name: scan, type: array, element-type: f32, shape: [-1, 3]}
  output:
  - {name: o, path: /o, type: stream, element-type: "*"}
`,
  },
  { path: 'parts/reader.yaml', content: 'api-version: 0.5.0\nname: reader\nparameters: {n: 0, other: 1}\ncontainer:\n  image: r\n  command: ["${{ n }}", \'${{ other }}\']\noutput:\n- {name: scan, type: array, element-type: f32, shape: [-1, 3]}\n' },
  { path: 'parts/service.yaml', content: 'name: s\ncontainer: {image: s}\nconnections: {http: [{name: S, port: 8000}]}\n' },
];

function compile(options: Partial<CompileOptions> = {}, from = files): string {
  return compileDefinition(from, { resolveImports: true, arguments: {}, variables: {}, ...options });
}

function pipelineOf(given: typeof files, passed: Readonly<Record<string, string>> = {}) {
  const { pipeline, findings } = loadPipeline(given, { arguments: passed });
  expect(findings.filter(({ code }) => code !== 'deprecated-services')).toEqual([]);
  return pipeline;
}

const one = (content: string) => [{ path: 'compiled.yaml', content }];

test('one document that means the same', () => {
  expect(pipelineOf(one(compile()))).toEqual(pipelineOf(files));
});

test('placeholders of the pipeline stay, those of other documents are filled in', () => {
  expect(compile()).toContain('- "${{ LEVEL }}"');
  expect(compile()).toContain('KIND: "${{ kind }}"');
  expect(compile()).not.toMatch(/\$\{\{ ?(n|own|other) ?\}\}/);
  expect(pipelineOf(one(compile()), { LEVEL: '9', KIND: 'k' })).toEqual(pipelineOf(files, { LEVEL: '9', kind: 'k' }));
});

test('a value is filled in and no longer declared; a variable is replaced', () => {
  const text = compile({ arguments: { LEVEL: '7', kind: 'null' }, variables: { MODE: 'no: way' } });
  expect(parse(text)).toMatchObject({ parameters: { which: 'reader' }, variables: { MODE: 'no: way', TEXT: 'null', none: null, empty: null } });
  expect(text).not.toContain('LEVEL }}');
  const pipeline = pipelineOf(one(text));
  expect(pipeline?.operators[0]).toMatchObject({ container: { command: ['7', '0x10'] }, variables: { KIND: 'null' } });
  expect(Object.keys(parse(compile({ arguments: { LEVEL: '7', kind: 'x', which: 'reader' } })) as object)).not.toContain('parameters');
});

test('a missing name is null, as the compiler of the original wrote it', () => {
  const text = compile({}, one('api-version: 0.4.0\nname: x\noperators:\n- {name: a, container: {image: a}, input: [{path: /i}], output: [{path: /o}]}\n'));
  expect(parse(text)).toMatchObject({ operators: [{ input: [{ name: null, path: '/i' }], output: [{ name: null, path: '/o' }] }] });
});

test('imports stay where they are not to be resolved', () => {
  const text = compile({ resolveImports: false });
  expect(parse(text)).toMatchObject({ operators: [{ import: { path: 'parts/${{ which }}.yaml' } }, { services: [{ import: { path: 'parts/service.yaml' } }] }] });
  expect(pipelineOf([...one(text), ...files.slice(1)])).toEqual(pipelineOf(files));
});

describe('text comes out as it was', () => {
  test.each(['18.04', '1.10', '0.7.0', 'yes', '0x10', '1e3', '~x', '007', '.5', '2026-01-01', "'1'", '"1"', '"~"', '"a: b"', '"- a"', '"#"', '" a "', '"tab\\there"', '"ü😀"', '|\n      a\n       b\n', '>\n      folded\n      text\n', "'it''s'", '"\\\\ \\""', 'a:b', 'http://x/#y', '"@x"', '"%x"', '"`x"', '"{a}"', '"null"', '""', '"\\n"'])('%j', (written) => {
    const content = `api-version: 0.4.0\nname: x\noperators:\n- name: a\n  container: {image: a}\n  variables:\n    V: ${written}\n`;
    expect(pipelineOf(one(compile({}, one(content))))).toEqual(pipelineOf(one(content)));
  });

  test('quotes keep what a reader that knows numbers would take for one', () => {
    const text = compile({}, one('api-version: 0.4.0\nname: x\noperators:\n- name: a\n  container: {image: a, tag: "1.10"}\n  requests: {cpu: 2}\n'));
    expect(parse(text)).toMatchObject({ operators: [{ container: { tag: '1.10' }, requests: { cpu: 2 } }] });
  });
});
