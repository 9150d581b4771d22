import { beforeEach, describe, expect, test } from 'vitest';
import { WireCode } from '../../../src/api/wire-codes.ts';
import { startServer, type TestServer } from '../../helpers/platform.ts';
import { all, clients, definition, failure, oneStep, register, type Clients } from './helpers.ts';

let server: TestServer;
let platform: Clients;

beforeEach(async () => {
  server = await startServer();
  platform = clients(server);
});

const file = (content: string, path = './pipeline.yaml') => ({ definition: { path, content } });
const details = async (pipelineId: { value: string } | undefined) => all(platform.pipelines.details({ pipelineId }));

describe('create', () => {
  test('chunks of one path are joined in order, paths that differ in case are one file under the first spelling', async () => {
    const third = Math.floor(oneStep.length / 3);
    const { pipelineId } = await platform.pipelines.create([
      file(oneStep.slice(0, third), './Pipeline.yaml'), file(oneStep.slice(third, 2 * third), './pipeline.YAML'), file(oneStep.slice(2 * third), './Pipeline.yaml'),
    ]);
    expect(pipelineId!.value).toMatch(/^[0-9a-f]{32}$/);
    const messages = await details(pipelineId);
    expect(messages.map(({ definition: one }) => one)).toEqual([{ path: './Pipeline.yaml', content: oneStep }]);
  });

  test('chunks of several files may be mixed; every file is one message with the name on it', async () => {
    const half = oneStep.length / 2;
    const { pipelineId } = await platform.pipelines.create([
      file(oneStep.slice(0, half), 'main.yaml'), file('# a', 'notes/a.yaml'), file(oneStep.slice(half), 'main.yaml'), file('b', 'notes/a.yaml'),
    ]);
    expect(await details(pipelineId)).toMatchObject([
      { pipelineId, name: 'one-step', definition: { path: 'main.yaml', content: oneStep }, dag: [{ name: 'step', next: [] }], metadata: {} },
      { name: 'one-step', definition: { path: 'notes/a.yaml', content: '# ab' }, dag: [] },
    ]);
  });

  test('no message, no definition, too large: nothing is made', async () => {
    expect(await failure(platform.pipelines.create([]))).toMatchObject({ wireCode: WireCode.pipelineDefinition });
    expect(await failure(platform.pipelines.create([{ metadata: { a: 'b' } }]))).toMatchObject({ wireCode: WireCode.pipelineDefinition });
    const large = '#'.repeat(1024 * 1024);
    expect(await failure(platform.pipelines.create(Array.from({ length: 5 }, () => file(large))))).toMatchObject({ wireCode: WireCode.pipelineDefinition });
    expect(await all(platform.pipelines.list({}))).toEqual([]);
  });

  test.each([
    ['not YAML', 'operators: [', /pipeline\.yaml:\d+:\d+: error/],
    ['empty', '', /pipeline\.yaml:\d+:\d+: error/],
    ['cyclic', definition('c', [{ name: 'a', after: ['b'] }, { name: 'b', after: ['a'] }]), /a.*b/],
    ['an unknown operator and a missing name, both told', definition('', [{ name: 'a', after: ['nobody'] }]), /nobody/],
  ])('%s: the load error has every finding', async (_name, content, pattern) => {
    const thrown = await failure(platform.pipelines.create([file(content)]));
    expect(thrown).toMatchObject({ wireCode: WireCode.pipelineLoad });
    expect(thrown.details.join('\n')).toMatch(pattern);
    expect(await all(platform.pipelines.list({}))).toEqual([]);
  });

  test('an id may be forced, in any spelling, but not twice', async () => {
    const { pipelineId } = await platform.pipelines.create([{ ...file(oneStep), pipelineId: { value: 'ABCDEF01-2345-6789-abcd-ef0123456789' } }]);
    expect(pipelineId).toEqual({ value: 'abcdef0123456789abcdef0123456789' });
    expect(await failure(platform.pipelines.create([{ ...file(oneStep), pipelineId }]))).toMatchObject({ wireCode: WireCode.pipelineStore });
    expect(await failure(platform.pipelines.create([{ ...file(oneStep), pipelineId: { value: 'mine' } }]))).toMatchObject({ wireCode: WireCode.invalidPipelineId });
    // A removed one is free again.
    await platform.pipelines.remove({ pipelineId });
    await platform.pipelines.create([{ ...file(oneStep), pipelineId }]);
  });

  test('metadata repeated on every message is no duplicate, other values are', async () => {
    const half = oneStep.length / 2;
    const parts = (later: Record<string, string>) => platform.pipelines.create([
      { ...file(oneStep.slice(0, half)), metadata: { Site: 'north', Owner: 'me' } }, { ...file(oneStep.slice(half)), metadata: later },
    ]);
    const { pipelineId } = await parts({ Site: 'north', Owner: 'me' });
    expect((await details(pipelineId))[0]!.metadata).toEqual({ Site: 'north', Owner: 'me' });
    expect(await failure(parts({ Site: 'south' }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await failure(parts({ site: 'north' }))).toMatchObject({ wireCode: WireCode.metadataDuplicate });
    expect(await all(platform.pipelines.list({}))).toHaveLength(1);
  });

  test('a definition just below 4 MiB comes back in messages that every client takes, with nothing lost', async () => {
    const content = `${oneStep}\n# ${'ü'.repeat(2_090_000)}`;
    const third = Math.ceil(content.length / 3);
    const { pipelineId } = await platform.pipelines.create([file(content.slice(0, third)), file(content.slice(third, 2 * third)), file(content.slice(2 * third))]);
    const metadata = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`${i}`.padStart(128, 'k'), 'v'.repeat(256)]));
    await platform.pipelines.addMetadata({ pipelineId, metadata });
    const messages = await details(pipelineId);
    expect(messages.length).toBeGreaterThan(1);
    expect(messages.map(({ definition: part }) => part!.content).join('')).toBe(content);
    expect(messages.every(({ name, definition: part }) => name === 'one-step' && part!.path === './pipeline.yaml')).toBe(true);
    expect(messages.every(({ definition: part }) => !part!.content.includes('\uFFFD') && Buffer.byteLength(part!.content) < 4 * 1024 * 1024)).toBe(true);
  });
});

