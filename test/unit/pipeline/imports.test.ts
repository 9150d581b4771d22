import { describe, expect, test } from 'vitest';
import { importTarget, normalPath } from '../../../src/pipeline/imports/import-path.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';

type Files = Readonly<Record<string, string>>;

const head = 'api-version: 0.4.0\nname: x\n';
const reader = 'api-version: 0.4.0\nname: reader\nparameters: {ext: dcm, level: 1}\ncontainer:\n  image: example/reader\n  tag: 1.10\n  command: ["--ext=${{ ext }}", "--level=${{LEVEL}}"]\nvariables: {A: 1, B: 2}\ninput:\n- path: /input\noutput:\n- path: /output\n';

function load(main: string, files: Files = {}, path = 'main.yaml') {
  return loadPipeline([{ path, content: head + main }, ...Object.entries(files).map(([name, content]) => ({ path: name, content }))]);
}

/** Findings as `file:line <underlined> code operator: message (help)`. */
function found(main: string, files: Files = {}, path = 'main.yaml'): string[] {
  const texts: Files = { ...files, [path]: head + main };
  return load(main, files, path).findings.map(({ file, line, column, length, code, operator, message, help }) =>
    `${file}:${line} <${(texts[file] ?? '').split('\n')[line - 1]?.slice(column - 1, column - 1 + length)}> ${code} ${operator ?? '-'}: ${message}${help === undefined ? '' : ` (${help})`}`);
}

describe('an import stands for an operator', () => {
  test.each([
    ['nested', 'operators:\n- import: {path: parts/reader.yaml}\n'],
    ['bare', 'operators:\n- path: parts/reader.yaml\n'],
    ['with "./"', 'operators:\n- import: {path: ./parts/../parts//reader.yaml}\n'],
  ])('%s', (_, main) => {
    const { pipeline, findings, files } = load(main, { 'parts/reader.yaml': reader });
    expect(findings).toEqual([]);
    expect(pipeline?.operators).toEqual([{
      name: 'reader', description: '', container: { image: 'example/reader', tag: '1.10', command: ['--ext=dcm', '--level=1'] },
      inputs: [{ from: undefined, name: '', path: '/input' }], outputs: [{ name: '', path: '/output' }],
      requests: { cpu: undefined, gpu: undefined, memory: undefined }, variables: { A: '1', B: '2' }, models: [], services: [],
    }]);
    expect(files.map(({ path }) => path)).toEqual(['main.yaml', 'parts/reader.yaml']);
  });

  test('as often as it is needed, each time with its own arguments and name', () => {
    const { pipeline, findings } = load('parameters: {kind: nii}\noperators:\n- name: first\n  import: {path: r.yaml, args: {EXT: "${{ kind }}", level: 2.50}}\n- name: Second\n  path: r.yaml\n  args: {ext: a b}\n  input: [{from: FIRST, path: /in}]\n', { 'r.yaml': reader });
    expect(findings).toEqual([]);
    expect(pipeline?.operators.map(({ name, container, inputs }) => [name, container.command, inputs[0]?.from])).toEqual([
      ['first', ['--ext=nii', '--level=2.50'], undefined],
      ['Second', ['--ext=a b', '--level=1'], 'first'],
    ]);
  });

  test('what stands beside it replaces, and merges nothing', () => {
    const { pipeline, findings } = load('operators:\n- name: other\n  import: {path: r.yaml}\n  container: {image: example/other}\n  variables: {C: 3}\n  output:\n  requests: {cpu: 2}\n', { 'r.yaml': reader });
    expect(findings).toEqual([]);
    expect(pipeline?.operators[0]).toMatchObject({ name: 'other', container: { image: 'example/other', tag: 'latest', command: [] }, variables: { C: '3' }, outputs: [], requests: { cpu: 2 } });
    expect(pipeline?.operators[0]?.inputs).toHaveLength(1);
  });

  test('parameters of the pipeline are unknown in the file, and those beside the import too', () => {
    const files = { 'a.yaml': 'name: a\ncontainer: {image: a, command: ["${{ OUTER }}", "${{ BESIDE }}"]}\n' };
    expect(found('parameters: {OUTER: 1}\noperators:\n- import: {path: a.yaml}\n  parameters: {BESIDE: 2}\n', files).map((line) => line.split(' (')[0])).toEqual([
      'a.yaml:2 <${{ OUTER }}> unknown-placeholder -: the placeholder "${{ OUTER }}" names no declared parameter',
      'a.yaml:2 <${{ BESIDE }}> unknown-placeholder -: the placeholder "${{ BESIDE }}" names no declared parameter',
    ]);
  });

  test('parameters beside the import are for its arguments and properties', () => {
    const { pipeline, findings } = load('operators:\n- parameters: {which: png}\n  import: {path: r.yaml, args: {ext: "${{ which }}"}}\n  variables: {W: "${{ which }}"}\n', { 'r.yaml': reader });
    expect(findings).toEqual([]);
    expect(pipeline?.operators[0]).toMatchObject({ container: { command: ['--ext=png', '--level=1'] }, variables: { W: 'png' } });
  });

  test('a placeholder in an argument is filled once and not looked at again', () => {
    const { pipeline, findings } = loadPipeline([
      { path: 'main.yaml', content: `${head}parameters: {P: x}\noperators:\n- import: {path: r.yaml, args: {ext: "\${{P}}"}}\n` }, { path: 'r.yaml', content: reader },
    ], { arguments: { P: '${{ LEVEL }}' } });
    expect(findings).toEqual([]);
    expect(pipeline?.operators[0]?.container.command[0]).toBe('--ext=${{ LEVEL }}');
  });

  test('the path may have a placeholder', () => {
    const files = { 'parts/a.yaml': 'name: a\ncontainer: {image: a}\n', 'parts/b.yaml': 'name: b\ncontainer: {image: b}\n' };
    const given = [{ path: 'main.yaml', content: `${head}parameters: {which: a}\noperators:\n- import: {path: "parts/\${{ which }}.yaml"}\n` }, ...Object.entries(files).map(([path, content]) => ({ path, content }))];
    expect(loadPipeline(given).pipeline?.operators[0]?.name).toBe('a');
    expect(loadPipeline(given, { arguments: { which: 'b' } }).pipeline?.operators[0]?.name).toBe('b');
  });
});

