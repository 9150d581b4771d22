import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PayloadsService } from '../../../src/api/services.ts';
import { expectGolden } from '../../helpers/golden.ts';
import { tempDir } from '../../helpers/run.ts';
import { definition, definitionFile, idIn, normalised, ok, pipeline, platform } from './helpers.ts';

test('pipelines: create, list, describe, update, delete', async () => {
  const { run } = await platform();
  expect(await ok(run(['list', 'pipelines']))).toBe('NAME   ID\n');
  expect(await ok(run(['list', 'pipelines', '-o', 'json']))).toBe('[]\n');
  expect(await ok(run(['list', 'pipelines', '-o', 'yaml']))).toBe('[]\n');
  expect(await ok(run(['list', 'pipelines', '-q']))).toBe('');

  const file = definitionFile('COVID-19-pipeline', 'true');
  const created = await ok(run(['create', 'pipelines', '-p', file]));
  expect(created).toMatch(/^PIPELINE_ID:[0-9a-f]{32}\n$/);
  const id = idIn(created);
  // As printed by 0.5: the second column three blanks after the longest name.
  expect(await ok(run(['list', 'pipelines']))).toBe(`NAME                ID\nCOVID-19-pipeline   ${id}\n`);
  expect(JSON.parse(await ok(run(['list', 'pipeline', '-o', 'json'])))).toEqual([{ pipelineId: id, name: 'COVID-19-pipeline', metadata: {} }]);
  expect(await ok(run(['list', 'pipelines', '-o', 'name']))).toBe(`pipeline/${id}\n`);
  expect(await ok(run(['list', 'pipelines', '--quiet']))).toBe(`${id}\n`);

  expectGolden('cli/describe-pipeline.txt', normalised(await ok(run(['describe', 'pipeline', '-p', id.slice(0, 8)]))));
  expect(await ok(run(['describe', 'pipeline', `pipeline/${id}`, '--raw']))).toBe(readFileSync(file, 'utf8'));
  const described = JSON.parse(await ok(run(['describe', 'pipeline', id, '-o', 'json']))) as { definition: object[] };
  expect(described).toMatchObject({ pipelineId: id, name: 'COVID-19-pipeline', metadata: {} });
  expect(described.definition).toEqual([{ path: 'COVID-19-pipeline.yaml', content: readFileSync(file, 'utf8') }]);

  const renamed = definitionFile('better', 'true');
  expect(await ok(run(['update', 'pipeline', id.slice(0, 6), '-p', renamed]))).toBe(`PIPELINE_ID:${id}\n`);
  expect(await ok(run(['update', 'pipelines', id, '--metadata', 'owner=me', '--metadata', 'x=1']))).toBe(`PIPELINE_ID:${id}\nMETADATA: owner=me, x=1\n`);
  expect(await ok(run(['update', 'pipeline', id, '--metadata', 'X=2', '--remove-metadata', 'Owner']))).toBe(`PIPELINE_ID:${id}\nMETADATA: X=2\n`);
  expect(await ok(run(['list', 'pipelines', '-o', 'wide']))).toBe(`NAME     ID                                 METADATA\nbetter   ${id}   X=2\n`);
  expect(await ok(run(['delete', 'pipelines', id]))).toBe(`PIPELINE_ID:${id}\n`);
  expect(await ok(run(['list', 'pipelines', '-q']))).toBe('');
});

test('a definition comes from standard input, under an id of the user\'s choice, with metadata', async () => {
  const { run } = await platform();
  const id = '0123456789abcdef0123456789abcdef';
  expect(await ok(run(['create', 'pipeline', '-p', '-', '--id', id.toUpperCase(), '--metadata', 'a=b=c', '-o', 'json'], { input: definition('piped', 'true') })))
    .toBe(`{\n  "pipelineId": "${id}"\n}\n`);
  expect(await ok(run(['list', 'pipelines', '-o', 'yaml']))).toBe(`- pipelineId: ${id}\n  name: piped\n  metadata:\n    a: b=c\n`);
});

