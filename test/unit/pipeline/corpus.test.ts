import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { findingCodes } from '../../../src/pipeline/findings.ts';
import { compileDefinition } from '../../../src/pipeline/compile.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { definitionSchema } from '../../../src/pipeline/schema.ts';
import { apiVersions } from '../../../src/pipeline/versions.ts';
import { corpus, type CorpusEntry } from '../../helpers/corpus.ts';
import { root } from '../../helpers/run.ts';

const valid = corpus('valid');
const invalid = corpus('invalid');

function load({ name, content, find }: CorpusEntry) {
  // That a file differs by case only a set can tell, which has all its files from the start.
  const files = name.startsWith('import-case') ? [{ path: 'parts/reader.yaml', content: readFileSync(join(root, 'test/fixtures/pipelines/valid/parts/reader.yaml'), 'utf8') }] : [];
  return loadPipeline([{ path: name, content }, ...files], { find: (path) => (/[A-Z]/.test(path) ? undefined : find(path)) });
}

describe('valid definitions', () => {
  test.each(valid)('$name', (entry) => {
    const { pipeline, graph, findings } = load(entry);
    expect({ codes: [...new Set(findings.map(({ code }) => code))].sort(), findings }).toMatchObject({ codes: entry.codes });
    expect(graph?.order).toHaveLength(pipeline!.operators.length);
  });

  test('there are at least sixty, of every version', () => {
    expect(valid.length).toBeGreaterThanOrEqual(60);
    expect(apiVersions.filter((version) => !valid.some(({ content }) => content.includes(`api-version: ${version}`)))).toEqual([]);
  });

  test.each(valid.filter(({ name }) => !name.startsWith('import-case')))('$name, compiled, means the same', (entry) => {
    const text = compileDefinition([{ path: entry.name, content: entry.content }], { find: entry.find, resolveImports: true, arguments: {}, variables: {} });
    const { pipeline, findings } = loadPipeline([{ path: 'compiled.yaml', content: text }]);
    expect({ findings: findings.filter(({ severity }) => severity === 'error'), text }).toMatchObject({ findings: [] });
    const original = load(entry).pipeline!;
    expect(pipeline).toEqual({ ...original, parameters: { ...original.parameters } });
  });
});

describe('invalid definitions', () => {
  test.each(invalid)('$name', (entry) => {
    const { pipeline, findings } = load(entry);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect({ codes: [...new Set(errors.map(({ code }) => code))].sort(), findings }).toMatchObject({ codes: entry.codes });
    expect(pipeline).toBeUndefined();
  });

  test('there are at least 120, with every error that a file can have', () => {
    expect(invalid.length).toBeGreaterThanOrEqual(120);
    const elsewhere = ['no-file', 'too-large', 'duplicate-file', 'too-many-operators', 'more-errors'];
    const shown = new Set(invalid.flatMap(({ codes }) => codes));
    expect(Object.entries(findingCodes).filter(([code, severity]) => severity === 'error' && !shown.has(code) && !elsewhere.includes(code))).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  const check = new Ajv({ strict: false }).compile(definitionSchema());

  test.each(valid)('takes $name', ({ content }) => {
    expect({ valid: check(parse(content)), errors: check.errors }).toEqual({ valid: true, errors: null });
  });

  const bundled = join(root, 'templates/pipelines');
  test.each(readdirSync(bundled).filter((name) => name.endsWith('.yaml')))('takes the bundled %s', (name) => {
    const content = readFileSync(join(bundled, name), 'utf8');
    expect({ valid: check(parse(content)), errors: check.errors }).toEqual({ valid: true, errors: null });
  });

  test('refuses much of what is invalid', () => {
    const refused = invalid.filter(({ codes }) => !codes.some((code) => code.startsWith('yaml-') || code.startsWith('not-') || code === 'multiple-documents')).filter(({ content }) => {
      try {
        return !check(parse(content));
      } catch {
        return true;
      }
    });
    expect(refused.length).toBeGreaterThan(60);
  });

  test('is the file that the package has for editors', () => {
    expect(JSON.parse(readFileSync(join(root, 'templates/pipeline.schema.json'), 'utf8'))).toEqual(JSON.parse(JSON.stringify(definitionSchema())));
  });
});
