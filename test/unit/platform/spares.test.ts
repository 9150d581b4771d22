import { expect, test } from 'vitest';
import { loadPipeline } from '../../../src/pipeline/load.ts';
import { graphOf } from '../../../src/pipeline/graph.ts';
import { newJobRun, type JobRun } from '../../../src/platform/engine/job-run.ts';
import { upcoming } from '../../../src/platform/engine/run/spares.ts';
import { type EngineJob } from '../../../src/platform/store/jobs.ts';
import { canPrepare } from '../../../src/system/sandbox/run.ts';

/** A job of operators that read others' outputs. */
function jobOf(operators: Readonly<Record<string, readonly string[]>>): JobRun {
  const content = JSON.stringify({
    'api-version': '0.4.0', name: 'x',
    operators: Object.entries(operators).map(([name, after]) => ({
      name, container: { image: 'host', command: ['true'] }, input: after.map((from) => ({ from, path: `/from/${from}` })), output: [{ path: '/output' }],
    })),
  });
  const pipeline = loadPipeline([{ path: 'pipeline.yaml', content }]).pipeline!;
  return newJobRun({ id: 'a', name: 'x' } as EngineJob, pipeline, graphOf(pipeline.operators), 0);
}

test.each([
  ['a chain, one after the other', { a: [], b: ['a'], c: ['b'], d: ['c'] }, [], ['a'], ['b', 'c', 'd']],
  ['not those in line', { a: [], b: [], c: [], d: ['a'] }, [], ['a'], ['d']],
  ['one that needs two waits for both', { a: [], b: [], c: ['a', 'b'], d: ['c'] }, [], ['a'], []],
  ['one of which has completed', { a: [], b: [], c: ['a', 'b'], d: ['c'] }, ['a'], ['b'], ['c', 'd']],
  ['or which both run', { a: [], b: [], c: ['a', 'b'] }, [], ['a', 'b'], ['c']],
  ['a diamond, each once', { a: [], b: ['a'], c: ['a'], d: ['b', 'c'] }, [], ['a'], ['b', 'c', 'd']],
] as const)('who may be next: %s', (_, operators, completed, running, expected) => {
  const job = jobOf(operators);
  for (const name of completed) job.byName.get(name)!.status = 'completed';
  for (const name of running) job.byName.get(name)!.status = 'running';
  const runs = (names: readonly string[]) => names.map((name) => job.byName.get(name)!);
  expect([...upcoming(runs(running))].map(({ definition }) => definition.name)).toEqual(expected);
});

test.each([
  [['/input', '/output'], ['NVIDIA_CLARA_JOBID', 'lower_case', 'A1'], true],
  [['/usr/share/input'], [], false],
  [['/lib64/x'], [], false],
  [['/usrlocal', '/library/x'], [], true],
  [['/input'], ['LD_PRELOAD'], false],
  [['/input'], ['IFS'], false],
  [['/input'], ['with-dash'], false],
  [['/input'], ['1ST'], false],
  [['/input'], ['clara_gate'], false],
])('a sandbox with the paths %j and the variables %j can be set up ahead: %s', (paths, variables, expected) => {
  expect(canPrepare(paths, variables)).toBe(expected);
});
