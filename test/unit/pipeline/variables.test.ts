import { expect, test } from 'vitest';
import { assignVariables, loadForJob } from '../../../src/pipeline/variables.ts';

const pipeline = { parameters: { SIGMA: '1.5', 'tool-tag': '3' }, variables: { MODE: 'fast', Path: 'a', PATH: 'b', sigma: 'never' } };

test.each([
  ['nothing', [], {}, {}],
  ['a parameter', [['SIGMA', '2']], { SIGMA: '2' }, {}],
  ['a parameter in another case, before the variable of that name', [['sigma', '2']], { SIGMA: '2' }, {}],
  ['a variable', [['MODE', 'slow']], {}, { MODE: 'slow' }],
  ['a variable in another case', [['mode', 'slow']], {}, { MODE: 'slow' }],
  ['of variables that differ by case the exact one', [['PATH', 'c']], {}, { PATH: 'c' }],
  ['an empty value', [['tool-tag', '']], { 'tool-tag': '' }, {}],
  ['both kinds', [['TOOL-TAG', '4'], ['MODE', 'x']], { 'tool-tag': '4' }, { MODE: 'x' }],
] as const)('assigns %s', (_, given, parameters, variables) => {
  const assignment = assignVariables(pipeline, given.map(([name, value]) => ({ name, value })));
  expect(assignment).toEqual({ kind: 'assigned', arguments: parameters, variables });
});

test.each([
  [['SIGMAA', '1'], 'unknown', '"SIGMAA" is neither a parameter nor a variable of the pipeline', 'did you mean "SIGMA"?'],
  [['nonsense', '1'], 'unknown', '"nonsense" is neither a parameter nor a variable of the pipeline', 'it has SIGMA, tool-tag, MODE, Path, PATH, sigma'],
  [['', '1'], 'unknown', '"" is neither a parameter nor a variable of the pipeline', 'it has SIGMA, tool-tag, MODE, Path, PATH, sigma'],
  [['__proto__', '1'], 'unknown', '"__proto__" is neither a parameter nor a variable of the pipeline', 'it has SIGMA, tool-tag, MODE, Path, PATH, sigma'],
  [['path', '1'], 'ambiguous', '"path" may be any of the variables Path, PATH', 'write it in the case it is declared in'],
  [['MODE', 'a\0b'], 'not-passable', 'the value of "MODE" has a NUL character, which no program can be given', undefined],
] as const)('refuses %j', ([name, value], reason, message, help) => {
  expect(assignVariables(pipeline, [{ name, value }])).toEqual({ kind: 'refused', problems: [{ reason, name, message, ...(help === undefined ? {} : { help }) }] });
});

test('refuses a name that comes twice, in any case, and says all problems at once', () => {
  const assignment = assignVariables(pipeline, [{ name: 'SIGMA', value: '1' }, { name: 'sigma', value: '1' }, { name: 'x', value: '' }]);
  expect(assignment).toMatchObject({ kind: 'refused', problems: [{ reason: 'duplicate', name: 'sigma' }, { reason: 'unknown', name: 'x' }] });
});

const definition = [{ path: 'main.yaml', content: `api-version: 0.4.0
name: blur
parameters: {SIGMA: 1.5, GPUS: 0}
variables: {MODE: fast, LEVEL: "\${{ SIGMA }}"}
operators:
- name: blur
  container: {image: example/blur, command: ["--sigma=\${{SIGMA}}"]}
  requests: {gpu: "\${{ GPUS }}"}
` }];

test('a job has its own values in the definition it runs', () => {
  const { pipeline: loaded, graph, problems } = loadForJob(definition, [{ name: 'sigma', value: '3' }, { name: 'mode', value: 'slow' }, { name: 'GPUS', value: '2' }]);
  expect(problems).toEqual([]);
  expect(graph?.order).toEqual(['blur']);
  expect(loaded?.variables).toEqual({ MODE: 'slow', LEVEL: '3' });
  expect(loaded?.operators[0]).toMatchObject({ container: { command: ['--sigma=3'] }, requests: { gpu: 2 } });
});

test('a value that breaks the definition is a finding in it', () => {
  const { pipeline: loaded, findings, problems } = loadForJob(definition, [{ name: 'GPUS', value: 'all' }]);
  expect(loaded).toBeUndefined();
  expect(problems).toEqual([]);
  expect(findings).toMatchObject([{ code: 'bad-request', line: 8, operator: 'blur', property: 'requests.gpu' }]);
});

test('a refused value leaves no pipeline', () => {
  const refused = loadForJob(definition, [{ name: 'MODES', value: 'x' }]);
  expect(refused.pipeline).toBeUndefined();
  expect(refused.problems).toMatchObject([{ help: 'did you mean "MODE"?' }]);
});