describe('list, update, remove', () => {
  test('list gives one message each, in the order of creation', async () => {
    const ids = [];
    for (const name of ['b', 'a', 'a']) ids.push(await register(platform, definition(name, [{ name: 'step' }])));
    await platform.pipelines.addMetadata({ pipelineId: ids[0]!, metadata: { k: 'v' } });
    const listed = await all(platform.pipelines.list({}));
    expect(listed.map(({ details: one }) => one)).toEqual([
      { pipelineId: ids[0], name: 'b', metadata: { k: 'v' } }, { pipelineId: ids[1], name: 'a', metadata: {} }, { pipelineId: ids[2], name: 'a', metadata: {} },
    ]);
  });

  test('update replaces the definition and keeps the id; a bad one changes nothing', async () => {
    const pipelineId = await register(platform, oneStep);
    await platform.pipelines.update([{ pipelineId, ...file(definition('new', [{ name: 'a' }, { name: 'b', after: ['a'] }])) }]);
    expect(await details(pipelineId)).toMatchObject([{ pipelineId, name: 'new', dag: [{ name: 'a', next: [{ name: 'b', next: [] }] }] }]);
    expect(await failure(platform.pipelines.update([{ pipelineId, ...file('x: [') }]))).toMatchObject({ wireCode: WireCode.pipelineLoad });
    expect(await failure(platform.pipelines.update([{ pipelineId }]))).toMatchObject({ wireCode: WireCode.pipelineDefinition });
    expect(await failure(platform.pipelines.update([]))).toMatchObject({ wireCode: WireCode.pipelineDefinition });
    expect(await details(pipelineId)).toMatchObject([{ name: 'new' }]);
    const other = await register(platform, oneStep);
    expect(await failure(platform.pipelines.update([{ pipelineId, ...file('a') }, { pipelineId: other, ...file('b') }]))).toMatchObject({ wireCode: WireCode.pipelineUpdate });
  });

  test('a removed pipeline is gone, and one with unfinished jobs is not removed', async () => {
    const pipelineId = await register(platform, oneStep);
    const { jobId } = await platform.jobs.create({ pipelineId, name: 'waits' });
    expect(await failure(platform.pipelines.remove({ pipelineId }))).toMatchObject({ wireCode: WireCode.pipelineStore, message: expect.stringContaining('a job that has not stopped') as unknown });
    await platform.jobs.cancel({ jobId });
    await platform.pipelines.remove({ pipelineId });
    expect(await all(platform.pipelines.list({}))).toEqual([]);
    for (const call of [details(pipelineId), platform.pipelines.remove({ pipelineId }), platform.pipelines.update([{ pipelineId, ...file(oneStep) }]), platform.pipelines.addMetadata({ pipelineId, metadata: {} })]) {
      expect(await failure(call)).toMatchObject({ wireCode: WireCode.missingPipeline });
    }
    // A new one under the same id does not inherit what the old one's jobs were made from.
    await platform.pipelines.create([{ ...file(definition('again', [{ name: 'other' }])), pipelineId }]);
    expect(await platform.jobs.status({ jobId })).toMatchObject({ dag: [{ name: 'step' }] });
  });

  test.each(['', 'x', '0'.repeat(33)])('the id %j is malformed', async (value) => {
    expect(await failure(details({ value }))).toMatchObject({ wireCode: WireCode.invalidPipelineId });
    expect(await failure(platform.pipelines.remove({ pipelineId: { value } }))).toMatchObject({ wireCode: WireCode.invalidPipelineId });
  });
});
