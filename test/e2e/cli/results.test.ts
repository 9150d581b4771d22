import { beforeEach, describe, expect, test } from 'vitest';
import { ResultsClient } from '../../../src/api/results/client.ts';
import { splitAddress } from '../../../src/core/addresses.ts';
import { startServer } from '../../helpers/platform.ts';
import { clara, tempDir } from '../../helpers/run.ts';

const registration = { pipelineId: 'p', jobId: 'j', payloadId: 'l', parameters: '"MYPACS"', uris: ['/operators/w/dicom/1.dcm', '/operators/w/dicom/2.dcm'] };

let client: ResultsClient;
let results: (...words: string[]) => ReturnType<typeof clara>;

beforeEach(async () => {
  const server = await startServer();
  client = new ResultsClient({ kind: 'network', ...splitAddress(server.ready.results!) }, 10_000);
  results = (...words) => clara(['results', ...words, ...(words.includes('--service') ? [] : ['--service', server.ready.results!])], { env: { CLARA_HOME: tempDir(), CLARA_HOST: server.target } });
});

describe('clara results', () => {
  test('lists tasks, newest first, and filters them', async () => {
    expect(await results('list')).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^TASK_ID +STATE +RETRIES +AGENT +FILES +CREATED +PARAMETERS\n$/) });
    expect(await results('list', '-o', 'json')).toMatchObject({ stdout: '[]\n' });
    const first = await client.register('ClaraSCU', registration);
    const second = await client.register('DICOMweb', { ...registration, parameters: null });
    expect((await results('list', '-q')).stdout).toBe(`${second}\n${first}\n`);
    expect((await results('list', '--agent', 'clarascu', '-o', 'name')).stdout).toBe(`task/${first}\n`);
    await client.take('ClaraSCU', 10);
    expect((await results('list', '--state', 'inProgress', '-o', 'json')).stdout).toContain(first);
    expect((await results('list', '--state', 'Pending', '-q')).stdout).toBe(`${second}\n`);
    const lines = (await results('list')).stdout.split('\n');
    expect(lines[1]).toMatch(new RegExp(`^${second} +Pending +0 +DICOMweb +2 +\\S+Z +-$`));
    expect(lines[2]).toMatch(new RegExp(`^${first} +InProgress +0 +ClaraSCU +2 +\\S+Z +"MYPACS"$`));
    // Looking has taken nothing.
    expect(await client.take('DICOMweb', 10)).toHaveLength(1);
  });

  test('describes a task by the first digits of its id', async () => {
    const id = await client.register('ClaraSCU', registration);
    const text = await results('describe', id.slice(0, 6));
    expect(text.stdout.split('\n').slice(0, 5)).toEqual([`TASK_ID: ${id}`, 'AGENT: ClaraSCU', 'STATE: Pending', 'RETRIES: 0', 'PARAMETERS: "MYPACS"']);
    expect(text.stdout).toContain('\nFILE: /operators/w/dicom/1.dcm\nFILE: /operators/w/dicom/2.dcm\n');
    expect(JSON.parse((await results('describe', `task/${id}`, '-o', 'json')).stdout)).toMatchObject({ ...registration, taskId: id, state: 'Pending' });
    expect(await results('describe', '00000000-0000-0000-0000-000000000000')).toMatchObject({ exitCode: 4, stderr: 'error: there is no task 00000000-0000-0000-0000-000000000000\n' });
    expect(await results('describe', 'xyz')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not the id of a task') });
  });

  test('retries a task that failed', async () => {
    const id = await client.register('ClaraSCU', registration);
    await client.take('ClaraSCU', 1);
    await client.failed(id, false);
    expect(await results('retry', id.slice(0, 8))).toMatchObject({ exitCode: 0, stdout: `TASK_ID:${id}\nSTATE:Pending\n` });
    expect(await client.take('ClaraSCU', 1)).toMatchObject([{ taskId: id, retries: 0 }]);
  });

  test('takes the commands of the first releases, and says where the service is now', async () => {
    expect(await results('start', '-f', 'config.json')).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringMatching(/config\.json is not used[^]*part of the platform, and runs/) });
    expect(await results('restart')).toMatchObject({ exitCode: 0 });
    expect(await clara(['results', 'stop'], { env: { CLARA_HOME: tempDir() } })).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('`clara platform stop` stops both') });
    expect(await results('start', '--service', '127.0.0.1:9')).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('cannot be reached') });
  });

  test('says what is wrong with what answers', async () => {
    const server = await startServer();
    // The other port of a platform.
    expect((await results('list', '--service', server.target)).exitCode).not.toBe(0);
    expect(await results('list', '--service', 'http://x')).toMatchObject({ exitCode: 2 });
  });
});
