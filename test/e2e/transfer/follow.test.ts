import { expect, test } from 'vitest';
import { folderOf } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { clara, type RunOptions } from '../../helpers/run.ts';
import { shellOperators } from '../../helpers/shell-operators.ts';
import { transferPlace, type TransferPlace } from '../../helpers/transfer-place.ts';

const without = missing('bwrap');

/** A started job of these operators. */
async function started(commands: Readonly<Record<string, string>>): Promise<TransferPlace & { readonly job: string }> {
  const place = await transferPlace();
  const source = folderOf({ 'p.yaml': shellOperators(commands) });
  const pipeline = (await place.run(['create', 'pipelines', '-p', 'p.yaml', '-q'], { cwd: source })).stdout.trim();
  const job = (await place.run(['create', 'job', '-n', 'x', '-p', pipeline, '--start', '-q'])).stdout.trim();
  return { ...place, job };
}

/** Sends Ctrl-C when a line has appeared on stdout. */
function interruptAt(text: string): NonNullable<RunOptions['onSpawn']> {
  return (child) => {
    let seen = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      const before = seen.includes(text);
      seen += chunk.toString();
      if (!before && seen.includes(text)) child.kill('SIGINT');
    });
  };
}

test.skipIf(without)('watch tells what happens until the end, then the whole', async () => {
  const { run, job } = await started({ one: 'sleep 1', two: 'sleep 1' });
  const done = await run(['watch', job.slice(0, 8)]);
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  expect(done.stdout).toMatch(/(job: running\n)?(one: running\n)?one: completed\ntwo: running\ntwo: completed\njob: stopped\n|job: stopped\n/);
  expect(done.stdout).toMatch(/\n\nOPERATOR .*DURATION\none +COMPLETED .*\ntwo +COMPLETED .*\n$/);
  const again = await run(['watch', job, '-o', 'json']);
  expect(JSON.parse(again.stdout)).toMatchObject({ jobId: job, state: 'JOB_STATE_STOPPED', status: 'JOB_STATUS_HEALTHY' });
});

test.skipIf(without)('watch of a job that fails: exit 6 with the end of its log', async () => {
  const { run, job } = await started({ bad: 'echo it broke; exit 3' });
  const done = await run(['watch', job]);
  expect(done.exitCode).toBe(6);
  expect(done.stdout).toContain('bad: faulted\n');
  expect(done.stderr).toContain('last lines of operator bad:\n  it broke\n');
});

test.skipIf(without)('Ctrl-C ends the watching, not the job', async () => {
  const { run, job } = await started({ slow: 'sleep 300' });
  const done = await run(['watch', job], { onSpawn: interruptAt('slow: running') });
  expect(done.exitCode).toBe(130);
  expect(done.stderr).toContain(`error: interrupted; job ${job} goes on\n`);
  expect((await run(['describe', 'job', '-j', job])).stdout).toContain('JOB_STATE_RUNNING');
  await run(['cancel', 'jobs', job, '--wait']);
});

test.skipIf(without)('logs of one operator, of all, and the end of one', async () => {
  const { run, job } = await started({ one: 'seq 1 5', two: 'echo out; echo err >&2' });
  await run(['watch', job]);
  expect(await run(['logs', `${job}/one`])).toMatchObject({ exitCode: 0, stdout: '1\n2\n3\n4\n5\n', stderr: '' });
  expect(await run(['logs', `job/${job.slice(0, 10)}`, 'ONE', '--tail', '2'])).toMatchObject({ exitCode: 0, stdout: '4\n5\n' });
  expect((await run(['logs', job])).stdout).toBe('one: 1\none: 2\none: 3\none: 4\none: 5\ntwo: out\ntwo: err\n');
  expect((await run(['logs', job, '--follow'])).stdout.split('\n').toSorted()).toEqual(['', 'one: 1', 'one: 2', 'one: 3', 'one: 4', 'one: 5', 'two: err', 'two: out']);
  expect(await run(['logs', `${job}/three`])).toMatchObject({ exitCode: 4, stdout: '', stderr: expect.stringContaining('it has one, two') as string });
});

test.skipIf(without)('followed logs come as they are written, to the last line', async () => {
  const { run, job } = await started({ slow: 'for i in 1 2 3 4 5; do echo $i; sleep 0.3; done', after: 'echo done' });
  const done = await run(['logs', job, '-f']);
  expect(done).toMatchObject({ exitCode: 0, stderr: '' });
  expect(done.stdout.split('\n').filter((line) => line.startsWith('slow'))).toEqual(['slow: 1', 'slow: 2', 'slow: 3', 'slow: 4', 'slow: 5']);
  expect(done.stdout).toContain('after: done\n');
});

test.skipIf(without)('Ctrl-C ends the following', async () => {
  const { run, job } = await started({ slow: 'echo first; sleep 300' });
  expect(await run(['logs', `${job}/slow`, '-f'], { onSpawn: interruptAt('first') })).toMatchObject({ exitCode: 130, stdout: 'first\n' });
  await run(['cancel', 'jobs', job, '--wait']);
});

test.each([
  ['clara-dicom-adapter', /clara dicom logs/],
  ['clara-clara-platformapiserver', /clara platform logs/],
  ['fluentd', /not part of Clara any more/],
])('the former container %s is answered with what there is now', async (name, hint) => {
  const done = await clara(['logs', name], { env: { CLARA_HOST: '127.0.0.1:1' } });
  expect(done).toMatchObject({ exitCode: 2, stdout: '' });
  expect(done.stderr).toContain('deprecated in 0.7.1');
  expect(done.stderr).toMatch(hint);
});