test('jobs: create, list, describe, start with a parameter, cancel', async () => {
  const { run } = await platform();
  const pipelineId = await pipeline(run, 'greet', 'echo hello ${{ who }} | tee /output/greeting.txt', { who: 'world' });
  const input = join(tempDir(), 'input');
  mkdirSync(join(input, 'sub folder'), { recursive: true });
  writeFileSync(join(input, 'sub folder', 'a b.txt'), 'x');

  const created = await ok(run(['create', 'job', '-n', 'head', '-p', pipelineId.slice(0, 8), '-f', input, '--metadata', 'study=1']));
  // Scripts take the first line, split at the colon; the payload is on the second.
  expect(created).toMatch(/^JOB_ID:[0-9a-f]{32}\nPAYLOAD_ID:[0-9a-f]{32}\n$/);
  const [jobId, payloadId] = created.trim().split('\n').map((line) => line.split(':')[1]!) as [string, string];

  const waiting = (await ok(run(['describe', 'job', '-j', jobId]))).split('\n');
  expect(waiting.slice(0, 5)).toEqual(['NAME: head', `JOB_ID: ${jobId}`, `PIPELINE_ID: ${pipelineId}`, `PAYLOAD_ID: ${payloadId}`, 'PRIORITY: JOB_PRIORITY_NORMAL']);
  expect(waiting.slice(5, 7)).toEqual(['STATUS: JOB_STATUS_HEALTHY', 'STATE: JOB_STATE_PENDING']);
  expect(waiting[9]).not.toContain('1');

  expect(await ok(run(['start', 'job', '-j', jobId.slice(0, 10), '--set', 'who=you', '--wait=30']))).toMatch(
    new RegExp(`^JOB_ID:${jobId}\nJOB_STATE:JOB_STATE_(PENDING|RUNNING)\nJOB_STATUS:JOB_STATUS_HEALTHY\nJOB_PRIORITY:JOB_PRIORITY_NORMAL\n$`));
  const text = await ok(run(['describe', 'job', '-j', jobId]));
  expectGolden('cli/describe-job.txt', normalised(text));
  const lines = text.split('\n');
  expect(lines[5]).toContain('_HEALTHY');
  expect(lines[6]).toContain('STOPPED');
  expect(lines[9]).toContain('1');

  const data = JSON.parse(await ok(run(['describe', 'job', jobId, '-o', 'json']))) as Record<string, unknown>;
  expect(data).toMatchObject({
    jobId, payloadId, pipelineId, name: 'head', state: 'JOB_STATE_STOPPED', status: 'JOB_STATUS_HEALTHY', priority: 'JOB_PRIORITY_NORMAL', metadata: { study: '1' },
    operatorDetails: [{ name: 'work', status: 'JOB_OPERATOR_STATUS_COMPLETED' }],
  });
  expect(data.stopped).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expectGolden('cli/list-jobs.txt', normalised(await ok(run(['list', 'jobs']))));
  expect(Object.keys((JSON.parse(await ok(run(['list', 'jobs', '-o', 'json']))) as object[])[0]!)).toEqual(
    ['jobId', 'payloadId', 'pipelineId', 'jobName', 'state', 'status', 'priority', 'created', 'started', 'stopped', 'metadata']);
  expectGolden('cli/describe-payload.txt', normalised(await ok(run(['describe', 'payload', jobId.slice(0, 9)]))));
  expect(await ok(run(['list', 'payloads']))).toContain(`${payloadId}   ${jobId}   STOPPED     head\n`);

  const second = JSON.parse(await ok(run(['create', 'job', '-n', 'second job', '-p', pipelineId, '-i', 'high', '-o', 'json']))) as { jobId: string };
  expect(await ok(run(['cancel', 'jobs', second.jobId, '--reason', 'not needed', '--wait=30']))).toBe(
    `JOB_ID:${second.jobId}\nJOB_STATE:JOB_STATE_STOPPED\nJOB_STATUS:JOB_STATUS_CANCELED\n`);
  expect(await ok(run(['describe', 'job', second.jobId]))).toMatch(/^PRIORITY: JOB_PRIORITY_HIGHER$[^]*^MESSAGE: .*not needed/m);
  expect(await ok(run(['update', 'job', second.jobId, '--metadata', 'why=test', '-o', 'yaml']))).toBe(`jobId: ${second.jobId}\nmetadata:\n  why: test\n`);
});

