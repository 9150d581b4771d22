import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ct, instance } from '../../../helpers/adapter.ts';
import { certificates } from '../../../helpers/certificates.ts';
import { exportPlace, part10, type ExportPlace } from '../../../helpers/export.ts';
import { startOrthanc } from '../../../helpers/orthanc.ts';
import { missing } from '../../../helpers/require.ts';
import { ctHead } from '../../../helpers/run.ts';

const files = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`${index}.dcm`, part10(instance(`1.2.${index}`))]));

async function addDestination({ adapter }: ExportPlace, body: object): Promise<void> {
  const response = await fetch(`http://${adapter.ready.rest}/api/config/destinationdicomweb`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: 'WEB', ...body }) });
  expect([response.status, await response.text()]).toEqual([201, expect.not.stringContaining('authID') as string]);
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly contentType: string;
  readonly instances: readonly string[];
}

/** A DICOMweb server that answers as it is told; `instances` are the UIDs in the body. */
async function startServer(answer: (seen: Seen, response: ServerResponse, times: number) => void): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const take = async (request: IncomingMessage, response: ServerResponse) => {
    const pieces: Buffer[] = [];
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    const body = Buffer.concat(pieces);
    expect(body.length).toBe(Number(request.headers['content-length'] ?? 0));
    const instances = Object.entries(files).filter(([, bytes]) => body.includes(bytes)).map(([name]) => `1.2.${name.replace('.dcm', '')}`);
    const one = { method: request.method!, url: request.url!, authorization: request.headers.authorization, contentType: request.headers['content-type'] ?? '', instances };
    seen.push(one);
    answer(one, response, seen.length);
  };
  const server = createServer((request, response) => void take(request, response).catch(() => response.destroy()));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/dicom-web/`, seen };
}

const item = (sopInstance: string, reason?: number) => ({ '00081150': { vr: 'UI', Value: [ct] }, '00081155': { vr: 'UI', Value: [sopInstance] }, ...(reason === undefined ? {} : { '00081197': { vr: 'US', Value: [reason] } }) });
function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/dicom+json' }).end(JSON.stringify(body));
}

test.skipIf(missing('orthanc') || missing('ct-head'))('Orthanc takes a series by DICOMweb, with a password', async () => {
  const orthanc = await startOrthanc({ AuthenticationEnabled: true, RegisteredUsers: { clara: 'secret' } });
  const place = await exportPlace([]);
  await addDestination(place, { url: `${orthanc.url}/dicom-web`, authType: 'Basic', authID: Buffer.from('clara:secret').toString('base64') });
  const names = readdirSync(ctHead).filter((name) => name.endsWith('.dcm'));
  const task = await place.register('["web"]', Object.fromEntries(names.map((name) => [name, readFileSync(join(ctHead, name))])), { agent: 'DICOMweb' });
  expect(await place.settled(task)).toMatchObject({ state: 'Succeeded', retries: 0 });
  const stored = await (await fetch(`${orthanc.url}/instances`, { headers: { authorization: `Basic ${Buffer.from('clara:secret').toString('base64')}` } })).json() as string[];
  expect(stored).toHaveLength(names.length);
  const echo = await fetch(`http://${place.adapter.ready.rest}/api/destinations/WEB/echo`, { method: 'POST' });
  expect(await echo.json()).toMatchObject({ destination: 'WEB', result: { kind: 'answered', roundTripMs: expect.any(Number) as number } });
  expect(place.lines.join('')).not.toContain(Buffer.from('clara:secret').toString('base64'));
});

test('ten instances a request, each part as it is stored, with the token; either exporter serves either kind of destination', async () => {
  const { url, seen } = await startServer((_seen, response) => response.writeHead(200).end());
  const place = await exportPlace([]);
  await addDestination(place, { url, authType: 'Bearer', authID: 'token-1' });
  expect(await place.settled(await place.register('WEB', files))).toMatchObject({ state: 'Succeeded', agent: 'ClaraSCU' });
  expect(seen.map(({ method, url: path, authorization, instances }) => [method, path, authorization, instances.length])).toEqual([['POST', '/dicom-web/studies', 'Bearer token-1', 10], ['POST', '/dicom-web/studies', 'Bearer token-1', 2]]);
  expect(seen[0]!.contentType).toMatch(/^multipart\/related; type="application\/dicom"; boundary=clara-[0-9a-f]{32}$/);
  // What is in the database tells nothing.
  const database = readFileSync(join(place.home, 'dicom', 'dicom.db'));
  expect(database.includes('token-1')).toBe(false);
});

