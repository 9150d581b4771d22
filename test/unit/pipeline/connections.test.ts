import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';

/** A definition of one line for each operator: `name < inputs > outputs`; an input is `from.name`, `from`, or `.` for the payload. */
function definition(...operators: string[]): string {
  const lines = ['api-version: 0.4.0', 'name: x', 'operators:'];
  for (const text of operators) {
    const [, name, inputs = '', outputs = ''] = /^([^<> ]+)(?: <([^>]*))?(?: ?>(.*))?$/.exec(text)!;
    lines.push(`- name: ${name}`, '  container: {image: example/a}', '  input:');
    for (const [index, input] of inputs.trim().split(/ +/).filter(Boolean).entries()) {
      const [from, output] = input.split('.');
      lines.push(`  - {${from === '' ? '' : `from: ${from}, `}${output ? `name: ${output}, ` : ''}path: /in${index}}`);
    }
    lines.push('  output:');
    for (const output of outputs.trim().split(/ +/).filter(Boolean)) lines.push(output === '.' ? '  - {path: /out}' : `  - {name: ${output}, path: /out-${output}}`);
  }
  return `${lines.join('\n')}\n`;
}

function load(...operators: string[]) {
  return loadPipeline([{ path: 'main.yaml', content: definition(...operators) }]);
}

function findings(...operators: string[]): string[] {
  return load(...operators).findings.map(({ code, operator, property, message, help }) => `${code} ${operator} ${property}: ${message}${help === undefined ? '' : ` (${help})`}`);
}

describe('an input finds its output', () => {
  test.each([
    ['the payload', ['a < .'], [undefined, '']],
    ['an output without a name', ['b > .', 'a < b'], ['b', '']],
    ['an output with a name', ['b > m n', 'a < b.n'], ['b', 'n']],
    ['in another case, spelled as declared', ['Bee > Mask', 'a < bEE.mASK'], ['Bee', 'Mask']],
    ['of an operator that comes later', ['a < b', 'b > .'], ['b', '']],
    ['of an operator called __proto__', ['__proto__ > .', 'a < __proto__'], ['__proto__', '']],
  ] as const)('%s', (_, operators, [from, name]) => {
    const { pipeline, findings: found } = load(...operators);
    expect(found).toEqual([]);
    expect(pipeline?.operators.find((operator) => operator.name === 'a')?.inputs[0]).toEqual({ from, name, path: '/in0' });
  });

  test('the only output, although its name is not said, with a warning', () => {
    expect(findings('b > m', 'a < b')).toEqual(['unnamed-input a input[0].name: the output of "b" is named "m"; this input does not say so (write name: m)']);
    expect(load('b > m', 'a < b').pipeline?.operators[1]?.inputs).toEqual([{ from: 'b', name: 'm', path: '/in0' }]);
  });

  test('a name on an input from the payload is a label', () => {
    const { pipeline, findings: found } = loadPipeline([{ path: 'main.yaml', content: definition('a < .scan .') }]);
    expect(found).toEqual([]);
    expect(pipeline?.operators[0]?.inputs).toEqual([{ from: undefined, name: 'scan', path: '/in0' }, { from: undefined, name: '', path: '/in1' }]);
  });
});

describe('an input that finds none', () => {
  test.each([
    ['no such operator', ['reader > .', 'a < raeder'], ['unknown-operator a input[0].from: operator "a" reads from "raeder", which is no operator of this pipeline (did you mean "reader"?)']],
    ['no operator near', ['reader > .', 'a < xyz'], ['unknown-operator a input[0].from: operator "a" reads from "xyz", which is no operator of this pipeline (leave out "from" to read the payload\'s input)']],
    ['never its own name', ['abcd < abce > .'], ['unknown-operator abcd input[0].from: operator "abcd" reads from "abce", which is no operator of this pipeline (leave out "from" to read the payload\'s input)']],
    ['no such output', ['reader > volume mask', 'a < reader.volum'], ['unknown-output a input[0].name: operator "a" reads output "volum" of "reader", which has no such output (did you mean "volume"?)']],
    ['no output near', ['reader > volume mask', 'a < reader.xyz'], ['unknown-output a input[0].name: operator "a" reads output "xyz" of "reader", which has no such output (it has volume, mask)']],
    ['an output without a name, asked for by one', ['reader > .', 'a < reader.volume'], ['unknown-output a input[0].name: operator "a" reads output "volume" of "reader", which has no such output (its only output has no name: leave out "name")']],
    ['one of several', ['reader > volume mask', 'a < reader'], ['unknown-output a input[0].from: operator "a" does not say which output of "reader" it reads (write name: and one of volume, mask)']],
    ['no output at all', ['reader', 'a < reader'], ['unknown-output a input[0].from: operator "a" reads from "reader", which has no output (give "reader" an output)']],
    ['many outputs', [`reader > ${Array.from({ length: 12 }, (_, index) => `output-${index}`).join(' ')}`, 'a < reader'], ['unknown-output a input[0].from: operator "a" does not say which output of "reader" it reads (write name: and one of output-0, output-1, output-2, output-3, output-4, output-5, output-6, output-7 …)']],
    ['one output twice', ['reader > .', 'a < reader READER .'], ['duplicate-input a input[1].from: operator "a" already has an input from this output of "reader" (one mount of it is enough)']],
  ])('%s', (_, operators, expected) => {
    expect(findings(...operators)).toEqual(expected);
    expect(load(...operators).pipeline).toBeUndefined();
  });
});

