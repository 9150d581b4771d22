import { describe, expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';

/** The operator's properties stand from line 5 on. */
const definition = (parameters: string, operator: string, more = '') => `api-version: 0.4.0\nname: x\nparameters: ${parameters}\noperators:\n- ${operator.replaceAll('\n', '\n  ')}\n${more}`;

function load(content: string, passed?: Readonly<Record<string, string>>) {
  return loadPipeline([{ path: 'main.yaml', content }], passed === undefined ? {} : { arguments: passed });
}

function findings(content: string, passed?: Readonly<Record<string, string>>): string[] {
  return load(content, passed).findings.map(({ line, column, length, code, message, help }) => `${line}:${column}+${length} ${code}: ${message}${help === undefined ? '' : ` (${help})`}`);
}

test('placeholders are replaced everywhere', () => {
  const content = `api-version: 0.4.0
name: \${{ NAME }}-pipeline
description: "\${{NAME}} and \${{ name }}"
orchestrator: \${{ WHO }}
parameters: {NAME: Blur, WHO: clara, IMAGE: blur, TAG: 3.10, SIGMA: 1.50, CPU: 2, IN: in, OUT: mask}
variables:
  MODE: \${{ NAME }}
pull-secrets: ["\${{ IMAGE }}-key"]
operators:
- name: \${{ NAME }}
  description: >
    folded \${{
    NAME }}
  container:
    image: example/\${{IMAGE}}
    tag: \${{   TAG	}}
    command: ["--sigma=\${{SIGMA}},\${{SIGMA}}", '\${{SIGMA}}', "$\${{SIGMA}}}", "\${SIGMA} $(SIGMA)"]
  requests: {cpu: "\${{ CPU }}"}
  variables: {LEVEL: "\${{ SIGMA }}"}
  input:
  - path: /\${{ IN }}/
  output:
  - name: \${{ OUT }}
    path: /\${{ OUT }}
- name: show
  container: {image: example/show}
  input: [{from: "\${{ NAME }}", name: "\${{ out }}", path: /in}]
`;
  const { pipeline, findings: found } = load(content);
  expect(found).toEqual([]);
  expect(pipeline).toMatchObject({
    name: 'Blur-pipeline', description: 'Blur and Blur', orchestrator: 'Clara', variables: { MODE: 'Blur' }, pullSecrets: ['blur-key'],
    operators: [{
      name: 'Blur', description: 'folded Blur\n',
      container: { image: 'example/blur', tag: '3.10', command: ['--sigma=1.50,1.50', '1.50', '$1.50}', '${SIGMA} $(SIGMA)'] },
      requests: { cpu: 2 }, variables: { LEVEL: '1.50' }, inputs: [{ path: '/in' }], outputs: [{ name: 'mask', path: '/mask' }],
    }, { inputs: [{ from: 'Blur', name: 'mask' }] }],
  });
  expect(load(content, { name: 'Sharp', cpu: '4', out: 'o' }).pipeline).toMatchObject({ name: 'Sharp-pipeline', operators: [{ name: 'Sharp', requests: { cpu: 4 } }, { inputs: [{ from: 'Sharp', name: 'o' }] }] });
});

test('what is put in is text, and is not looked at again', () => {
  const { pipeline, findings: found } = load(definition('{A: "${", B: "", C: null, D: ~}', 'name: a\ncontainer: {image: x, tag: "${{ B }}", command: ["${{ A }}{ B }}", "${{ C }}${{ D }}", "${{ E }}"]}').replace('{A:', '{E: x, A:'), { E: '${{ A }}' });
  expect(found).toEqual([]);
  expect(pipeline?.operators[0]?.container).toEqual({ image: 'x', tag: 'latest', command: ['${{ B }}', 'null~', '${{ A }}'] });
});

test('the text of a dollar sign in a value stays one', () => {
  expect(load(definition('{A: "$1 $& $$"}', 'name: a\ncontainer: {image: x, command: ["${{ A }}"]}')).pipeline?.operators[0]?.container.command).toEqual(['$1 $& $$']);
});

test('parameters with names of objects', () => {
  const { pipeline } = load(definition('{__proto__: a, constructor: b}', 'name: a\ncontainer: {image: x, command: ["${{ __proto__ }}", "${{ Constructor }}"]}'), Object.fromEntries([['__proto__', 'c']]));
  expect(pipeline?.operators[0]?.container.command).toEqual(['c', 'b']);
  expect(Object.entries(pipeline?.parameters ?? {})).toEqual([['__proto__', 'a'], ['constructor', 'b']]);
});

test('the parameters of an operator go before those of the pipeline, in it alone', () => {
  const operator = (name: string, more: string) => `name: ${name}\ncontainer: {image: x, command: ["\${{ A }}", "\${{ B }}"]}${more}`;
  const content = definition('{A: 1, B: 2}', operator('a', '\nparameters: {a: own}'), `- ${operator('b', '').replaceAll('\n', '\n  ')}\n`);
  expect(load(content, { A: '9' }).pipeline?.operators.map(({ container }) => container.command)).toEqual([['own', '2'], ['9', '2']]);
});

describe('what is wrong with a placeholder, at its place', () => {
  test.each([
    ['undeclared', '{SIGMA: 1}', '"--x=${{ SIGNA }}"', ['6:40+12 unknown-placeholder: the placeholder "${{ SIGNA }}" names no declared parameter (did you mean "SIGMA"?)']],
    ['far from all', '{SIGMA: 1}', '"${{ TAG }}"', ['6:36+10 unknown-placeholder: the placeholder "${{ TAG }}" names no declared parameter (declare it: parameters: {TAG: …})']],
    ['several in one text', '{A: 1}', '"${{ B }} ${{A}} ${{ C }} ${{ B }}"', [
      '6:36+8 unknown-placeholder: the placeholder "${{ B }}" names no declared parameter (declare it: parameters: {B: …})',
      '6:52+8 unknown-placeholder: the placeholder "${{ C }}" names no declared parameter (declare it: parameters: {C: …})',
      '6:61+8 unknown-placeholder: the placeholder "${{ B }}" names no declared parameter (declare it: parameters: {B: …})',
    ]],
    ['behind an escape, where it is found all the same', '{A: 1}', '"\\t${{ XYZ }}"', ['6:38+10 unknown-placeholder: the placeholder "${{ XYZ }}" names no declared parameter (declare it: parameters: {XYZ: …})']],
    ['written with escapes: the whole text', '{A: 1}', '"a${{\\x20XYZ }}"', ['6:35+16 unknown-placeholder: the placeholder "${{ XYZ }}" names no declared parameter (declare it: parameters: {XYZ: …})']],
    ['empty', '{A: 1}', '"${{ }}"', ['6:36+6 bad-placeholder: the placeholder "${{ }}" names no parameter: the name is empty (write ${{ NAME }})']],
    ['an expression', '{A: 1}', '"${{ A + 1 }}"', ['6:36+12 bad-placeholder: the placeholder "${{ A + 1 }}" names no parameter: the name has a space at character 2; letters A-Z and a-z, digits, "-" and "_" are allowed (write ${{ NAME }})']],
    ['open', '{A: 1}', '"x ${{ A }"', ['6:38+7 bad-placeholder: the placeholder "${{ A }" has no closing "}}" (write ${{ NAME }})']],
    ['inside another', '{A: 1}', '"${{ ${{ A }} }}"', ['6:36+12 bad-placeholder: the placeholder "${{ ${{ A }}" names no parameter: the name has "$" at character 1; letters A-Z and a-z, digits, "-" and "_" are allowed (write ${{ NAME }})']],
  ])('%s', (_, parameters, argument, expected) => {
    expect(findings(definition(parameters, `name: a\ncontainer: {image: x, command: [${argument}]}`))).toEqual(expected);
  });

  test.each([
    ['a default', definition('{A: "${{ B }}", B: 1}', 'name: a\ncontainer: {image: x}'), ['3:17+10 misplaced-placeholder: a placeholder cannot stand in "parameters" (the default of a parameter is plain text)']],
    ['api-version', definition('{A: 0.4.0}', 'name: a\ncontainer: {image: x}').replace('api-version: 0.4.0', 'api-version: ${{ A }}'), ['1:14+8 misplaced-placeholder: a placeholder cannot stand in "api-version"']],
    ['the name of a property', definition('{A: name}', 'name: a\ncontainer: {image: x}\nvariables: {"${{ A }}": 1}'), [
      '7:15+10 misplaced-placeholder: a placeholder cannot stand in the name of a property',
      '7:15+10 environment-name: the variable name "${{ A }}" is one that shells cannot read (use letters, digits and "_", and no digit first)',
    ]],
  ])('in %s', (_, content, expected) => {
    expect(findings(content)).toEqual(expected);
  });
});

describe('what is wrong with a value', () => {
  const content = definition('{SIGMA: 1}', 'name: a\ncontainer: {image: x}');

  test.each([
    ['undeclared', { SIGNA: '1' }, ['3:1+10 unknown-argument: a value was given for "SIGNA", which is no parameter of this definition (did you mean "SIGMA"?)']],
    ['twice', { SIGMA: '1', sigma: '2' }, ['3:1+10 unknown-argument: a value was given for both "SIGMA" and "sigma", which are one parameter']],
  ])('%s', (_, passed, expected) => {
    expect(findings(content, passed)).toEqual(expected);
  });

  test('where there are no parameters', () => {
    expect(findings(content.replace(/parameters.*\n/, ''), { A: '1' })).toEqual(['1:1+1 unknown-argument: a value was given for "A", which is no parameter of this definition (it declares no parameters)']);
  });

  test('one that the definition cannot use is a finding where it is used', () => {
    expect(findings(definition('{GPU: 1}', 'name: a\ncontainer: {image: x}\nrequests:\n  gpu: ${{ GPU }}'), { GPU: '1.5' }))
      .toEqual(['8:10+10 bad-request: the request for gpu must be a number of whole devices, not "1.5" (write it in digits, from 0 to 999999999)']);
  });
});