describe('files that import files', () => {
  test('paths are relative to the importing file, overrides are from the outside in', () => {
    const { pipeline, findings } = load('operators:\n- import: {path: sub/one.yaml, args: {n: 7}}\n', {
      'sub/one.yaml': 'parameters: {n: 1}\nname: one\nvariables: {V: outer}\nimport:\n  path: deeper/two.yaml\n  args: {n: "${{ n }}0"}\n',
      'sub/deeper/two.yaml': 'parameters: {n: 2}\nname: two\ndescription: inner\nvariables: {V: inner}\nimport: {path: ../../r.yaml, args: {level: "${{ n }}"}}\n',
      'r.yaml': reader,
    });
    expect(findings).toEqual([]);
    expect(pipeline?.operators[0]).toMatchObject({ name: 'one', description: 'inner', variables: { V: 'outer' }, container: { command: ['--ext=dcm', '--level=70'] } });
  });

  test('the main file may lie in a folder', () => {
    expect(found('operators:\n- import: {path: ../parts/r.yaml}\n', { 'parts/r.yaml': reader }, 'pipelines/main.yaml')).toEqual([]);
  });

  test('files are written with "/" or with "\\"', () => {
    expect(found('operators:\n- import: {path: parts/r.yaml}\n', { '.\\parts\\r.yaml': reader })).toEqual([]);
  });

  test('a chain of 100', () => {
    const files = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`p${index}.yaml`, index === 99 ? reader : `import: {path: p${index + 1}.yaml}\n`]));
    expect(load('operators:\n- import: {path: p0.yaml}\n', files)).toMatchObject({ findings: [], pipeline: { operators: [{ name: 'reader' }] } });
  });

  test('a chain of 300 is too deep', () => {
    const files = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`p${index}.yaml`, index === 299 ? reader : `import: {path: p${index + 1}.yaml}\n`]));
    expect(load('operators:\n- name: a\n  import: {path: p0.yaml}\n', files).findings.filter(({ severity }) => severity === 'error')).toMatchObject([{ code: 'too-deep', file: 'p255.yaml', operator: 'a', message: 'imports are nested more than 256 deep here' }]);
  });

  test('imports that multiply end soon', () => {
    const twice = (next: string) => `import: {path: ${next}}\nservices:\n- {name: s, import: {path: ${next}}}\n- {name: t, import: {path: ${next}}}\n`;
    const files = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`p${index}.yaml`, index === 59 ? reader : twice(`p${index + 1}.yaml`)]));
    expect(load(`operators:\n${Array.from({ length: 500 }, (_, index) => `- {name: o${index}, import: {path: p0.yaml}}\n`).join('')}`, files).findings.map(({ code }) => code)).toContain('too-large');
  });
});

