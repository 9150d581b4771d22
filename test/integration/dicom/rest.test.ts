import { expect, test } from 'vitest';
import { instance, send, settingsFor, startTestAdapter } from '../../helpers/adapter.ts';

const id = '0fcdcdea89c6456fb20abc7379c54ef2';
const nobody = '127.0.0.1:1';
const aeTitle = { name: 'brain', aeTitle: 'BrainTumorModel', overwriteSameInstance: true, ignoredSopClasses: ['1.2.840.10008.5.1.4.1.1.7'], processorSettings: { timeout: 5, priority: 'higher', 'pipeline-brain': id } };

async function api() {
  const { adapter, port } = await startTestAdapter(settingsFor({ one: id }, { timeout: 600 }), nobody);
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`http://${adapter.ready.rest}${path}`, { method, headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers }, ...(body === undefined ? {} : { body: text }) });
    const answer = await response.text();
    return { status: response.status, location: response.headers.get('location'), body: answer.startsWith('{') || answer.startsWith('[') ? (JSON.parse(answer) as Record<string, unknown>) : answer };
  };
  return { call, port };
}

test('AE titles: made, listed, shown, deleted, with the documented codes and shapes; each takes effect at once', async () => {
  const { call, port } = await api();
  const stored = { ...aeTitle, processor: 'Nvidia.Clara.DicomAdapter.Server.Processors.AeTitleJobProcessor, Nvidia.Clara.DicomAdapter', processorSettings: { ...aeTitle.processorSettings, timeout: '5' } };
  await expect(send(port, [instance('1.1')], { calledAe: 'BrainTumorModel' })).rejects.toThrow(/called AE title not recognized/);
  expect(await call('POST', '/api/config/ClaraAeTitle', aeTitle)).toEqual({ status: 201, location: '/api/config/claraaetitle/BrainTumorModel', body: stored });
  expect(await send(port, [instance('1.1')], { calledAe: 'BrainTumorModel' })).toEqual([0]);
  expect((await call('GET', '/api/config/claraaetitle')).body).toMatchObject([{ name: 'CLARA' }, stored].toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  expect(await call('GET', '/api/config/claraaetitle/brain')).toMatchObject({ status: 200, body: stored });
  expect(await call('GET', '/api/config/claraaetitle/BrainTumorModel')).toMatchObject({ status: 200, body: stored });
  expect(await call('POST', '/api/config/claraaetitle', aeTitle)).toMatchObject({ status: 400, body: { title: 'Validation error.', status: 400, detail: 'Clara AE Title BrainTumorModel already exists.' } });
  expect(await call('DELETE', '/api/config/claraaetitle/brain')).toMatchObject({ status: 200, body: stored });
  expect(await call('DELETE', '/api/config/claraaetitle/brain')).toMatchObject({ status: 404, body: { status: 404 } });
  await expect(send(port, [instance('1.1')], { calledAe: 'BrainTumorModel' })).rejects.toThrow(/called AE title not recognized/);
});

test('an AE title as 0.6 to 0.7.1 had it', async () => {
  const { call } = await api();
  expect(await call('POST', '/api/config/claraaetitle', { name: 'liver', pipelineId: id, aeTitle: 'LIVER', timeout: 0 })).toMatchObject({ status: 201, body: { name: 'liver', processorSettings: { 'pipeline-liver': id, timeout: '0' } } });
});

test('sources and destinations', async () => {
  const { call } = await api();
  const source = { aeTitle: 'Orthanc', hostIp: '1.2.3.4' };
  const destination = { name: 'pacs', hostIp: '10.20.30.40', aeTitle: 'ARCHIVEX', port: 104 };
  for (const [path, entity, key, again] of [['sourceaetitle', source, 'Orthanc', 'Source with AE Title Orthanc already exists.'], ['destinationaetitle', destination, 'pacs', 'Destination with name pacs already exists.']] as const) {
    expect(await call('POST', `/api/config/${path}`, entity)).toEqual({ status: 201, location: `/api/config/${path}/${key}`, body: entity });
    expect(await call('POST', `/api/config/${path}`, entity)).toMatchObject({ status: 400, body: { detail: again } });
    expect(await call('GET', `/api/config/${path}`)).toMatchObject({ status: 200, body: [entity] });
    expect(await call('DELETE', `/api/config/${path}/${key}`)).toMatchObject({ status: 200, body: entity });
    expect(await call('GET', `/api/config/${path}/${key}`)).toMatchObject({ status: 404 });
  }
});

test.each([
  ['claraaetitle', { aeTitle: 'A' }, 400, '[ERROR] No pipeline defined for AE Title A.'],
  ['claraaetitle', { aeTitle: 'a much too long AE title', processorSettings: { 'pipeline-a': id } }, 400, 'is not a valid AE Title'],
  ['claraaetitle', { ...aeTitle, processor: 'Other.Processor' }, 400, 'is not a job processor'],
  ['sourceaetitle', { aeTitle: 'A', hostIp: ' ' }, 400, "Invalid host name/IP address ' ' specified for A."],
  ['destinationaetitle', { name: 'A', aeTitle: 'A', hostIp: 'h', port: 0 }, 400, "Invalid port number '0' specified for A."],
  ['destinationaetitle', '{', 400, 'the body is not valid JSON'],
])('POST %s %j', async (path, body, status, detail) => {
  const { call } = await api();
  expect(await call('POST', `/api/config/${path}`, body)).toMatchObject({ status, body: { title: 'Validation error.', detail: expect.stringContaining(detail) as string } });
});

test('refuses other content, and pages of other sites', async () => {
  const { call } = await api();
  expect((await call('POST', '/api/config/sourceaetitle', 'x', { 'content-type': 'text/plain' })).status).toBe(415);
  expect((await call('GET', '/api/config/sourceaetitle', undefined, { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
});

test('health', async () => {
  const { call } = await api();
  expect(await call('GET', '/health/status')).toMatchObject({ status: 200, body: { activeDimseConnections: 0, services: { ScpService: 'Running', JobSubmissionService: 'Running' } } });
  for (const path of ['/health/ready', '/health/live']) expect(await call('GET', path)).toMatchObject({ status: 200, body: 'Healthy' });
});
