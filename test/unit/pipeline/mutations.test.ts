import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findingCodes } from '../../../src/pipeline/findings.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { renderFinding } from '../../../src/pipeline/render.ts';
import { SourceFile } from '../../../src/pipeline/source.ts';
import { root } from '../../helpers/run.ts';

const folder = join(root, 'test/fixtures/pipelines');
const corpus = [
  ...readdirSync(folder).filter((name) => name.endsWith('.yaml')).map((name) => readFileSync(join(folder, name), 'utf8')),
  readFileSync(join(root, 'templates/pipelines/ct-threshold.yaml'), 'utf8'),
];

/** A small generator of numbers, the same on every machine (mulberry32). */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296 * below);
  };
}

const snippets = [
  '\t', '\n', ' ', '- ', ': ', '?', '[', ']', '{', '}', '"', "'", '#', '&a ', '*a', '!!str ', '---\n', '...\n', '|\n', '>-\n', '%YAML 1.1\n', '\0', '\u001b[31m', '\uFFFD', '\ud800', '😀',
  '\r\n', '\uFEFF', '${{ ', '}}', '${{ seconds }}', '<<: ', '__proto__: 1\n', 'null', '~', '0x10', '-1', '1e999', '/', '..', '%2e%2e/', 'name: copy\n', 'from: copy\n', 'import: {path: x}\n', 'type: stream\n', 'a'.repeat(300),
];

/** One to six changes: a piece deleted, doubled, moved, or something put in. */
function mutate(text: string, random: (below: number) => number): string {
  let mutated = text;
  for (let change = random(6); change >= 0; change -= 1) {
    const at = random(mutated.length + 1);
    const piece = mutated.slice(at, at + random(40));
    const to = random(mutated.length + 1);
    switch (random(5)) {
      case 0: mutated = mutated.slice(0, at) + mutated.slice(at + piece.length); break;
      case 1: mutated = mutated.slice(0, at) + piece + mutated.slice(at); break;
      case 2: mutated = mutated.slice(0, to) + piece + mutated.slice(to); break;
      default: mutated = mutated.slice(0, at) + snippets[random(snippets.length)]! + mutated.slice(at);
    }
  }
  return mutated;
}

test('whatever happens to a definition, there is a pipeline or an error, and every finding is whole', () => {
  const random = generator(20_210_308);
  const seen = new Set<string>();
  for (let round = 0; round < 3000; round += 1) {
    const content = mutate(corpus[random(corpus.length)]!, random);
    const file = new SourceFile({ path: 'main.yaml', content });
    const { pipeline, graph, findings } = loadPipeline([file].map(({ path }) => ({ path, content })));
    const failed = findings.some(({ severity }) => severity === 'error');
    if ((pipeline === undefined) !== failed || (graph === undefined) !== failed) throw new Error(`a pipeline and an error, or neither, for ${JSON.stringify(content)}`);
    if (graph !== undefined) expect([...graph.order].sort()).toEqual(pipeline!.operators.map(({ name }) => name).sort());
    for (const finding of findings) {
      seen.add(finding.code);
      const { start, end } = file.lineRange(finding.line);
      const whole = finding.severity === findingCodes[finding.code] && finding.message !== '' && finding.length >= 1 && finding.line >= 1
        && finding.column >= 1 && finding.column <= end - start + 1;
      // eslint-disable-next-line no-control-regex
      if (!whole || /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\ud800\ufeff]/.test(renderFinding(finding, file).replaceAll('😀', ''))) {
        throw new Error(`${JSON.stringify(finding)} for ${JSON.stringify(content)}`);
      }
    }
  }
  // The mutations reach most of the checks, or they would prove little.
  expect(seen.size).toBeGreaterThan(25);
}, 600_000);
