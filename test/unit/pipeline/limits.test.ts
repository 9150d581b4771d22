import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { renderFinding } from '../../../src/pipeline/render.ts';
import { SourceFile } from '../../../src/pipeline/source.ts';

const mebibyte = 1024 * 1024;
const full = 4 * mebibyte;
const head = 'api-version: 0.4.0\nname: x\n';
const operator = (name: string, more = '') => `- name: ${name}\n  container: {image: example/a}\n${more}`;
const many = (count: number, make: (index: number) => string) => Array.from({ length: count }, (_, index) => make(index)).join('');

/** As much of a text, repeated, as a definition may hold. */
const fill = (text: string) => text.repeat(Math.floor((full - 100) / text.length));

function codes(content: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const { findings, pipeline } = loadPipeline([{ path: 'main.yaml', content }]);
  for (const { code } of findings) counts[code] = (counts[code] ?? 0) + 1;
  expect(pipeline === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
  // Showing them must be as bounded as finding them.
  const file = new SourceFile({ path: 'main.yaml', content });
  for (const finding of findings) expect(renderFinding(finding, file).length).toBeLessThan(2000);
  return counts;
}

describe('4 MiB of trickery end soon, with few findings', () => {
  test.each([
    ['lists in lists', fill('['), { 'too-deep': 1 }],
    ['objects in objects', fill('{a: '), { 'too-deep': 1 }],
    ['lists in lists, by lines', fill('- '), { 'too-deep': 1 }],
    ['keys in keys', fill('? '), { 'too-deep': 1 }],
    ['objects in objects, by indentation', Array.from({ length: 2800 }, (_, depth) => `${' '.repeat(depth)}a:\n`).join(''), { 'too-deep': 1 }],
    ['keys of keys', fill('a: b: '), { 'too-deep': 1 }],
    ['the same key', fill('a: 1\n'), { 'too-large': 1 }],
    ['different keys', head + many(20_000, (index) => `p${index}: 1\n`), { 'no-operators': 1, 'unknown-property': 1000, 'more-warnings': 1 }],
    ['an error at each comma', `a: [${', '.repeat(60_000)}]`, { 'yaml-syntax': 20 }],
    ['ends of lists', fill(']'), { 'yaml-syntax': 20 }],
    ['an open quote', `a: "${fill('x\n')}`, { 'yaml-syntax': 1 }],
    ['a placeholder before a long line of brackets', `a: ["x" ${'{'.repeat(20)}$\{{X}} ${fill('}').slice(100)}`, { 'yaml-syntax': 20 }],
    ['documents', fill('---\n'), { 'multiple-documents': 1 }],
    ['directives', fill('%A\n'), { 'yaml-syntax': 20 }],
    ['anchors', fill('&a '), { 'yaml-anchor': 20 }],
    ['aliases', fill('*a : '), { 'yaml-anchor': 20 }],
    ['tags', fill('! '), { 'yaml-tag': 20 }],
    ['tabs', fill('\t'), { 'empty-definition': 1 }],
    ['blanks', `${fill(' ')}a`, { 'not-a-mapping': 1 }],
    ['comments', fill('# x\n'), { 'too-large': 1 }],
    ['one comment', fill('#'), { 'empty-definition': 1 }],
    ['one text', fill('x'), { 'not-a-mapping': 1 }],
    ['one quoted text', `"${fill('\\x41')}"`, { 'not-a-mapping': 1 }],
    ['one name', `${head}operators:\n${operator(fill('n').slice(100))}`, { 'bad-name': 1 }],
    ['one key', `${head}operators:\n${operator('a')}? ${fill('k').slice(200)}\n: 1\n`, { 'unknown-property': 1 }],
    ['placeholders', `${head}operators:\n${operator('a', `  description: "${fill('${{ A }}').slice(0, -200)}"\n`)}`, { 'unknown-placeholder': 1000, 'more-errors': 1 }],
    ['open placeholders', `${head}operators:\n${operator('a', `  description: "${fill('${{').slice(200)}"\n`)}`, { 'bad-placeholder': 1 }],
    ['wide characters, a finding at each', `${head}operators:\n- name: a\n  container: {image: x, command: ["${'😀${{ A }}'.repeat(300_000)}"]}\n`, { 'unknown-placeholder': 1000, 'more-errors': 1 }],
  ] as const)('%s', (_, content, expected) => {
    expect(codes(content)).toEqual(expected);
  });
});

test('an alias bomb is refused before anything is built from it', () => {
  const bomb = many(9, (index) => `l${index}: &l${index} [${index === 0 ? 'lol' : `*l${index - 1}, `.repeat(9)}]\n`);
  expect(Object.keys(codes(bomb))).toEqual(['yaml-anchor']);
});

test('a scalar of 10 MiB is one finding', () => {
  expect(codes(`${head}operators:\n${operator('a', `  description: ${'x'.repeat(10 * mebibyte)}\n`)}`)).toEqual({ 'too-large': 1 });
});

test.each(['1: a', 'true: a', '1.5: a', '~: a', '"": a', '? [a]\n: b', '? {a: b}\n: c'])('the key %j is one finding', (line) => {
  expect(Object.values(codes(`${head}operators:\n${operator('a')}${line}\n`))).toEqual([1]);
});

test('placeholders cannot blow a definition up', () => {
  const content = `${head}parameters: {A: "${'y'.repeat(2 * mebibyte)}"}\noperators:\n${operator('a', `  description: "${'${{ A }}'.repeat(200_000)}"\n`)}`;
  expect(codes(content)).toEqual({ 'too-large': 1 });
});

test('a name that is not near any of many long ones is not searched for without end', () => {
  const name = (index: number) => `${index}-${'n'.repeat(240)}-${index}`;
  const content = `${head}operators:\n${many(1000, (index) => operator(name(index), `  input: [{from: ${name(index)}x, path: /in}]\n`))}`;
  expect(codes(content)).toEqual({ 'unknown-operator': 1000 });
});

test('paths that are very long and many', () => {
  const inputs = (operatorIndex: number) => `  input:\n${many(20, (index) => `  - {path: ${'/a'.repeat(90 + index)}/${operatorIndex}}\n`)}`;
  expect(codes(`${head}operators:\n${many(50, (index) => operator(`o${index}`, inputs(index)))}`)).toEqual({});
});

describe('limits', () => {
  test('1,000 operators are a pipeline, 1,001 are not', () => {
    const definition = (count: number) => `${head}operators:\n${many(count, (index) => operator(`o${index}`, `  output: [{path: /o}]\n${index === 0 ? '' : `  input: [{from: o${index - 1}, path: /i}]\n`}`))}`;
    const { graph, findings } = loadPipeline([{ path: 'main.yaml', content: definition(1000) }]);
    expect(findings).toEqual([]);
    expect(graph?.levels).toHaveLength(1000);
    expect(loadPipeline([{ path: 'main.yaml', content: definition(1001) }]).findings).toMatchObject([{ code: 'too-many-operators', line: 3, column: 1, length: 9, message: 'the pipeline has 1001 operators; 1000 are allowed' }]);
  });

  test('4 MiB of bytes are a definition, one more is not', () => {
    const definition = `${head}operators:\n${operator('a')}#`;
    const padded = (bytes: number) => `${definition}${'é'.repeat((bytes - definition.length) / 2)}`;
    const odd = definition.length % 2;
    expect(codes(padded(full - odd))).toEqual({});
    expect(codes(`${padded(full - odd)}ab`)).toEqual({ 'too-large': 1 });
    const half = [{ path: 'a.yaml', content: padded(full / 2 + 2 + odd) }, { path: 'b.yaml', content: `#${'x'.repeat(full / 2)}` }];
    expect(loadPipeline(half).findings).toMatchObject([{ code: 'too-large', file: 'a.yaml', line: 1 }]);
  });

  test('beyond 1,000 errors and 1,000 warnings the rest is counted', () => {
    const { findings } = loadPipeline([{ path: 'main.yaml', content: `${head}operators:\n${many(600, (index) => operator(`o ${index}`, '  a: 1\n  b: 1\n  output: x\n'))}` }]);
    expect(findings).toHaveLength(2002);
    expect(findings.slice(-2)).toMatchObject([
      { code: 'more-errors', severity: 'error', message: '200 more errors are not listed' },
      { code: 'more-warnings', severity: 'warning', message: '200 more warnings are not listed' },
    ]);
  });
});

describe('files', () => {
  const content = `${head}operators:\n${operator('a')}`;

  test('none', () => {
    expect(loadPipeline([])).toEqual({ files: [], findings: [{ code: 'no-file', severity: 'error', message: 'the definition has no file', file: '', line: 1, column: 1, length: 1 }] });
  });

  test('the first one is the root, others are unused', () => {
    const { pipeline, findings } = loadPipeline([{ path: 'main.yaml', content }, { path: 'parts/b.yaml', content: 'anything [' }]);
    expect(pipeline?.name).toBe('x');
    expect(findings).toMatchObject([{ code: 'unused-file', severity: 'warning', file: 'parts/b.yaml', line: 1, column: 1 }]);
  });

  test.each([
    [['a.yaml', 'a.yaml'], 'the file "a.yaml" is there twice'],
    [['a.yaml', 'b.yaml', 'A.yaml'], 'the files "a.yaml" and "A.yaml" differ only by case'],
  ])('%j', (paths, message) => {
    const { pipeline, findings } = loadPipeline(paths.map((path) => ({ path, content })));
    expect(pipeline).toBeUndefined();
    expect(findings).toMatchObject([{ code: 'duplicate-file', file: paths.at(-1), message }]);
  });
});
