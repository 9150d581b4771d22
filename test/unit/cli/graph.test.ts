import { describe, expect, test } from 'vitest';
import { drawingOf, drawingOfDag } from '../../../src/cli/views/graph/drawing.ts';
import { layOut } from '../../../src/cli/views/graph/layout.ts';
import { svgLines } from '../../../src/cli/views/graph/svg.ts';
import { asciiLines, dotLines, mermaidLines } from '../../../src/cli/views/graph/text.ts';
import { criticalPath } from '../../../src/pipeline/graph.ts';
import { loadPipeline } from '../../../src/pipeline/load.ts';

/** `a < b.x c`: operator a reads output x of b, and the unnamed one of c. */
function loaded(...operators: string[]) {
  const lines = operators.map((text) => {
    const [name, inputs = ''] = text.split(' < ');
    const read = inputs.split(' ').filter(Boolean).map((input, index) => `{from: ${input.split('.')[0]}, ${input.includes('.') ? `name: ${input.split('.')[1]}, ` : ''}path: /i${index}}`);
    const outputs = [...new Set(operators.flatMap((other) => [...other.matchAll(new RegExp(`[< ]${name}(?:\\.(\\w+))?(?= |$)`, 'g'))].slice(other.startsWith(name!) ? 1 : 0).map(([, output]) => output)))];
    return `- {name: ${name}, container: {image: a}, input: [${read.join(', ')}], output: [${outputs.map((output, index) => `{${output === undefined ? '' : `name: ${output}, `}path: /o${index}}`).join(', ')}]}\n`;
  });
  const { pipeline, graph, findings } = loadPipeline([{ path: 'm.yaml', content: `api-version: 0.4.0\nname: x\noperators:\n${lines.join('')}` }]);
  expect(findings).toEqual([]);
  return { pipeline: pipeline!, graph: graph! };
}

function draw(...operators: string[]) {
  const { pipeline, graph } = loaded(...operators);
  return drawingOf(pipeline.name, pipeline.operators, graph);
}

const study = ['reader', 'segment < reader', 'alone', 'show < reader segment.mask segment.info', 'last < show'];

test.each([
  [study, ['reader', 'segment', 'show', 'last']],
  [['a', 'b', 'c'], ['a']],
  [['a', 'b < a', 'c', 'd < c', 'e < d'], ['c', 'd', 'e']],
])('the critical path of %j', (operators, path) => {
  expect(criticalPath(loaded(...operators).graph)).toEqual(path);
});

test('dot', () => {
  expect(dotLines(draw('a', 'b < a', 'c < b.x a'))).toEqual([
    'digraph "x" {', '  rankdir=LR;', '  node [shape=box, style=rounded];', '  "a";', '  "b";', '  "c";', '  "a" -> "b";', '  "b" -> "c" [label="x"];', '  "a" -> "c";', '}',
  ]);
});

test('mermaid', () => {
  expect(mermaidLines(draw('end', 'b < end.x'))).toEqual(['flowchart LR', '  n0["end"]', '  n1["b"]', '  n0 -- "x" --> n1']);
});

describe('ascii', () => {
  test('rails end where nobody reads any more', () => {
    expect(asciiLines(draw(...study))).toEqual([
      '*      reader',
      '| *    alone',
      '+-*    segment  <- reader',
      '+-+-*  show     <- reader, segment.mask, segment.info',
      '*---+  last     <- show',
      '',
      'longest chain: reader -> segment -> show -> last (4 of 5 operators)',
    ]);
  });

  test('nothing is connected', () => {
    expect(asciiLines(draw('a', 'bb'))).toEqual(['*  a', '*  bb']);
  });

  test('a long chain keeps to two rails', () => {
    const lines = asciiLines(draw(...Array.from({ length: 300 }, (_, index) => (index === 0 ? 'o0' : `o${index} < o${index - 1}`))));
    expect(Math.max(...lines.slice(0, 300).map((line) => line.length))).toBe('*-+  o298  <- o297'.length);
  });
});

describe('svg', () => {
  test('has every operator and every line, and escapes', () => {
    const svg = svgLines({ ...draw(...study), title: 'a<b&"c"' }).join('\n');
    for (const name of ['reader', 'segment', 'alone', 'show', 'last']) expect(svg).toContain(`>${name}</text>`);
    expect(svg.match(/<path d="M\d/g)).toHaveLength(5);
    expect(svg).toContain('<title>a&#60;b&#38;&#34;c&#34;</title>');
    expect(svg).toContain('>mask, info</text>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('no two boxes overlap, no line goes through a box that it does not belong to', () => {
    const drawing = draw('a', 'b < a', 'c < b', 'd < c a', 'e < a', 'f < e.x a', 'g < f d');
    const { boxes, lines, width, height } = layOut(drawing);
    for (const [index, one] of boxes.entries()) {
      expect(one.x + one.width <= width && one.y + one.height <= height).toBe(true);
      for (const other of boxes.slice(index + 1)) expect(one.x !== other.x || Math.abs(one.y - other.y) >= one.height).toBe(true);
    }
    for (const { points } of lines) {
      for (const [x, y] of points.slice(1, -1)) expect(boxes.filter((box) => x >= box.x && x <= box.x + box.width && y > box.y && y < box.y + box.height)).toEqual([]);
    }
  });

  test('a thousand operators that all read the first one', () => {
    const { boxes, width } = layOut(draw('o0', ...Array.from({ length: 999 }, (_, index) => `o${index + 1} < o${index}${index === 0 ? '' : ' o0'}`)));
    expect(boxes).toHaveLength(1000);
    expect(Number.isFinite(width)).toBe(true);
  });
});

test('the graph that a platform tells draws the same, without names of outputs', () => {
  const c = { name: 'c', next: [] };
  const drawing = drawingOfDag('x', [{ name: 'a', next: [{ name: 'b', next: [c] }, c] }, { name: 'alone', next: [] }]);
  expect(dotLines(drawing).slice(3)).toEqual(['  "a";', '  "alone";', '  "b";', '  "c";', '  "a" -> "b";', '  "a" -> "c";', '  "b" -> "c";', '}']);
});