describe('cycles are named whole', () => {
  test.each([
    ['itself', ['a < a > .'], ['cycle a input[0].from: operator "a" reads its own output (a pipeline has no circles)']],
    ['two', ['a < b > .', 'b < a > .'], ['cycle a input[0].from: operators wait for each other: a → b → a (a pipeline has no circles)']],
    ['three, among others', ['r > .', 'c < b r > .', 'a < r c > .', 'b < a > .', 'leaf < b'], ['cycle c input[0].from: operators wait for each other: c → a → b → c (a pipeline has no circles)']],
    ['the shortest of a knot', ['a < d b > .', 'b < a > .', 'c < b > .', 'd < c > .'], ['cycle a input[1].from: operators wait for each other: a → b → a (a pipeline has no circles)']],
    ['two apart', ['a < b > .', 'b < a > .', 'c < c > .'], [
      'cycle a input[0].from: operators wait for each other: a → b → a (a pipeline has no circles)',
      'cycle c input[0].from: operator "c" reads its own output (a pipeline has no circles)',
    ]],
    ['a long one, cut', Array.from({ length: 30 }, (_, index) => `n${index} < n${(index + 29) % 30} > .`), [
      `cycle n0 input[0].from: operators wait for each other: ${[0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((index) => `n${index}`).join(' → ')} → … 10 more … → ${[20, 21, 22, 23, 24, 25, 26, 27, 28, 29].map((index) => `n${index}`).join(' → ')} → n0 (a pipeline has no circles)`,
    ]],
    ['a thousand', Array.from({ length: 1000 }, (_, index) => `n${index} < n${(index + 999) % 1000} > .`), [expect.stringContaining('… 980 more …')]],
  ])('%s', (_, operators, expected) => {
    expect(findings(...operators)).toEqual(expected);
  });
});

describe('the graph', () => {
  test('has every operator once, behind what it depends on, levels in the order of the definition', () => {
    const { graph } = load('last < c.x b', 'c < r > x y', 'alone', 'b < r > .', 'r < . > .', 'side < c.x c.y');
    expect(graph?.levels).toEqual([['alone', 'r'], ['c', 'b'], ['last', 'side']]);
    expect(graph?.order).toEqual(['alone', 'r', 'c', 'b', 'last', 'side']);
    expect(graph?.roots).toEqual(['alone', 'r']);
    expect([...graph!.dependencies]).toEqual([['last', ['c', 'b']], ['c', ['r']], ['alone', []], ['b', ['r']], ['r', []], ['side', ['c']]]);
    expect([...graph!.dependents]).toEqual([['last', []], ['c', ['last', 'side']], ['alone', []], ['b', ['last']], ['r', ['c', 'b']], ['side', []]]);
  });

  test('uses the longest way to an operator', () => {
    expect(load('a > .', 'b < a > .', 'c < b > .', 'd < a c').graph?.levels).toEqual([['a'], ['b'], ['c'], ['d']]);
  });

  test('keeps operators without any connection', () => {
    expect(load('a', 'b', '__proto__').graph).toMatchObject({ order: ['a', 'b', '__proto__'], levels: [['a', 'b', '__proto__']] });
  });

  test('spells names as they are declared', () => {
    expect([...load('A > .', 'b < a').graph!.dependencies]).toEqual([['A', []], ['b', ['A']]]);
  });
});
