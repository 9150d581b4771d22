import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { faulted, healthy, shellPipeline, startEngine, Status } from './harness.ts';

test.skipIf(missing('bwrap'))('a chain hands its files on', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    one: 'cat /input/a > /output/b; echo said one',
    two: { run: 'tr a-z A-Z < /from/one/b > /output/c', after: ['one'] },
  }), { files: { a: 'hello' } });
  const job = await h.stopped(id);
  expect(job).toMatchObject({ ...healthy, messages: [] });
  expect(readFileSync(h.output(id, 'two', 'c'), 'utf8')).toBe('HELLO');
  expect(await h.log(id, 'one')).toEqual(['said one']);
});

test.skipIf(missing('bwrap'))('an operator that fails is named with its exit code and last words', async () => {
  const h = await startEngine();
  const id = await h.submit(shellPipeline({
    good: 'true',
    bad: { run: 'echo first; echo it broke >&2; exit 3', after: ['good'] },
    never: { run: 'true', after: ['bad'] },
  }));
  const job = await h.stopped(id);
  expect(job).toMatchObject({ ...faulted, messages: ['operator bad failed with exit code 3', 'bad: first', 'bad: it broke'] });
  expect(h.operator(id, 'good').status).toBe(Status.JOB_OPERATOR_STATUS_COMPLETED);
  expect(h.operator(id, 'bad')).toMatchObject({ status: Status.JOB_OPERATOR_STATUS_FAULTED, exitCode: 3 });
  expect(h.operator(id, 'never')).toMatchObject({ status: Status.JOB_OPERATOR_STATUS_PENDING, startedAt: undefined });
});