test('what the server names as failed is failed, and only that is sent again', async () => {
  const { url, seen } = await startServer(({ instances }, response, times) => {
    const refused = times <= 2 ? instances.filter((uid) => uid !== '1.2.0') : [];
    json(response, refused.length > 0 ? 202 : 200, { '00081198': { vr: 'SQ', Value: refused.map((uid) => item(uid, 0xa700)) }, '00081199': { vr: 'SQ', Value: instances.filter((uid) => !refused.includes(uid)).map((uid) => item(uid)) } });
  });
  const place = await exportPlace([]);
  await addDestination(place, { url });
  expect(await place.settled(await place.register('"WEB"', files, { agent: 'DICOMweb' }))).toMatchObject({ state: 'Succeeded', retries: 1 });
  expect(seen.map(({ instances }) => instances.length)).toEqual([10, 2, 10, 1]);
  expect(seen.slice(2).flatMap(({ instances }) => instances)).not.toContain('1.2.0');
  expect(place.lines.join('')).toContain('out of resources (0xa700)');
});

test.each<readonly [number, string, number]>([[401, 'Failed', 0], [403, 'Failed', 0], [404, 'Failed', 0], [415, 'Failed', 0], [409, 'Failed', 3], [500, 'Failed', 3], [503, 'Failed', 3]])('an answer of %i: %s after %i retries', async (status, state, retries) => {
  const { url, seen } = await startServer((_seen, response) => response.writeHead(status).end());
  const place = await exportPlace([]);
  await addDestination(place, { url });
  expect(await place.settled(await place.register('"WEB"', files))).toMatchObject({ state, retries });
  // Who does not let us in is not asked again for the rest.
  if ([401, 403, 404].includes(status)) expect(seen).toHaveLength(1);
  const { exports } = await (await fetch(`http://${place.adapter.ready.rest}/api/status`)).json() as { exports: { lastFailure: { why: string } } };
  expect(exports.lastFailure.why).toContain(`answered ${status}`);
});

test.each<readonly [string, (response: ServerResponse) => void, RegExp]>([
  ['says nothing', () => undefined, /no answer within 1 s/],
  ['hangs up', (response) => response.destroy(), /the connection was closed|socket hang up/],
])('a server that %s gets four attempts', async (_what, answer, reason) => {
  const { url } = await startServer((_seen, response) => answer(response));
  const place = await exportPlace([], { patience: 1 });
  await addDestination(place, { url });
  expect(await place.settled(await place.register('"WEB"', files), 60)).toMatchObject({ state: 'Failed', retries: 3 });
  expect(place.lines.join('')).toMatch(reason);
}, 90_000);

test('what cannot be a destination is refused, and a name is given once', async () => {
  const { adapter } = await exportPlace([{ name: 'PACS', port: 104 }]);
  const add = async (body: object) => {
    const response = await fetch(`http://${adapter.ready.rest}/api/config/destinationdicomweb`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
    return [response.status, (await response.json() as { detail?: string }).detail] as const;
  };
  const url = 'https://pacs.example/dicom-web';
  expect(await add({ name: 'A', url: 'ftp://x' })).toEqual([400, expect.stringMatching(/neither with http/)]);
  expect(await add({ name: 'A', url: 'http://user:secret@x/' })).toEqual([400, expect.stringMatching(/holds a password/)]);
  expect(await add({ name: 'A', url, authType: 'Bearer', authID: 'a\nb' })).toEqual([400, expect.stringMatching(/credentials/)]);
  expect(await add({ name: 'A', url, authType: 'Basic', authID: 'bm90' })).toEqual([400, expect.stringMatching(/user:password/)]);
  expect(await add({ name: 'A', url, tlsCa: 'no' })).toEqual([400, expect.stringMatching(/PEM/)]);
  expect(await add({ name: 'PACS', url })).toEqual([400, expect.stringMatching(/already exists/)]);
  expect(await add({ name: 'A', url })).toEqual([201, undefined]);
  expect(await add({ name: 'A', url })).toEqual([400, expect.stringMatching(/already exists/)]);
  const list = await (await fetch(`http://${adapter.ready.rest}/api/config/destinationdicomweb`)).json();
  expect(list).toEqual([{ name: 'A', url, authType: 'None', tlsCa: false }]);
});

test.skipIf(missing('openssl'))('a server whose certificate is of an authority of our own', async () => {
  const file = certificates();
  let requests = 0;
  const server = createSecureServer({ cert: readFileSync(file('server.pem')), key: readFileSync(file('server.key')) }, (request, response) => {
    requests += 1;
    request.resume().once('end', () => response.writeHead(200).end());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => { server.closeAllConnections(); server.close(); });
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const place = await exportPlace([]);
  await addDestination(place, { url, tlsCa: readFileSync(file('ca.pem'), 'utf8') });
  await addDestination(place, { name: 'OTHER', url, tlsCa: readFileSync(file('other.pem'), 'utf8') });
  expect(await place.settled(await place.register('"WEB"', files))).toMatchObject({ state: 'Succeeded' });
  expect(requests).toBe(2);
  expect(await place.settled(await place.register('"OTHER"', files))).toMatchObject({ state: 'Failed', retries: 3 });
  expect(requests).toBe(2);
  expect(place.lines.join('')).toMatch(/no DICOMweb server answered at https:[^ ]* \(.*certificate/);
});
