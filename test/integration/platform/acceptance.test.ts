import { Client, credentials, Metadata } from '@grpc/grpc-js';
import { expect, onTestFinished, test } from 'vitest';
import { JobsListRequest, JobsListResponse, JobsStatusResponse } from '../../../src/api/generated/nvidia/clara/platform/jobs.ts';
import { PayloadsDetailsResponse } from '../../../src/api/generated/nvidia/clara/platform/payloads.ts';
import { type ResponseHeader } from '../../../src/api/generated/nvidia/clara/platform/common.ts';
import * as services from '../../../src/api/services.ts';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { startServer } from '../../helpers/platform.ts';
import { clients, oneStep, register } from './helpers.ts';

/** A client that knows bytes only, with the limits that every gRPC client has by default. */
function rawClient(target: string): Client {
  const client = new Client(target, credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
}

const asIs = (bytes: Buffer) => bytes;

/** Calls a method with the bytes of its requests and returns those of its answers; rejects with a gRPC status. */
function call(client: Client, method: { path: string; requestStream: boolean; responseStream: boolean }, requests: readonly Buffer[]): Promise<Buffer[]> {
  return new Promise((resolve, reject) => {
    const answers: Buffer[] = [];
    const once = (error: Error | null, answer?: Buffer) => (error ? reject(error) : resolve([answer!]));
    if (method.responseStream) {
      client.makeServerStreamRequest(method.path, asIs, asIs, requests[0]!, new Metadata())
        .on('data', (answer: Buffer) => answers.push(answer)).on('end', () => resolve(answers)).on('error', reject);
    } else if (method.requestStream) {
      const stream = client.makeClientStreamRequest(method.path, asIs, asIs, new Metadata(), once);
      for (const request of requests) stream.write(request);
      stream.end();
    } else {
      client.makeUnaryRequest(method.path, asIs, asIs, requests[0]!, new Metadata(), once);
    }
  });
}

const methods = Object.values(services).flatMap((service) => Object.values(service));
const endless = '/nvidia.clara.platform.Clara/Stop';

/** What an empty request means to each method: which one needs what. */
function expectedCode(path: string): number {
  const [service, method] = path.split('/').slice(1) as [string, string];
  const name = service.split('.').at(-1)!;
  if (/^(List|GpuMetrics|Utilization|Version|Stop|Create(Catalog|Instance))/.test(method)) return 0;
  if (name === 'Payloads') return method === 'Create' ? 0 : WireCode.invalidPayloadId;
  if (name === 'Jobs') return method === 'Create' ? WireCode.invalidPipelineId : WireCode.invalidJobId;
  if (name === 'Pipelines') return method === 'Create' ? WireCode.pipelineDefinition : WireCode.invalidPipelineId;
  return method === 'UploadModel' ? WireCode.modelUpload : WireCode.invalidModelId;
}

test('every method takes a request without a header, and answers failures with gRPC OK and a code in its first message', async () => {
  const server = await startServer({ env: { PATH: '/usr/bin:/bin' } });
  const client = rawClient(server.target);
  expect(methods).toHaveLength(43);
  // Lists while there is nothing to list, and the end at the end.
  const rank = ({ path }: { path: string }) => (path === endless ? 2 : /\/List/.test(path) ? 0 : 1);
  for (const method of [...methods].sort((one, other) => rank(one) - rank(other))) {
    const answers = await call(client, method, [Buffer.alloc(0)]);
    const expected = expectedCode(method.path);
    // A list of nothing is no message at all.
    if (/\/List/.test(method.path)) {
      expect(answers, method.path).toEqual([]);
      continue;
    }
    expect(answers.length, method.path).toBe(1);
    const { header } = method.responseDeserialize(answers[0]!) as { header: ResponseHeader | undefined };
    expect(header, method.path).toBeDefined();
    expect(header!.code, method.path).toBe(expected);
    expect(header!.messages.length > 0, method.path).toBe(expected < 0);
  }
});

test('the version that NVIDIA\'s clients announce is accepted', async () => {
  const server = await startServer();
  const client = rawClient(server.target);
  // RequestHeader 0.6.0, "Nvidia.Clara.Platform" (platform-api 1.3), as field 1.
  const header = Buffer.from('0a1b0a02100612154e76696469612e436c6172612e506c6174666f726d', 'hex');
  const [answer] = await call(client, services.ClaraService.version, [header]);
  expect(services.ClaraService.version.responseDeserialize(answer!).header!.code).toBe(0);
});

test('fields that nobody knows are passed over', async () => {
  const server = await startServer();
  const [answer] = await call(rawClient(server.target), services.PayloadsService.create, [Buffer.from('fa3f0378797a', 'hex')]);
  expect(services.PayloadsService.create.responseDeserialize(answer!)).toMatchObject({ header: { code: 0 }, type: 2 });
});

test('a filter works with packed and with unpacked enums', async () => {
  const server = await startServer();
  const platform = clients(server);
  const pipelineId = await register(platform, oneStep);
  await platform.jobs.create({ pipelineId, name: 'pending' });
  const { jobId } = await platform.jobs.create({ pipelineId, name: 'stopped' });
  await platform.jobs.cancel({ jobId });
  const client = rawClient(server.target);
  const list = async (filter: string) => {
    const bytes = Buffer.from(filter, 'hex');
    const answers = await call(client, services.JobsService.list, [Buffer.concat([Buffer.from([0x12, bytes.length]), bytes])]);
    return answers.map((answer) => JobsListResponse.decode(answer).jobDetails!.jobName);
  };
  expect(await list('1a020102')).toEqual(['pending']);
  expect(await list('18011802')).toEqual(['pending']);
  expect(await list('1a0103220103')).toEqual(['stopped']);
  expect(await list('18032003')).toEqual(['stopped']);
  expect(await list('')).toEqual(['stopped', 'pending']);
  expect(JobsListRequest.decode(Buffer.from('120418011802', 'hex')).filter!.hasState).toEqual([1, 2]);
});

test('on the wire a time that is not reached is no field, and one that is counts from year 1', async () => {
  const server = await startServer();
  const platform = clients(server);
  const pipelineId = await register(platform, oneStep);
  const { jobId, payloadId } = await platform.jobs.create({ pipelineId, name: 'j' });
  const client = rawClient(server.target);
  const id = Buffer.concat([Buffer.from('12220a20', 'hex'), Buffer.from(jobId!.value)]);
  const [bytes] = await call(client, services.JobsService.status, [id]);
  const status = JobsStatusResponse.decode(bytes!);
  expect(status.started).toBeUndefined();
  expect(status.stopped).toBeUndefined();
  const unixSeconds = status.created!.value - 62_135_596_800;
  expect(Math.abs(unixSeconds - Date.now() / 1000)).toBeLessThan(60);

  // An empty payload is told by one message: with its type, without a file.
  const [details, ...more] = await call(client, services.PayloadsService.details, [Buffer.concat([Buffer.from('12220a20', 'hex'), Buffer.from(payloadId!.value)])]);
  expect(PayloadsDetailsResponse.decode(details!)).toMatchObject({ file: undefined, type: 1, jobId, payloadId });
  expect(more).toEqual([]);
});

test('no message of a large file is above the 4 MiB that a client takes by default', async () => {
  const server = await startServer();
  const { payloads } = clients(server);
  const { payloadId } = await payloads.create({});
  const size = 3 * 1024 * 1024;
  await payloads.upload([0, 1, 2].map(() => ({ payloadId, details: { name: 'big', mode: 0, size }, data: Buffer.alloc(size) })));
  const request = services.PayloadsService.download.requestSerialize({ header: undefined, payloadId, name: 'big' });
  const answers = await call(rawClient(server.target), services.PayloadsService.download, [request]);
  expect(answers.reduce((sum, answer) => sum + services.PayloadsService.download.responseDeserialize(answer).data.length, 0)).toBe(3 * size);
  expect(Math.max(...answers.map((answer) => answer.length))).toBeLessThanOrEqual(1024 * 1024 + 200);
});

test('what is no protobuf at all ends the call, not the server', async () => {
  const server = await startServer();
  const client = rawClient(server.target);
  await expect(call(client, services.JobsService.status, [Buffer.from('ffffffffffffffffffff', 'hex')])).rejects.toThrow();
  await expect(call(client, services.PayloadsService.upload, [Buffer.from('0aff', 'hex')])).rejects.toThrow();
  const [answer] = await call(client, services.ClaraService.version, [Buffer.alloc(0)]);
  expect(services.ClaraService.version.responseDeserialize(answer!).header!.code).toBe(0);
});
