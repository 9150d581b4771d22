import { describe, expect, test } from 'vitest';
import { readModel } from '../../../src/workflow/values/read.ts';
import { readValues } from '../../../src/workflow/values/nodes.ts';
import { problemLine } from '../../../src/workflow/project/model.ts';
import { checkWorkflow } from '../../../src/workflow/project/check.ts';
import { stageNameProblem, yamlText } from '../../../src/workflow/project/names.ts';
import { calledAs } from '../../../src/config/workflow.ts';

const read = (text: string) => readModel(readValues(text, 'v'), { file: 'v', root: '/project', packageRoot: '/opt/clara' });
const problemsOf = (text: string) => read(text).problems.map(problemLine);

test('a stage with defaults, and one with everything', () => {
  const { stages, problems } = read([
    'workflows: {}', 'stages:', '  a: {image: {repository: r}}', '  b:', '    image: {repository: x.y:5/b, tag: "1.0"}', '    command: [sh, -c, "a b"]', '    mount: {in: {name: i}, out: {name: o}}',
    '    stageName: b', '    appDir: /opt', '    inputLock: /l/i', '    inputs: i/x', '    logName: /l', '    outputs: o/y', '    lockDir: /opt/locks', '    lockName: done', '    timeout: 5', '    trtis: true',
    '    build: {context: ../src, dockerfile: "${clara}/D", args: {A: b, C: }}',
  ].join('\n'));
  expect(problems).toEqual([]);
  expect(stages).toEqual([
    {
      name: 'a', image: { repository: 'r', tag: 'latest' }, command: undefined, mount: { in: { name: 'input' }, out: { name: 'output' } }, stageName: 'a', appDir: '/app', inputLock: '/app/locks/input.lock',
      inputs: 'input/input.mhd', logName: '/app/logs/a.log', outputs: 'output/output.mhd', lockDir: '/app/locks', lockName: 'a.lock', timeout: '300', trtis: false, build: undefined, position: { line: 3, column: 3 },
    },
    {
      name: 'b', image: { repository: 'x.y:5/b', tag: '1.0' }, command: ['sh', '-c', 'a b'], mount: { in: { name: 'i' }, out: { name: 'o' } }, stageName: 'b', appDir: '/opt', inputLock: '/l/i',
      inputs: 'i/x', logName: '/l', outputs: 'o/y', lockDir: '/opt/locks', lockName: 'done', timeout: '5', trtis: true,
      build: { context: '/src', dockerfile: '/opt/clara/D', args: new Map([['A', 'b'], ['C', '']]) }, position: { line: 4, column: 3 },
    },
  ]);
});

test('ioFolders that are not there are those of the guide', () => {
  expect(read('stages: {}\nworkflows:\n  w: {stages: [a, b], waitLocks: ["", a.lock], args: ["", [x, y]]}').workflows[0]).toMatchObject({
    args: [[], ['x', 'y']], ioFolders: ['a/input', 'a/output', 'b/output'], position: { line: 3, column: 3 },
  });
});

describe('what has the wrong shape', () => {
  test.each([
    ['workflows: []\nstages: {}', 'v:1:12: error: `workflows` is a list, not an object'],
    ['stages: {}', 'v:1:1: warning: there is no `workflows`'],
    ['stages: {}\nworkflows: {w: {waitLocks: [], args: []}}', 'v:2:16: error: the workflow `w` has no `stages`'],
    ['stages: {}\nworkflows: {w: {stages: a, waitLocks: [""], args: [""]}}', 'v:2:25: error: `stages` is a single value, not a list'],
    ['stages: {}\nworkflows: {w: {stages: [], waitLocks: [], args: []}}', 'v:2:25: error: a workflow has at least one stage'],
    ['stages: {}\nworkflows: {w: {stages: [a], waitLocks: ["", b], args: [""]}}', 'v:2:41: error: `waitLocks` of the workflow `w` has 2 entries, not 1: one for each stage'],
    ['stages: {}\nworkflows: {w: {stages: [a], waitLocks: [""], args: ["-v -x"]}}', 'v:2:54: error: arguments are a list: ["-v", "-x"]'],
    ['stages: {}\nworkflows: {w: {stages: [a], waitLocks: [""], args: [[1]]}}', 'v:2:55: warning: 1 is read as a number; write "1"'],
    ['stages: {}\nworkflows: {w: {stages: [a], waitlocks: [""], waitLocks: [""], args: [""]}}', 'v:2:30: warning: `waitlocks` is nothing that a workflow has (stages, waitLocks, args, ioFolders)'],
    ['workflows: {}\nstages: {a: {image: {tag: x}}}', 'v:2:10: error: the stage `a` has no image.repository'],
    ['workflows: {}\nstages: {a: {image: {repository: r, tag: 1.10}}}', 'v:2:42: warning: 1.10 is read as a number; write "1.10"'],
    ['workflows: {}\nstages: {a: text}', 'v:2:10: error: the stage `a` is a single value, not an object'],
    ['workflows: {}\nstages: {a: {image: {repository: r}, timeout: soon}}', 'v:2:47: error: `timeout` is a number of seconds'],
    ['workflows: {}\nstages: {a: {image: {repository: r}, build: {dockerfile: D}}}', 'v:2:45: error: `build` of the stage `a` has no `context`, the folder that is sent to Docker'],
  ])('%j', (text, problem) => expect(problemsOf(text)).toContain(problem));

  test.each([
    ['a: [1\nb: 2', /^v:2:1: /],
    ['a: 1\na: 2', /^v:2:1: /],
    ['a:\n\t- 1', /^v:2:\d: /],
    ['a: &x [*x]', /^v:1:8: \*x holds itself/],
    ['a: *x', /^v:1:\d: /],
    [`a: &a [1,1,1,1,1,1,1,1,1,1]\n${[...'bcdefg'].map((name, index) => `${name}: &${name} [${Array(10).fill(`*${'abcdef'[index]}`).join(',')}]`).join('\n')}`, /^v:\d+:\d+: there are more than 100000 values/],
  ])('%j is no file of values', (text, message) => expect(() => readValues(text, 'v')).toThrow(message));

  test('anchors, aliases and merges are followed', () => {
    expect(read('workflows: {}\nbase: &base {image: {repository: r, tag: t}, appDir: /x}\nstages:\n  a: {<<: *base, appDir: /y}\n').stages[0]).toMatchObject({ image: { repository: 'r', tag: 't' }, appDir: '/y' });
  });
});