describe('services are imported the same way', () => {
  const service = 'name: infer\ncontainer: {image: example/infer}\nconnections: {http: [{name: INFER, port: 8000}]}\n';
  const codes = (main: string, files: Files) => found(main, files).filter((line) => !line.includes('deprecated-services'));

  test('nested, bare, and from an imported operator, relative to it', () => {
    const main = 'operators:\n- name: a\n  container: {image: a}\n  services:\n  - import: {path: parts/infer.yaml}\n- import: {path: parts/op.yaml}\n';
    const files = { 'parts/infer.yaml': service, 'parts/op.yaml': 'name: op\ncontainer: {image: b}\nservices:\n- name: renamed\n  path: infer.yaml\n  requests: {gpu: 1}\n' };
    expect(codes(main, files)).toEqual([]);
    const connections = [{ name: 'INFER', port: 8000 }];
    expect(load(main, files).pipeline?.operators.map(({ services }) => services)).toMatchObject([[{ name: 'infer', connections }], [{ name: 'renamed', connections, requests: { gpu: 1 } }]]);
  });

  test('services that replace those of an import are relative to the replacing file', () => {
    const main = 'operators:\n- import: {path: parts/op.yaml}\n  services: [{import: {path: s.yaml}}]\n';
    expect(codes(main, { 's.yaml': service, 'parts/op.yaml': 'name: op\ncontainer: {image: b}\nservices:\n- path: nowhere.yaml\n' }).length).toBe(1);
    expect(codes(main, { 's.yaml': service, 'parts/op.yaml': 'name: op\ncontainer: {image: b}\n' })).toEqual([]);
  });

  test('arguments and parameters mean nothing', () => {
    const main = 'operators:\n- name: a\n  container: {image: a}\n  services:\n  - import: {path: s.yaml, args: {port: 1}}\n';
    expect(codes(main, { 's.yaml': `parameters: {port: 2}\n${service}` })).toEqual([
      'main.yaml:7 <args> ignored-arguments a: service 1 of operator "a" is imported with arguments, which services do not take (remove "args")',
      's.yaml:1 <parameters> unknown-property a: service "infer" of operator "a" has no property "parameters"; it is ignored (a service has no parameters)',
    ]);
    expect(codes(main.replace(', args: {port: 1}', ''), { 's.yaml': `${service}description: "\${{ port }}"\n` })[0]).toContain('s.yaml:4 <${{ port }}> unknown-placeholder');
  });
});