test('list jobs filters by state, status, pipeline, times and name, and stops at a limit', async () => {
  const { run } = await platform();
  const one = await pipeline(run, 'one', 'true');
  const two = await pipeline(run, 'two', 'exit 3');
  const make = async (name: string, id: string, ...more: string[]) => (await ok(run(['create', 'job', '-n', name, '-p', id, '-q', ...more]))).trim();
  const waits = await make('head-1', one);
  const done = await make('head-2', one, '--start', '--wait=30');
  const failed = idIn((await run(['create', 'job', '-n', 'tail.3', '-p', two, '-q', '--start', '--wait=30'])).stdout);
  const list = async (...filters: string[]) => (await ok(run(['list', 'jobs', '-q', ...filters]))).split('\n').filter((line) => line !== '');
  expect(await list()).toEqual([failed, done, waits]);
  expect(await list('--state', 'pending')).toEqual([waits]);
  expect(await list('--state', 'pending,stopped', '--status', 'healthy')).toEqual([done, waits]);
  expect(await list('--status', 'JOB_STATUS_FAULTED')).toEqual([failed]);
  expect(await list('--pipeline', two.slice(0, 8))).toEqual([failed]);
  expect(await list('-p', one, '-p', two)).toEqual([failed, done, waits]);
  expect(await list('--name', 'head-*')).toEqual([done, waits]);
  expect(await list('--name', '{head-1,tail.3}')).toEqual([]);
  expect(await list('--created-after', '1h')).toEqual([failed, done, waits]);
  expect(await list('--created-after', '2100-01-01')).toEqual([]);
  expect(await list('--completed-before', '2100-01-01T00:00:00Z')).toEqual([failed, done]);
  expect(await list('--completed-before', '1h')).toEqual([]);
  expect(await list('--limit', '2')).toEqual([failed, done]);
  expect((await ok(run(['list', 'payloads', '-q', '--state', 'stopped']))).split('\n')).toHaveLength(3);
});

test('payloads: a reusable one is created, described, used by a job, deleted', async () => {
  const { server, run } = await platform();
  const created = await ok(run(['create', 'payload', '--metadata', 'study=phantom']));
  expect(created).toMatch(/^PAYLOAD_ID:[0-9a-f]{32}\nPAYLOAD_TYPE:PAYLOAD_TYPE_REUSABLE\n$/);
  const id = idIn(created);
  await server.connection.service(PayloadsService).upload([{ payloadId: { value: id }, details: { mode: 0, name: 'images/a.dcm', size: 3 }, data: Buffer.from('abc') }]);
  expect(JSON.parse(await ok(run(['describe', 'payload', id, '-o', 'json'])))).toEqual({
    payloadId: id, type: 'PAYLOAD_TYPE_REUSABLE', jobId: '', metadata: { study: 'phantom' }, files: [{ name: '/images/a.dcm', size: 3, mode: expect.any(Number) as number }],
  });
  const pipelineId = await pipeline(run, 'copy', 'cp -r /input/. /output/');
  const job = await ok(run(['create', 'job', '-n', 'reuse', '-p', pipelineId, '--input-payload', id, '--start', '--wait=30']));
  expect(await ok(run(['describe', 'payload', idIn(job)]))).toMatch(/ 3 +\/operators\/work\/images\/a\.dcm$|^3 +\/operators\/work\/images\/a\.dcm$/m);
  expect(await ok(run(['update', 'payload', id, '--remove-metadata', 'study', '--metadata', 'n=1']))).toBe(`PAYLOAD_ID:${id}\nMETADATA: n=1\n`);
  expect(await ok(run(['delete', 'payloads', id]))).toBe(`PAYLOAD_ID:${id}\n`);
  expect(await run(['describe', 'payload', id])).toMatchObject({ exitCode: 4, stdout: '' });
});

