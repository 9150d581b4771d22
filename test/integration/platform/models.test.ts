import { randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { startServer, type TestServer } from '../../helpers/platform.ts';
import { all, clients, failure, type Clients } from './helpers.ts';

let server: TestServer;
let models: Clients['models'];

beforeEach(async () => {
  server = await startServer();
  models = clients(server).models;
});

const upload = async (name: string, data: Buffer | string = 'zip', more: object = {}) =>
  (await models.uploadModel([{ details: { modelId: undefined, name, type: 1, metadata: {}, ...more }, data: Buffer.from(data) }])).details!;
const download = async (modelId: { value: string } | undefined) => {
  const messages = await all(models.downloadModel({ modelId }));
  return { details: messages[0]!.details, messages: messages.length, data: Buffer.concat(messages.map(({ data }) => data)) };
};
const archives = () => readdirSync(join(server.home, 'models')).filter((name) => name !== '.incoming');

describe('models', () => {
  test('what went in comes out', async () => {
    const content = randomBytes(2_000_000);
    const details = { modelId: undefined, name: 'liver', type: 3 as const, metadata: { Organ: 'liver' } };
    const answer = await models.uploadModel([{ details, data: content.subarray(0, 900_000) }, { details, data: content.subarray(900_000) }]);
    expect(answer.details).toMatchObject({ name: 'liver', type: 3, metadata: { Organ: 'liver' } });
    const back = await download(answer.details!.modelId);
    expect(back.details).toEqual(answer.details);
    expect(back.data.equals(content)).toBe(true);
    expect((await all(models.listModels({}))).flatMap((message) => message.models)).toEqual([answer.details]);
  });

  test('an empty archive is one message', async () => {
    const { modelId } = await upload('empty', '');
    expect(await download(modelId)).toMatchObject({ messages: 1, details: { name: 'empty' } });
  });

  test('the same name replaces the model and keeps its id; its file goes', async () => {
    const first = await upload('liver', 'one', { metadata: { a: '1' } });
    const second = await upload('liver', 'two', { type: 2, metadata: { b: '2' } });
    expect(second).toEqual({ modelId: first.modelId, name: 'liver', type: 2, metadata: { b: '2' } });
    expect((await download(first.modelId)).data.toString()).toBe('two');
    expect(archives()).toHaveLength(1);
  });

  test('an id may be given; one that belongs to another name is refused', async () => {
    const id = { value: 'a'.repeat(32) };
    expect(await upload('one', 'x', { modelId: id })).toMatchObject({ modelId: id, name: 'one' });
    expect(await upload('renamed', 'y', { modelId: id })).toMatchObject({ modelId: id, name: 'renamed' });
    await upload('other');
    expect(await failure(upload('other', 'x', { modelId: id }))).toMatchObject({ wireCode: WireCode.modelUpload });
    expect(await failure(upload('x', 'x', { modelId: { value: 'no' } }))).toMatchObject({ wireCode: WireCode.invalidModelId });
    expect(archives()).toHaveLength(2);
  });

  test.each(['', '..', 'a/b', '/a', 'a\0', 'x'.repeat(256)])('the name %j is refused and nothing is stored', async (name) => {
    expect(await failure(upload(name))).toMatchObject({ wireCode: WireCode.modelUpload });
    expect(archives()).toEqual([]);
    expect(readdirSync(join(server.home, 'models/.incoming'))).toEqual([]);
  });

  test('an empty stream and an unknown type are refused', async () => {
    expect(await failure(models.uploadModel([]))).toMatchObject({ wireCode: WireCode.modelUpload });
    expect(await failure(upload('x', 'x', { type: 9 }))).toMatchObject({ wireCode: WireCode.modelUpload });
    expect(await failure(upload('x', 'x', { metadata: { a: '1', A: '2' } }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await all(models.listModels({}))).toEqual([]);
  });

  test('a deleted model is gone, from sets too', async () => {
    const { modelId } = await upload('liver');
    const { catalogId } = await models.createCatalog({});
    await models.updateCatalog([{ catalogId, modelIds: [modelId!] }]);
    expect(await models.deleteModel({ modelId })).toMatchObject({ modelId });
    expect(archives()).toEqual([]);
    for (const call of [download(modelId), models.deleteModel({ modelId })]) expect(await failure(call)).toMatchObject({ wireCode: WireCode.missingModel });
    expect(await all(models.readCatalog({ catalogId }))).toMatchObject([{ catalogId, models: [] }]);
  });

  test('many models come in several messages', async () => {
    for (let i = 0; i < 3; i += 1) {
      const { modelId } = await upload(`m${i}`);
      await models.addMetadata({ modelId, metadata: Object.fromEntries(Array.from({ length: 200 }, (_, k) => [`${k}`.padStart(128, 'k'), 'v'.repeat(256)])) });
    }
    const messages = await all(models.listModels({}));
    expect(messages.map((message) => message.models.map(({ name }) => name))).toEqual([['m0'], ['m1'], ['m2']]);
  });
});

describe.each(['catalog', 'instance'] as const)('a %s', (kind) => {
  const calls = () => kind === 'catalog'
    ? {
      create: async () => (await models.createCatalog({})).catalogId!,
      read: async (id: { value: string }) => (await all(models.readCatalog({ catalogId: id }))).map(({ catalogId, models: list }) => ({ id: catalogId, names: list.map(({ name }) => name) })),
      update: (...messages: { id?: { value: string }; modelIds: { value: string }[] }[]) => models.updateCatalog(messages.map(({ id, modelIds }) => ({ catalogId: id, modelIds }))),
      list: async () => (await all(models.listCatalogs({}))).flatMap(({ catalogs }) => catalogs.map(({ catalogId, models: list }) => ({ id: catalogId, names: list.map(({ name }) => name) }))),
      remove: async (id: { value: string }) => (await models.deleteCatalog({ catalogId: id })).catalogId,
    }
    : {
      create: async () => (await models.createInstance({})).instanceId!,
      read: async (id: { value: string }) => (await all(models.readInstance({ instanceId: id }))).map(({ instanceId, models: list }) => ({ id: instanceId, names: list.map(({ name }) => name) })),
      update: (...messages: { id?: { value: string }; modelIds: { value: string }[] }[]) => models.updateInstance(messages.map(({ id, modelIds }) => ({ instanceId: id, modelIds }))),
      list: async () => (await all(models.listInstances({}))).flatMap(({ instances }) => instances.map(({ catalogId, models: list }) => ({ id: catalogId, names: list.map(({ name }) => name) }))),
      remove: async (id: { value: string }) => (await models.deleteInstance({ instanceId: id })).instanceId,
    };

  test('is made empty, replaced as a whole by one or several messages, listed, deleted', async () => {
    const { create, read, update, list, remove } = calls();
    const [a, b] = [(await upload('a')).modelId!, (await upload('b')).modelId!];
    const id = await create();
    expect(id.value).toMatch(/^[0-9a-f]{32}$/);
    expect(await read(id)).toEqual([{ id, names: [] }]);
    await update({ id, modelIds: [b] }, { id, modelIds: [a, b] });
    expect(await read(id)).toEqual([{ id, names: ['b', 'a'] }]);
    await update({ id, modelIds: [a] });
    const second = await create();
    expect(await list()).toEqual([{ id, names: ['a'] }, { id: second, names: [] }]);
    await update({ id, modelIds: [] });
    expect(await read(id)).toEqual([{ id, names: [] }]);
    expect(await remove(id)).toEqual(id);
    expect(await failure(read(id))).toMatchObject({ wireCode: WireCode.missingModel });
    expect(await list()).toEqual([{ id: second, names: [] }]);
  });

  test('an unknown model, a malformed id, another set in one stream: nothing changes', async () => {
    const { create, read, update } = calls();
    const a = (await upload('a')).modelId!;
    const id = await create();
    await update({ id, modelIds: [a] });
    expect(await failure(update({ id, modelIds: [{ value: 'f'.repeat(32) }] }))).toMatchObject({ wireCode: WireCode.missingModel });
    expect(await failure(update({ id, modelIds: [{ value: 'f' }] }))).toMatchObject({ wireCode: WireCode.invalidModelId });
    expect(await failure(update({ id, modelIds: [] }, { id: await create(), modelIds: [] }))).toMatchObject({ wireCode: WireCode.invalidModelId });
    expect(await failure(update())).toMatchObject({ wireCode: WireCode.invalidModelId });
    expect(await failure(update({ id: a, modelIds: [] }))).toMatchObject({ wireCode: WireCode.missingModel });
    expect(await read(id)).toEqual([{ id, names: ['a'] }]);
  });
});
