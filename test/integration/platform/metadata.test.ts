import { beforeEach, describe, expect, test } from 'vitest';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { startServer } from '../../helpers/platform.ts';
import { clients, failure, oneStep, register, type Clients } from './helpers.ts';

type Metadata = Record<string, string>;

/** The same pair of calls on each kind of object that has metadata. */
const kinds = ['job', 'payload', 'pipeline', 'model'] as const;
let platform: Clients;
let ids: Record<(typeof kinds)[number], { value: string }>;

beforeEach(async () => {
  platform = clients(await startServer());
  const pipelineId = await register(platform, oneStep);
  const model = await platform.models.uploadModel([{ details: { modelId: undefined, name: 'm', type: 1, metadata: {} }, data: Buffer.from('zip') }]);
  ids = {
    pipeline: pipelineId,
    job: (await platform.jobs.create({ pipelineId, name: 'j' })).jobId!,
    payload: (await platform.payloads.create({})).payloadId!,
    model: model.details!.modelId!,
  };
});

const add = async (kind: (typeof kinds)[number], metadata: Metadata): Promise<Metadata> => ({
  job: () => platform.jobs.addMetadata({ jobId: ids.job, metadata }),
  payload: () => platform.payloads.addMetadata({ payloadId: ids.payload, metadata }),
  pipeline: () => platform.pipelines.addMetadata({ pipelineId: ids.pipeline, metadata }),
  model: () => platform.models.addMetadata({ modelId: ids.model, metadata }),
})[kind]().then((response) => response.metadata);
const remove = async (kind: (typeof kinds)[number], keys: string[]): Promise<Metadata> => ({
  job: () => platform.jobs.removeMetadata({ jobId: ids.job, keys }),
  payload: () => platform.payloads.removeMetadata({ payloadId: ids.payload, keys }),
  pipeline: () => platform.pipelines.removeMetadata({ pipelineId: ids.pipeline, keys }),
  model: () => platform.models.removeMetadata({ modelId: ids.model, keys }),
})[kind]().then((response) => response.metadata);

describe.each(kinds)('of a %s', (kind) => {
  test('add gives the whole set; an existing or repeated key, whatever its case, changes nothing', async () => {
    expect(await add(kind, { Source: 'AET' })).toEqual({ Source: 'AET' });
    expect(await add(kind, { Instances: '3' })).toEqual({ Source: 'AET', Instances: '3' });
    expect(await failure(add(kind, { fresh: '1', SOURCE: 'x' }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await failure(add(kind, { Source: 'AET' }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await failure(add(kind, { ä: '1', Ä: '2' }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await add(kind, {})).toEqual({ Source: 'AET', Instances: '3' });
  });

  test('remove takes any case, does not mind an unknown key, and gives what is left', async () => {
    await add(kind, { Source: 'AET', Instances: '3' });
    expect(await remove(kind, ['SOURCE', 'nobody'])).toEqual({ Instances: '3' });
    expect(await remove(kind, [])).toEqual({ Instances: '3' });
    expect(await add(kind, { source: 'again' })).toEqual({ Instances: '3', source: 'again' });
  });
});

test('keys of 128 and values of 256 bytes are the limit, counted in UTF-8', async () => {
  expect(Object.keys(await add('job', { ['k'.repeat(128)]: 'v'.repeat(256), ['ü'.repeat(64)]: 'ü'.repeat(128) }))).toHaveLength(2);
  for (const metadata of [{ ['k'.repeat(129)]: '' }, { ['ü'.repeat(65)]: '' }, { a: 'v'.repeat(257) }, { a: 'ü'.repeat(129) }] as Metadata[]) {
    expect(await failure(add('job', { fresh: '1', ...metadata }))).toMatchObject({ wireCode: WireCode.metadataTooLarge });
  }
  expect(Object.keys(await add('job', {}))).toHaveLength(2);
  expect(await failure(add('job', { '': 'x' }))).toMatchObject({ wireCode: WireCode.metadataNotAllowed });
});

test('4 MB is the limit of a whole set, and a set of that size still comes back in one message', async () => {
  const pairs = (from: number, count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`${from + i}`.padStart(128, 'k'), 'v'.repeat(256)]));
  await add('job', pairs(0, 5000));
  await add('job', pairs(5000, 5416));
  expect(await failure(add('job', pairs(20_000, 1)))).toMatchObject({ wireCode: WireCode.metadataTooLarge });
  const { metadata } = await platform.jobs.status({ jobId: ids.job });
  expect(Object.keys(metadata)).toHaveLength(10_416);
});

test('the payload of a job has none of its own', async () => {
  const { payloadId } = await platform.jobs.status({ jobId: ids.job });
  expect(await failure(platform.payloads.addMetadata({ payloadId, metadata: { a: '1' } }))).toMatchObject({ wireCode: WireCode.metadataNotAllowed });
  expect(await failure(platform.payloads.removeMetadata({ payloadId, keys: ['a'] }))).toMatchObject({ wireCode: WireCode.metadataNotAllowed });
});