test('payloads: reusable ones are listed and found by their first digits, deleted ones are not', async () => {
  const { run } = await platform();
  const file = join(tempDir(), 'a.txt');
  writeFileSync(file, 'abc');
  const pipelineId = await pipeline(run, 'copy', 'cp -r /input/. /output/');
  const job = idIn(await ok(run(['create', 'job', '-n', 'head', '-p', pipelineId, '--start', '--wait=30'])));
  const ofJob = (JSON.parse(await ok(run(['describe', 'job', job, '-o', 'json']))) as { payloadId: string }).payloadId;
  const id = idIn(await ok(run(['create', 'payload', '--metadata', 'study=phantom'])));
  expect(await ok(run(['list', 'payloads']))).toBe([
    'PAYLOAD_ID                         JOB_ID                             JOB_STATE   JOB_NAME', `${ofJob}   ${job}   STOPPED     head`, `${id}   -                                  -           -`, '',
  ].join('\n'));
  expect(JSON.parse(await ok(run(['list', 'payloads', '-o', 'json'])))).toEqual([
    { payloadId: ofJob, type: 'PAYLOAD_TYPE_PIPELINE', jobId: job, jobName: 'head', state: 'JOB_STATE_STOPPED', metadata: {} },
    { payloadId: id, type: 'PAYLOAD_TYPE_REUSABLE', jobId: '', jobName: '', state: null, metadata: { study: 'phantom' } },
  ]);
  expect(await ok(run(['list', 'payloads', '-q', '--state', 'stopped']))).toBe(`${ofJob}\n`);
  expect(await ok(run(['list', 'payloads', '-q', '--limit', '1']))).toBe(`${ofJob}\n`);

  const cut = id.slice(0, 10);
  await ok(run(['upload', cut, file]));
  expect(await ok(run(['download', `${cut}:/a.txt`, '-']))).toBe('abc');
  expect(await ok(run(['describe', 'payload', cut]))).toContain(`PAYLOAD_ID: ${id}\n`);
  expect(await ok(run(['update', 'payload', cut, '--metadata', 'n=1']))).toContain(`PAYLOAD_ID:${id}\n`);
  await ok(run(['create', 'job', '-n', 'reuse', '-p', pipelineId, '--input-payload', cut]));

  await ok(run(['delete', 'payloads', cut, ofJob]));
  expect(await ok(run(['list', 'payloads', '-q', '--state', 'stopped']))).toBe('');
  expect(await run(['describe', 'payload', cut])).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no job or payload has an id that starts with') as string });

  const two = async () => (JSON.parse(await ok(run(['list', 'payloads', '-o', 'json']))) as { payloadId: string; jobId: string }[]).flatMap(({ payloadId, jobId }) => [payloadId, jobId]);
  let prefix: string | undefined;
  for (let i = 0; i < 40 && prefix === undefined; i += 1) {
    await ok(run(['create', 'payload']));
    const ids = await two();
    prefix = [...'0123456789abcdef'].find((digit) => ids.filter((each) => each.startsWith(digit)).length > 1);
  }
  expect(await run(['describe', 'payload', prefix!])).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^error: the job or payload id `.` is ambiguous: \d+ ids start with it\n( {2}[0-9a-f]{32} {2}(reusable payload|(payload of job )?(reuse|head))\n)+hint/) as string });
});

