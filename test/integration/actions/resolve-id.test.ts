import { expect, onTestFinished, test } from 'vitest';
import { resolveId, resolveIds } from '../../../src/actions/resolve-id.ts';
import { Connection } from '../../../src/api/client.ts';
import { JobsListResponse_JobDetails } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { JobsService, ModelsService, PipelinesService } from '../../../src/api/services.ts';
import { serve, startGrpcServer } from '../../helpers/grpc-server.ts';

const id = (start: string) => start.padEnd(32, '0');
const detail = (job: string, payload: string, name: string) =>
  JobsListResponse_JobDetails.fromPartial({ jobId: { value: id(job) }, payloadId: { value: id(payload) }, jobName: name });

async function connect(): Promise<Connection> {
  const target = await startGrpcServer([
    serve(JobsService, {
      async *list() {
        yield {};
        yield { jobDetails: detail('ab1', 'c1', 'first') };
        yield { jobDetails: detail('ab2', 'c2', 'second') };
      },
    }),
    serve(PipelinesService, {
      async *list() { yield { details: { pipelineId: { value: id('f00d') }, name: 'liver', metadata: {} } }; },
    }),
    serve(ModelsService, {
      async *listModels() { yield { models: [{ modelId: { value: id('beef') }, name: 'net', type: 1, metadata: {} }] }; },
    }),
  ]);
  const connection = new Connection({ target });
  onTestFinished(() => connection.close());
  return connection;
}

test.each([
  ['job', 'ab1', id('ab1')],
  ['job', 'AB2', id('ab2')],
  ['payload', 'c2', id('c2')],
  ['pipeline', 'f', id('f00d')],
  ['model', 'beef0000-0000', id('beef')],
  ['job', 'DEADBEEF-0000-0000-0000-000000000000', id('deadbeef')],
] as const)('%s %s is %s', async (kind, text, expected) => {
  expect(await resolveId(await connect(), kind, text)).toBe(expected);
});

test('a whole id is taken as it is, without asking the platform', async () => {
  const connection = new Connection({ target: '127.0.0.1:1' });
  onTestFinished(() => connection.close());
  expect(await resolveId(connection, 'job', id('1'))).toBe(id('1'));
});

test('an ambiguous prefix lists the candidates', async () => {
  await expect(resolveId(await connect(), 'job', 'ab')).rejects.toMatchObject({
    kind: 'usage',
    message: 'the job id `ab` is ambiguous: 2 ids start with it',
    details: [`  ${id('ab1')}  first`, `  ${id('ab2')}  second`],
  });
});

test('a prefix that nothing has is not found', async () => {
  await expect(resolveId(await connect(), 'pipeline', 'ab')).rejects.toMatchObject({ kind: 'not-found' });
});

test.each(['', 'xyz', '../..', 'a b', 'f'.repeat(33)])('%j is not an id', async (text) => {
  await expect(resolveId(await connect(), 'job', text)).rejects.toMatchObject({ kind: 'usage', message: `\`${text}\` is not a job id` });
});

test('several ids keep their order and need one listing', async () => {
  expect(await resolveIds(await connect(), 'job', ['ab2', id('9'), 'ab1'])).toEqual([id('ab2'), id('9'), id('ab1')]);
});