describe('what is wrong with an import', () => {
  const op = 'name: a\ncontainer: {image: a}\n';
  test.each<readonly [string, string, Files, readonly string[]]>([
    ['no path', '- import: {args: {}}\n', {}, ['main.yaml:4 <import> missing-property -: the import of operator 1 has no "path" (a file, relative to this one)']],
    ['nothing', '- import:\n', {}, ['main.yaml:4 <import> missing-property -: operator 1 has no "path" (write import: {path: parts/reader.yaml})']],
    ['an empty path', '- import: {path: ""}\n', {}, ['main.yaml:4 <path> missing-property -: the import of operator 1 has no "path" (a file, relative to this one)']],
    ['only arguments', '- name: a\n  args: {x: 1}\n', {}, ['main.yaml:5 <args> missing-property a: operator "a" has no "path" (a file, relative to this one)']],
    ['a path that is a list', '- import: {path: [a]}\n', {}, ['main.yaml:4 <[a]> wrong-type -: "path" of the import of operator 1 must be a single value, not a list']],
    ['a text', '- import: a.yaml\n', {}, ['main.yaml:4 <a.yaml> wrong-type -: "import" of operator 1 must be an object, not a single value (write import: {path: a.yaml})']],
    ['a list', '- import: [a.yaml]\n', {}, ['main.yaml:4 <[a.yaml]> wrong-type -: "import" of operator 1 must be an object, not a list']],
    ['arguments that are a list', '- import: {path: a.yaml, args: [1]}\n', { 'a.yaml': op }, ['main.yaml:4 <[1]> wrong-type -: "args" of the import of operator 1 must be an object, not a list']],
    ['an argument that is a list', '- import: {path: a.yaml, args: {x: [1]}}\n', { 'a.yaml': op }, ['main.yaml:4 <[1]> wrong-type -: "args.x" of the import of operator 1 must be a single value, not a list']],
    ['an unknown argument', '- import: {path: a.yaml, args: {extent: 1}}\n', { 'a.yaml': `parameters: {ext: 1}\n${op}` }, ['main.yaml:4 <extent> unknown-argument -: a value was given for "extent", which is no parameter of "a.yaml"']],
    ['an argument where none is declared', '- import: {path: a.yaml, args: {ext: 1}}\n', { 'a.yaml': op }, ['main.yaml:4 <ext> unknown-argument -: a value was given for "ext", which is no parameter of "a.yaml" (it declares no parameters)']],
    ['an argument in two cases', '- import: {path: a.yaml, args: {ext: 1, EXT: 2}}\n', { 'a.yaml': `parameters: {ext: 1}\n${op}` }, ['main.yaml:4 <EXT> unknown-argument -: a value was given for both "ext" and "EXT", which are one parameter']],
    ['more in the import', '- import: {path: a.yaml, name: b}\n', { 'a.yaml': op }, ['main.yaml:4 <name> unknown-property -: the import of operator 1 has no property "name"; it is ignored (what replaces properties stands beside "import")']],
    ['both forms', '- import: {path: a.yaml}\n  path: b.yaml\n', { 'a.yaml': op }, ['main.yaml:5 <path> unknown-property -: "path" beside "import" is ignored (move it into "import")']],
    ['an absolute path', '- import: {path: /etc/passwd}\n', {}, ['main.yaml:4 </etc/passwd> bad-import -: the import path "/etc/passwd" is absolute (write it relative to the folder of this file)']],
    ['a path upwards', '- import: {path: parts/../../a.yaml}\n', {}, ['main.yaml:4 <parts/../../a.yaml> bad-import -: the import path "parts/../../a.yaml" leaves the folder of the definition (keep what is imported beside or below the main file)']],
    ['an address', '- import: {path: "https://example.com/a.yaml"}\n', {}, ['main.yaml:4 <"https://example.com/a.yaml"> bad-import -: the import path "https://example.com/a.yaml" is an address; an import is a file of the definition (get the file and import it by its relative path)']],
    ['a drive', '- import: {path: "C:/a.yaml"}\n', {}, ['main.yaml:4 <"C:/a.yaml"> bad-import -: the import path "C:/a.yaml" is an address; an import is a file of the definition (get the file and import it by its relative path)']],
    ['a backslash', '- import: {path: parts\\a.yaml}\n', {}, ['main.yaml:4 <parts\\a.yaml> bad-import -: the import path "parts\\\\a.yaml" has a "\\" in it (write parts/a.yaml)']],
    ['a folder', '- import: {path: parts/}\n', {}, ['main.yaml:4 <parts/> bad-import -: the import path "parts/" is a folder (name the file in it)']],
    ['a control character', '- import: {path: "a\\e[31m.yaml"}\n', {}, ['main.yaml:4 <"a\\e[31m.yaml"> bad-import -: the import path "a\\u001b[31m.yaml" has a control character in it']],
    ['a very long path', `- import: {path: ${'a'.repeat(1025)}}\n`, {}, [`main.yaml:4 <${'a'.repeat(1025)}> bad-import -: the import path "${'a'.repeat(80)}…" is longer than 1,024 characters`]],
    ['percent signs', '- import: {path: "..%2fa.yaml"}\n', { 'b.yaml': op }, ['main.yaml:4 <"..%2fa.yaml"> unknown-import -: the file "..%2fa.yaml" is not part of the definition (paths are taken as they are written: "%20" is no blank)', 'b.yaml:1 <n> unused-file -: nothing in "main.yaml" uses this file']],
    ['a file that is not there', '- import: {path: parts/raeder.yaml}\n', { 'parts/reader.yaml': op }, ['main.yaml:4 <parts/raeder.yaml> unknown-import -: the file "parts/raeder.yaml" is not part of the definition (did you mean "parts/reader.yaml"?)', 'parts/reader.yaml:1 <n> unused-file -: nothing in "main.yaml" uses this file']],
    ['no other file', '- import: {path: a.yaml}\n', {}, ['main.yaml:4 <a.yaml> unknown-import -: the file "a.yaml" is not part of the definition (the definition has no other file)']],
    ['another case', '- import: {path: Parts/A.yaml}\n', { 'parts/a.yaml': op }, ['main.yaml:4 <Parts/A.yaml> import-case -: the file "Parts/A.yaml" is spelled "parts/a.yaml" (write it as the file is named)']],
    ['the main file', '- import: {path: main.yaml}\n', {}, ['main.yaml:4 <main.yaml> import-cycle -: the file "main.yaml" imports itself (a file cannot stand for itself)']],
    ['the main file again', '- import: {path: a.yaml}\n', { 'a.yaml': 'import: {path: ./main.yaml}\n' }, ['a.yaml:1 <./main.yaml> import-cycle -: files import each other: "main.yaml" → "a.yaml" → "main.yaml" (a file cannot stand for itself)']],
    ['itself', '- import: {path: a.yaml}\n', { 'a.yaml': 'import: {path: a.yaml}\n' }, ['a.yaml:1 <a.yaml> import-cycle -: the file "a.yaml" imports itself (a file cannot stand for itself)']],
    ['a circle', '- import: {path: a.yaml}\n', { 'a.yaml': 'import: {path: b.yaml}\n', 'b.yaml': 'import: {path: c.yaml}\n', 'c.yaml': 'import: {path: b.yaml}\n' }, ['c.yaml:1 <b.yaml> import-cycle -: files import each other: "b.yaml" → "c.yaml" → "b.yaml" (a file cannot stand for itself)']],
    ['itself as a service', '- import: {path: a.yaml}\n', { 'a.yaml': `${op}services: [{path: a.yaml}]\n` }, [
      'a.yaml:3 <services> deprecated-services a: services are deprecated; they run all the same (for a model of the repository use "models")',
      'a.yaml:3 <a.yaml> import-cycle -: the file "a.yaml" imports itself (a file cannot stand for itself)',
    ]],
    ['a pipeline', '- import: {path: a.yaml}\n', { 'a.yaml': `${head}operators: [{${op.replace('\n', ', ').trim()}}]\n` }, ['main.yaml:4 <a.yaml> bad-import -: the file "a.yaml" is a pipeline, and cannot be imported as an operator (import the files of its operators one by one)']],
    ['no YAML', '- import: {path: a.yaml}\n- import: {path: a.yaml}\n  name: b\n', { 'a.yaml': 'name: [\n' }, ['a.yaml:2 <> yaml-syntax -: flow sequence in block collection must be sufficiently indented and end with a ]']],
    ['an empty file', '- import: {path: a.yaml}\n', { 'a.yaml': '' }, ['a.yaml:1 <> empty-definition -: the file holds no definition']],
    ['a file that is wrong, once for all who import it', '- {name: b, path: a.yaml}\n- {name: c, path: a.yaml}\n', { 'a.yaml': 'name: a\ncontainer: {image: "a b"}\nimput: []\n' }, [
      'a.yaml:2 <"a b"> bad-image b: "a b" is not the name of an image (for example nvcr.io/nvidia/clara/dicom-reader)',
      'a.yaml:3 <imput> unknown-property b: operator "b" has no property "imput"; it is ignored (did you mean "input"?)',
    ]],
    ['a name that is taken', '- path: a.yaml\n- path: a.yaml\n', { 'a.yaml': op }, ['main.yaml:5 <path: a.yaml> duplicate-name a: the name "a" is already that of the operator in line 4 (names of operators differ by more than case)']],
    ['a later api-version', '- path: a.yaml\n', { 'a.yaml': `api-version: 0.5.0\n${op}` }, ['a.yaml:1 <0.5.0> operator-version a: operator "a" has api-version 0.5.0, later than the pipeline\'s 0.4.0 (raise the pipeline\'s api-version to 0.5.0)']],
    ['an input from what could not be read', '- name: a\n  path: nowhere.yaml\n- name: b\n  container: {image: b}\n  input: [{from: a, name: any, path: /i}, {from: A, path: /j}]\n', {}, ['main.yaml:5 <nowhere.yaml> unknown-import -: the file "nowhere.yaml" is not part of the definition (the definition has no other file)']],
    ['an input that is indented too little', '- name: a\n  container: {image: a}\n  path: /in\n', {}, ['main.yaml:6 <path> unknown-property a: operator "a" has no property "path"; it is ignored (what is imported stands in one object: import: {path: …})']],
  ])('%s', (_, operators, files, expected) => {
    expect(found(`operators:\n${operators}`, files)).toEqual(expected);
  });
});

