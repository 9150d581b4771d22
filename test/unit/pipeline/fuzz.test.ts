import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileDefinition } from '../../../src/pipeline/compile.ts';
import { findingCodes } from '../../../src/pipeline/findings.ts';
import { loadPipeline, type Loaded } from '../../../src/pipeline/load.ts';
import { type DefinitionFile } from '../../../src/pipeline/model.ts';
import { renderFinding } from '../../../src/pipeline/render.ts';
import { SourceFile } from '../../../src/pipeline/source.ts';
import { corpus } from '../../helpers/corpus.ts';

/** The same cases everywhere, and an end. */
const bounds = { seed: 20_210_308, endOnFailure: true, interruptAfterTimeLimit: 60_000, markInterruptAsFailure: true } as const;

const entries = [...corpus('valid'), ...corpus('invalid')];
const part = ['parts/reader.yaml', 'parts/deeper/faster-reader.yaml', 'parts/typed-reader.yaml', 'parts/server.yaml', 'parts/with-service.yaml']
  .flatMap((path): DefinitionFile[] => { const found = corpus('valid')[0]!.find(path); return found !== undefined && 'content' in found ? [{ path, content: found.content }] : []; });

/** What YAML, the language, terminals and file systems stumble over. */
const pieces = [
  '\t', '\n', '\r\n', ' ', '- ', ': ', '? ', '[', ']', '{', '}', ', ', '"', "'", '# ', '&a ', '*a ', '!!str ', '---\n', '...\n', '|\n', '>-\n', '%YAML 1.1\n', '<<: ', '\0', '\u001b[31m', '\u202e', '\uFFFD', '\ud800', '😀', '\uFEFF', '\u2028',
  '${{ ', ' }}', '${{ level }}', '$(NAME)', '__proto__: 1\n', 'constructor: {}\n', 'null', '~', 'yes', '0x10', '1e999', '-1', '[-1, 0]', '/', '../', '%2e%2e/', '/etc/passwd', 'parts/reader.yaml', 'main.yaml', 'import: {path: parts/reader.yaml}\n', 'args: {extension: x}\n',
  'path: ', 'from: a\n', 'name: a\n', 'type: stream\n', 'type: array\n', 'element-type: u8\n', 'shape: [1]\n', 'api-version: 0.5.0\n', 'services:\n- ', 'connections: {http: [{name: A, port: 1}]}\n', 'models: [{name: m}]\n', 'parameters: {a: 1}\n', 'a'.repeat(300), '['.repeat(80),
];

type Change = readonly [kind: number, at: number, length: number, to: number, piece: string];

const change: fc.Arbitrary<Change> = fc.tuple(fc.nat(6), fc.nat(100_000), fc.nat(60), fc.nat(100_000), fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...pieces) }, { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) }));

function changed(text: string, changes: readonly Change[]): string {
  return changes.reduce((before, [kind, position, length, target, piece]) => {
    const at = position % (before.length + 1);
    const to = target % (before.length + 1);
    const cut = before.slice(at, at + length);
    switch (kind) {
      case 0: return before.slice(0, at) + before.slice(at + length);
      case 1: return before.slice(0, to) + cut + before.slice(to);
      case 2: return before.slice(0, at) + piece + before.slice(at + length);
      case 3:
      case 4: return withWord(before, position, words(before)[target % words(before).length] ?? piece);
      case 5: return withWord(before, position, piece.trim());
      default: return before.slice(0, at) + piece + before.slice(at);
    }
  }, text);
}

