import { describe, expect, test } from 'vitest';
import { findingCodes, type FindingCode } from '../../../src/pipeline/findings.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { corpus } from '../../helpers/corpus.ts';

/** What the language demands, line by line, and the codes that say where it is not met. The corpus has an example of each. */
const checks: readonly (readonly [what: string, ...codes: readonly FindingCode[]])[] = [
  ['valid YAML, the root is an object, no key twice', 'yaml-syntax', 'empty-definition', 'not-a-mapping', 'duplicate-key', 'bad-key', 'yaml-tag', 'yaml-anchor', 'multiple-documents', 'too-deep', 'not-text', 'not-utf8'],
  ['api-version is a known x.y.z', 'missing-property', 'bad-version', 'unknown-version', 'operator-version'],
  ['an api-version below 0.4.0', 'deprecated-version'],
  ['the name is there and legal', 'missing-property', 'bad-name'],
  ['there are operators', 'no-operators'],
  ['names of operators are legal and differ by more than case', 'bad-name', 'duplicate-name'],
  ['container.image', 'missing-property', 'bad-image', 'bad-tag'],
  ['command is a list of single values', 'bad-command'],
  ['inputs and outputs on disk have an absolute path', 'missing-property', 'bad-path'],
  ['several outputs are named, and differently', 'unnamed-output', 'duplicate-name'],
  ['from 0.5.0 on every input and output has name and type', 'missing-property'],
  ['no types below 0.5.0', 'typed-version'],
  ['the table of types', 'unknown-type', 'bad-shape', 'misplaced-property', 'missing-property', 'payload-type'],
  ['from is an operator, name one of its outputs', 'unknown-operator', 'unknown-output', 'unnamed-input', 'duplicate-input'],
  ['connected types fit', 'type-mismatch', 'unproven-shape'],
  ['no circles', 'cycle'],
  ['orchestrator is Clara, or Argo below 0.5.0', 'bad-orchestrator'],
  ['Argo', 'deprecated-orchestrator'],
  ['services', 'deprecated-services'],
  ['ports from 1024 to 65535', 'bad-port'],
  ['connections are named as variables are', 'environment-name', 'bad-variable', 'duplicate-connection'],
  ['requests are whole numbers from 0 up', 'bad-request'],
  ['GPU software without a GPU', 'gpu-request'],
  ['models have a name, and api-version 0.6.0', 'missing-property', 'models-version'],
  ['placeholders and arguments are declared', 'unknown-placeholder', 'bad-placeholder', 'misplaced-placeholder', 'unknown-argument'],
  ['imports are relative, inside the set, without circles', 'bad-import', 'unknown-import', 'import-cycle'],
  ['no two files that differ only by case', 'duplicate-file', 'import-case'],
  ['no two mounts at one path', 'duplicate-path', 'nested-path'],
];

const shown = new Set([...corpus('valid'), ...corpus('invalid')].flatMap(({ codes }) => codes));

describe('the checklist of the language', () => {
  test('has all its 28 lines', () => {
    expect(checks).toHaveLength(28);
  });

  test.each(checks.filter(([, ...codes]) => !codes.includes('duplicate-file')))('%s', (_, ...codes) => {
    expect(codes.filter((code) => !shown.has(code))).toEqual([]);
  });

  test('files that differ only by case', () => {
    const content = 'api-version: 0.4.0\nname: x\noperators:\n- name: a\n  container: {image: a}\n';
    const { findings } = loadPipeline(['a.yaml', 'parts/b.yaml', 'Parts/B.yaml'].map((path) => ({ path, content })));
    expect(findings.map(({ code, severity, message }) => [code, severity, message])).toEqual([['duplicate-file', findingCodes['duplicate-file'], 'the files "parts/b.yaml" and "Parts/B.yaml" differ only by case']]);
  });

  test('imported files that differ only by case', () => {
    const content = 'api-version: 0.4.0\nname: x\noperators:\n- {name: a, path: b.yaml}\n- {name: c, path: B.yaml}\n';
    const { findings } = loadPipeline([{ path: 'main.yaml', content }], { find: () => ({ content: 'container: {image: a}\n' }) });
    expect(findings.map(({ code, file, line, message }) => [code, file, line, message])).toEqual([['duplicate-file', 'main.yaml', 5, 'the files "b.yaml" and "B.yaml" differ only by case']]);
  });
});