test('jobs: one that has stopped is deleted with its payload, logs and metadata; others are not', async () => {
  const { server, run } = await platform();
  const pipelineId = await pipeline(run, 'talk', 'echo hello');
  const make = async (...more: string[]) => idIn(await ok(run(['create', 'job', '-n', 'head', '-p', pipelineId, '--metadata', 'a=b', ...more])));
  const [first, second, waiting] = [await make('--start', '--wait=30'), await make('--start', '--wait=30'), await make()];
  const { payloadId } = JSON.parse(await ok(run(['describe', 'job', first, '-o', 'json']))) as { payloadId: string };
  expect(await run(['delete', 'jobs', waiting])).toMatchObject({ exitCode: 1, stdout: '', stderr: expect.stringMatching(/has not stopped[^]*hint: cancel the job first/) as string });
  expect(await ok(run(['delete', 'job', first.slice(0, 12)]))).toBe(`JOB_ID:${first}\n`);
  expect(await run(['describe', 'job', first])).toMatchObject({ exitCode: 4, stdout: '' });
  expect((await ok(run(['list', 'jobs', '-q']))).split('\n')).toEqual([waiting, second, '']);
  expect(await ok(run(['list', 'payloads', '-q']))).not.toContain(payloadId);
  for (const left of [join(server.home, 'payloads', payloadId), join(server.home, 'jobs', first)]) expect(existsSync(left)).toBe(false);

  // Its files may have been deleted before, and so may its pipeline.
  const other = JSON.parse(await ok(run(['describe', 'job', second, '-o', 'json']))) as { payloadId: string };
  await ok(run(['delete', 'payloads', other.payloadId]));
  await ok(run(['cancel', 'jobs', waiting]));
  await ok(run(['delete', 'pipelines', pipelineId]));
  expect(JSON.parse(await ok(run(['delete', 'jobs', second, waiting, '-o', 'json'])))).toEqual([{ jobId: second }, { jobId: waiting }]);
  expect(await ok(run(['list', 'jobs', '-q']))).toBe('');

  // The number of its revision is free again, and means what is registered now.
  await ok(run(['create', 'pipelines', '-p', definitionFile('talk', 'echo good day'), '--id', pipelineId]));
  const third = await make('--start', '--wait=30');
  expect(await ok(run(['logs', `${third}/work`]))).toBe('good day\n');
});

test('what no inference server could load is not taken for a model', async () => {
  const { run } = await platform();
  const folder = tempDir();
  mkdirSync(join(folder, 'liver', '1'), { recursive: true });
  writeFileSync(join(folder, 'liver', '1', 'model.plan'), 'x');
  const file = join(folder, 'liver', '1', 'model.plan');
  const empty = tempDir();
  writeFileSync(join(empty, '1'), '');
  const layout = 'a model is a folder with config.pbtxt and version folders, such as 1/model.plan';
  for (const [path, said] of [
    [file, `error: ${file} is a file, not the folder of a model\nhint: ${layout}\n`],
    [empty, `error: ${empty} is not the folder of a model: it has no version folder with files (a number, such as 1/)\nhint: ${layout}\n`],
    [folder, `error: ${folder} is not the folder of a model: it has no version folder with files (a number, such as 1/)\nhint: give the folder of one model: \`-p ${folder}/liver\`\n`],
    [join(folder, 'none'), `error: no such file or folder, or a link to nothing: ${folder}/none\n`],
  ]) expect(await run(['create', 'model', '-p', path!, '-t', 'tensorrt'])).toMatchObject({ exitCode: 2, stdout: '', stderr: said });
  expect(await ok(run(['list', 'models', '-q']))).toBe('');
});

test('models: create, list, describe, update, delete', async () => {
  const { run } = await platform();
  const folder = join(tempDir(), 'segmentation_liver');
  mkdirSync(join(folder, '1'), { recursive: true });
  writeFileSync(join(folder, 'config.pbtxt'), 'name: "liver"\n');
  writeFileSync(join(folder, '1', 'model.bin'), Buffer.alloc(3_000_000, 7));
  const id = (await ok(run(['create', 'model', '-p', folder, '-t', 'tensorflow', '--raw']))).trim();
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await ok(run(['list', 'models']))).toBe(`NAME                 ID                                 TYPE\nsegmentation_liver   ${id}   TENSOR_FLOW\n`);
  expect(JSON.parse(await ok(run(['list', 'models', '-o', 'json'])))).toEqual([{ modelId: id, name: 'segmentation_liver', type: 'MODEL_TYPE_TENSOR_FLOW', metadata: {} }]);
  expect(await ok(run(['update', 'model', id.slice(0, 5), '--metadata', 'v=2']))).toBe(`MODEL_ID:${id}\nMETADATA: v=2\n`);
  expect(await ok(run(['describe', 'model', id]))).toBe(`NAME: segmentation_liver\nMODEL_ID: ${id}\nTYPE: MODEL_TYPE_TENSOR_FLOW\nMETADATA: v=2\n`);
  expect(await ok(run(['delete', 'models', id.slice(0, 4)]))).toBe(`MODEL_ID:${id}\n`);
  expect(await ok(run(['list', 'models', '--quiet']))).toBe('');
});