describe('files from elsewhere', () => {
  const main = [{ path: 'main.yaml', content: `${head}operators:\n- path: parts/op.yaml\n- {name: b, path: parts/op.yaml}\n` }];

  test('are asked for once, and given back', () => {
    const asked: string[] = [];
    const { files, findings } = loadPipeline(main, {
      find: (path) => {
        asked.push(path);
        return { content: 'name: a\ncontainer: {image: a}\n' };
      },
    });
    expect(findings).toEqual([]);
    expect(asked).toEqual(['parts/op.yaml']);
    expect(files.map(({ path }) => path)).toEqual(['main.yaml', 'parts/op.yaml']);
  });

  test('may be refused, and may be missing', () => {
    expect(loadPipeline(main, { find: () => ({ refused: 'is a link', help: 'copy it' }) }).findings[0]).toMatchObject({ code: 'bad-import', message: 'the file "parts/op.yaml" is a link', help: 'copy it' });
    expect(loadPipeline(main, { find: () => undefined }).findings[0]).toMatchObject({ code: 'unknown-import', help: 'there is no such file' });
  });

  test('count', () => {
    const { findings } = loadPipeline(main, { find: () => ({ content: `#${'x'.repeat(4 * 1024 * 1024)}` }) });
    expect(findings[0]).toMatchObject({ code: 'too-large', file: 'main.yaml', line: 4 });
  });
});

test.each([
  ['a.yaml', 'a.yaml'], ['./a//b/../c.yaml', 'a/c.yaml'], ['../a.yaml', '../a.yaml'], ['a/../../b.yaml', '../b.yaml'], ['..\\..\\a', '../../a'], ['/a/b', 'a/b'], ['', ''],
])('the normal form of %s is %s', (path, normal) => {
  expect(normalPath(path)).toBe(normal);
});

test.each([
  ['main.yaml', 'a.yaml', 'a.yaml'], ['x/main.yaml', '../a.yaml', 'a.yaml'], ['/home/u/main.yaml', 'parts/a.yaml', 'home/u/parts/a.yaml'], ['x/y.yaml', './..a/b', 'x/..a/b'],
])('%s imports %s: %s', (from, path, target) => {
  expect(importTarget(from, path)).toEqual({ kind: 'file', path: target });
});
