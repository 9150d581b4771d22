import { expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { renderFinding } from '../../../src/pipeline/render.ts';
import { SourceFile } from '../../../src/pipeline/source.ts';

const chain = `api-version: 0.4.0
name: chain
parameters:
  LEVEL: 1.50
variables:
  MODE: yes
operators:
- name: Reader
  container:
    image: host
    command: [sh, -c, "cp /input/* /output"]
  input:
  - path: /input/
  output:
  - path: /output
- name: segment
  container:
    image: nvcr.io/nvidia/clara/segment
    tag: 18.04
    command: ["--level=\${{ level }}"]
  requests: {cpu: 2, memory: 1024}
  input:
  - from: reader
    path: /in
  - path: /original
  output:
  - name: mask
    path: /mask
  - name: volume
    path: /volume
- name: alone
  container: {image: example/alone}
- name: show
  container: {image: example/show}
  input:
  - {from: SEGMENT, name: MASK, path: /in}
  - {from: reader, path: /in2}
`;

test('a chain loads whole: names as declared, text as written, defaults filled in', () => {
  const { pipeline, graph, findings } = loadPipeline([{ path: 'main.yaml', content: chain }]);
  expect(findings).toEqual([]);
  expect(pipeline).toMatchObject({ apiVersion: '0.4.0', name: 'chain', orchestrator: undefined, parameters: { LEVEL: '1.50' }, variables: { MODE: 'yes' } });
  expect(pipeline?.operators[0]).toMatchObject({ name: 'Reader', inputs: [{ from: undefined, name: '', path: '/input' }], outputs: [{ name: '', path: '/output' }] });
  expect(pipeline?.operators[1]).toMatchObject({
    container: { image: 'nvcr.io/nvidia/clara/segment', tag: '18.04', command: ['--level=1.50'] },
    requests: { cpu: 2, gpu: undefined, memory: 1024 },
    inputs: [{ from: 'Reader', name: '', path: '/in' }, { from: undefined, name: '', path: '/original' }],
  });
  expect(pipeline?.operators[2]?.container.tag).toBe('latest');
  expect(pipeline?.operators[3]?.inputs[0]).toEqual({ from: 'segment', name: 'mask', path: '/in' });
  expect(graph?.order).toEqual(['Reader', 'alone', 'segment', 'show']);
  expect(graph?.levels).toEqual([['Reader', 'alone'], ['segment'], ['show']]);
  expect(graph?.roots).toEqual(['Reader', 'alone']);
  expect(graph?.dependents.get('Reader')).toEqual(['segment', 'show']);
  expect(graph?.dependencies.get('show')).toEqual(['segment', 'Reader']);
});

test('an argument takes the place of a default', () => {
  const { pipeline } = loadPipeline([{ path: 'main.yaml', content: chain }], { arguments: { Level: '300' } });
  expect(pipeline?.operators[1]?.container.command).toEqual(['--level=300']);
  expect(pipeline?.parameters).toEqual({ LEVEL: '1.50' });
});

test('a finding reads like a compiler\'s', () => {
  const content = chain.replace('name: MASK', 'name: MSK');
  const { pipeline, findings } = loadPipeline([{ path: 'main.yaml', content }]);
  expect(pipeline).toBeUndefined();
  expect(findings).toHaveLength(1);
  expect(renderFinding(findings[0]!, new SourceFile({ path: 'main.yaml', content }))).toBe([
    'error[unknown-output]: operator "show" reads output "MSK" of "segment", which has no such output',
    '  --> main.yaml:36:27',
    '   |',
    '36 |   - {from: SEGMENT, name: MSK, path: /in}',
    '   |                           ^^^ did you mean "mask"?',
  ].join('\n'));
});