function words(text: string): readonly string[] {
  return text.match(/[^\s:,[\]{}"']+/g) ?? [];
}

/** The text with one of its words replaced: what stays YAML reaches more of the checks. */
function withWord(text: string, number: number, word: string): string {
  const chosen = number % Math.max(1, words(text).length);
  let index = -1;
  return text.replace(/[^\s:,[\]{}"']+/g, (old) => {
    index += 1;
    return index === chosen ? word : old;
  });
}

/** Loads in bounded time; what comes out is whole. */
function checked(files: readonly DefinitionFile[], seen: Set<string>): Loaded {
  const started = performance.now();
  const loaded = loadPipeline(files);
  // Nothing of this size may take a second; the machine may be busy, so it has a second chance.
  if (performance.now() - started > 1000) {
    const again = performance.now();
    loadPipeline(files);
    expect(performance.now() - again).toBeLessThan(1000);
  }
  const failed = loaded.findings.some(({ severity }) => severity === 'error');
  expect([loaded.pipeline === undefined, loaded.graph === undefined]).toEqual([failed, failed]);
  if (loaded.graph !== undefined) expect([...loaded.graph.order].sort()).toEqual(loaded.pipeline!.operators.map(({ name }) => name).sort());
  const sources = new Map(files.map((file) => [file.path, new SourceFile(file)]));
  for (const finding of loaded.findings) {
    seen.add(finding.code);
    const source = sources.get(finding.file)!;
    const { start, end } = source.lineRange(finding.line);
    expect(finding.severity).toBe(findingCodes[finding.code]);
    expect(finding.message).not.toBe('');
    expect(finding.length).toBeGreaterThanOrEqual(1);
    expect(finding.column).toBeLessThanOrEqual(end - start + 1);
    // Nothing that moves the cursor, colours the terminal or turns the direction of text.
    expect(renderFinding(finding, source)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028\ufeff]/);
  }
  return loaded;
}

test('changed definitions of the corpus give a pipeline or an error, in time', () => {
  const seen = new Set<string>();
  fc.assert(fc.property(fc.constantFrom(...entries), fc.array(change, { minLength: 1, maxLength: 6 }), ({ content }, changes) => {
    checked([{ path: 'main.yaml', content: changed(content, changes) }, ...part], seen);
  }), { ...bounds, numRuns: 4000 });
  // The changes reach most of the checks, or they would prove little.
  expect(Object.keys(findingCodes).filter((code) => !seen.has(code)).length).toBeLessThan(12);
}, 120_000);

test('changed imported files too', () => {
  const importing = corpus('valid').filter(({ content }) => content.includes('parts/'));
  const seen = new Set<string>();
  fc.assert(fc.property(fc.constantFrom(...importing), fc.nat(part.length - 1), fc.array(change, { minLength: 1, maxLength: 6 }), ({ content }, which, changes) => {
    checked([{ path: 'main.yaml', content }, ...part.map((file, index) => (index === which ? { ...file, content: changed(file.content, changes) } : file))], seen);
  }), { ...bounds, numRuns: 1500 });
  expect(seen.size).toBeGreaterThan(20);
}, 120_000);

test('what loads can be compiled, and then means the same', () => {
  let compiled = 0;
  fc.assert(fc.property(fc.constantFrom(...corpus('valid')), fc.array(change, { minLength: 1, maxLength: 2 }), ({ content }, changes) => {
    const files = [{ path: 'main.yaml', content: changed(content, changes) }, ...part];
    const { pipeline } = loadPipeline(files);
    if (pipeline === undefined) return;
    compiled += 1;
    const text = compileDefinition(files, { resolveImports: true, arguments: {}, variables: {} });
    expect(loadPipeline([{ path: 'compiled.yaml', content: text }]).pipeline).toEqual(pipeline);
  }), { ...bounds, numRuns: 3000 });
  expect(compiled).toBeGreaterThan(150);
}, 120_000);

test('files of any path, none of which can be read from elsewhere', () => {
  const path = fc.oneof(fc.constantFrom('main.yaml', '../x.yaml', '/etc/passwd', 'a/../../b.yaml', 'A.yaml', 'a.yaml', '..\\x', 'C:\\x', '%2e%2e/x', '', '.', '..', 'a\0b', '\u001b[31m.yaml', 'x'.repeat(2000)), fc.string({ unit: 'binary', maxLength: 20 }));
  fc.assert(fc.property(fc.array(path, { minLength: 1, maxLength: 4 }), path, (paths, target) => {
    const content = `api-version: 0.4.0\nname: x\noperators:\n- name: a\n  import:\n    path: ${JSON.stringify(target)}\n`;
    const asked: string[] = [];
    const { findings } = loadPipeline(paths.map((name, index) => ({ path: name, content: index === 0 ? content : 'name: b\ncontainer: {image: b}\n' })), { find: (name) => { asked.push(name); return undefined; } });
    for (const name of asked) expect(name.startsWith('/') || name === '..' || name.startsWith('../') || name.includes('\\')).toBe(false);
    expect(findings.every(({ message }) => message !== '')).toBe(true);
  }), { ...bounds, numRuns: 1000 });
}, 120_000);