describe('locks and folders of a workflow', () => {
  const stages = read('workflows: {}\nstages: {a: {image: {repository: a}}, b: {image: {repository: b}, lockName: done}, c: {image: {repository: c}, lockName: a.lock}}').stages;
  const project = { stages: () => stages, findStage: (name: string) => stages.find((stage) => stage.name === name) };
  const position = { line: 1, column: 1 };
  test.each([
    [['a', 'b'], ['', 'a.lock'], undefined],
    [['b', 'a'], ['', 'done'], undefined],
    [['b', 'a'], ['', 'b.lock'], '`a` waits for `b.lock`, which no stage before it writes (they write done)'],
    [['a', 'b'], ['', ''], '`b` does not wait for a lock: it would begin before `a` is done'],
    [['a'], ['x.lock'], '`a` is the first stage and waits for `x.lock`, which none writes'],
    [['a', 'b', 'a'], ['', 'a.lock', 'done'], 'the stage `a` stands there twice'],
    [['a', 'c'], ['', 'a.lock'], '`c` writes the lock `a.lock`, as a stage before it does'],
    [['a', 'bb'], ['', 'a.lock'], 'there is no stage `bb`; did you mean `b`?'],
    [['a', 'b', 'x-y-z'], ['', 'a.lock', 'a.lock'], 'there is no stage `x-y-z` (`clara-wf cs x-y-z` makes it)'],
  ])('%j waiting for %j', (names, waitLocks, message) => {
    const found = checkWorkflow(project, { id: 'w', stages: names, waitLocks, args: names.map(() => []), ioFolders: ['in', 'out'], position }, 'error').map((problem) => problem.message);
    expect(found).toEqual(message === undefined ? [] : expect.arrayContaining([`the workflow \`w\`: ${message}`]));
  });
  test.each(['', '/abs', '../up', 'a/../b'])('the folder %j is none', (folder) => {
    expect(checkWorkflow(project, { id: 'w', stages: ['a'], waitLocks: [''], args: [[]], ioFolders: [folder, 'a/out put'], position }, 'error')).toHaveLength(1);
  });
});

test.each([['a', true], ['a-1', true], ['x'.repeat(63), true], ['', false], ['a-', false], ['1a', false], ['A', false], ['a.b', false], ['template', false], ['no', false], ['null', false], ['n', false], ['x'.repeat(64), false]])('stage name %j: %j', (name, legal) => {
  expect(stageNameProblem(name) === undefined).toBe(legal);
});

test.each([['a', 'a'], ['a.b/c_d-e', 'a.b/c_d-e'], ['1', '"1"'], ['on', '"on"'], ['', '""'], ['a b', '"a b"'], ['0fcd-1', '"0fcd-1"']])('%j in YAML is %s', (text, written) => expect(yamlText(text)).toBe(written));

test.each([
  ['/usr/lib/node_modules/clara/plugins/clara-wf', {}, 'clara wf'],
  ['/usr/bin/clara-wf', {}, 'clara-wf'],
  ['/usr/bin/clara-wf', { CLARA_WF_NAME: './clara-wf' }, './clara-wf'],
])('%s with %j is called %s', (program, env, name) => expect(calledAs(program, env)).toBe(name));
