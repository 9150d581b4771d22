import { readdirSync } from 'node:fs';
import { type ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { expect, onTestFinished, test } from 'vitest';
import { type HostRule } from '../../../../src/dicom/inference/request/host-rule.ts';
import { type WantedInput } from '../../../../src/dicom/inference/request/request.ts';
import { attempt } from '../../../../src/dicom/inference/retrieve/attempt.ts';
import { WebClient, type WebLimits } from '../../../../src/dicom/inference/retrieve/web-client.ts';
import { InstanceFiles } from '../../../../src/dicom/receive/instance-files.ts';
import { type RetrievedFile } from '../../../../src/dicom/store/inference.ts';
import { tempDir } from '../../../helpers/run.ts';
import { archived, multipart, startArchive, startBroken } from '../../../helpers/web-archive.ts';

const at = 'inputMetadata.details';
const oneStudy: WantedInput = { at, kind: 'studies', studies: [{ study: '1.2', series: [] }] };
const patient: WantedInput = { at, kind: 'patient', patientId: 'P1' };
const record: WantedInput = { at, kind: 'fhir', resources: [{ type: 'Patient', id: '1' }], format: 'json', version: '3.0' };

interface Given {
  readonly input?: WantedInput;
  readonly limits?: Partial<WebLimits>;
  readonly hosts?: HostRule;
  readonly authorization?: string;
  readonly hasRoom?: () => boolean;
}

/** One attempt with one server: what it could not give, what was taken in, and what is left in the folder beside that. */
async function retrieve(uri: string, { input = oneStudy, limits = {}, hosts, authorization, hasRoom = () => true }: Given = {}) {
  const web = new WebClient(hosts, { silenceMs: 5000, pausesMs: [], redirects: 5, ...limits });
  onTestFinished(() => web.close());
  const folder = tempDir();
  const taken: RetrievedFile[] = [];
  const missing = await attempt({
    inputs: [input], sources: [{ at: 'inputResources[1]', kind: input.kind === 'fhir' ? 'fhir' : 'dicomweb', uri: `${uri}/`, authorization }], done: new Set(), web, hasRoom, signal: new AbortController().signal,
    files: new InstanceFiles(folder, false), onDone: () => undefined, onRetrieved: () => undefined,
    take: async (file) => {
      if (taken.some(({ name, sopInstance }) => name === file.name || (sopInstance !== '' && sopInstance === file.sopInstance))) return false;
      taken.push(file);
      return true;
    },
  });
  return { why: [...missing.values()].join('\n').replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'SERVER').replace('inputResources[1]: ', ''), taken: taken.map(({ name }) => name), left: readdirSync(folder).filter((name) => !taken.some(({ file }) => file === name)) };
}

const type = 'multipart/related; type="application/dicom"; boundary=b';
const good = archived('1.1').bytes;
const answer = (response: ServerResponse, content: Buffer | string, contentType = type, headers: Record<string, string> = {}) => response.writeHead(200, { 'content-type': contentType, ...headers }).end(content);
const nothing = { taken: [], left: [] };

test('what goes well', async () => {
  const url = await startBroken((_, response) => answer(response, multipart([good, archived('1.2').bytes], 'b')));
  expect(await retrieve(url)).toEqual({ why: '', taken: ['dcm/P1/1.2/1.2.3/1.1.dcm', 'dcm/P1/1.2/1.2.3/1.2.dcm'], left: [] });
});

test('one file that is no part of anything', async () => {
  const url = await startBroken((_, response) => answer(response, good, 'application/dicom; transfer-syntax=1.2.840.10008.1.2.1'));
  expect(await retrieve(url)).toMatchObject({ why: '', taken: ['dcm/P1/1.2/1.2.3/1.1.dcm'] });
});

test('a server that has a name, and two files over one connection', async () => {
  const sockets = new Set<unknown>();
  const url = await startBroken(({ socket }, response) => {
    sockets.add(socket);
    answer(response, multipart([good], 'b'));
  });
  const input: WantedInput = { at, kind: 'studies', studies: [{ study: '1.2', series: [] }, { study: '1.2', series: [{ series: '1.2.3', instances: [] }] }] };
  expect(await retrieve(url.replace('127.0.0.1', 'localhost'), { input })).toMatchObject({ why: '', taken: [expect.any(String)], left: [] });
  expect(sockets.size).toBe(1);
});

test('a server that does not know `transfer-syntax=*` is asked without', async () => {
  const url = await startBroken(({ headers }, response) => (headers.accept!.includes('*') ? response.writeHead(406).end() : answer(response, multipart([good], 'b'))));
  expect(await retrieve(url)).toMatchObject({ why: '', taken: [expect.any(String)] });
});

test.each<[string, (response: ServerResponse) => unknown, string]>([
  ['an error', (response) => response.writeHead(500).end('x'.repeat(1_000_000)), 'SERVER answered 500 (Internal Server Error)'],
  ['not found', (response) => response.writeHead(404).end(), 'SERVER answered 404 (Not Found)'],
  ['a log-in page', (response) => answer(response, '<html>', 'text/html'), 'the answer is text/html instead of DICOM files'],
  ['no type', (response) => response.writeHead(200).end('x'), 'the answer is of no type instead of DICOM files'],
  ['no content', (response) => response.writeHead(204).end(), 'the answer has no content'],
  ['no boundary', (response) => answer(response, good, 'multipart/related'), 'the answer is a multipart message without a usable boundary'],
  ['no parts', (response) => answer(response, '--b--'), 'the answer has no instances'],
  ['a truncated answer', (response) => { response.writeHead(200, { 'content-type': type, 'content-length': '5000' }).write(multipart([good], 'b').subarray(0, 300)); setImmediate(() => response.destroy()); }, 'SERVER cannot be reached any more, in the middle of its answer (ECONNRESET)'],
  ['an answer that ends without its boundary', (response) => answer(response, multipart([good], 'b').subarray(0, -8)), 'the multipart answer ends before its closing boundary'],
  ['another boundary', (response) => answer(response, multipart([good], 'c')), 'the multipart answer ends before its closing boundary'],
  ['no DICOM', (response) => answer(response, multipart([Buffer.alloc(1000)], 'b')), 'no DICOM file (there is no DICM after the first 128 bytes)'],
  ['an empty part', (response) => answer(response, multipart([Buffer.alloc(0)], 'b')), 'no DICOM file (it has only 0 bytes)'],
  ['half a header', (response) => answer(response, multipart([good.subarray(0, 200)], 'b')), 'no DICOM file (it ends in its meta information)'],
  ['a header without end', (response) => answer(response, multipart([Buffer.concat([good.subarray(0, 132), Buffer.from('0200020155540000ffffff7f', 'hex'), Buffer.alloc(2_000_000)])], 'b')), 'no DICOM file (its meta information is longer than 1048576 bytes)'],
  ['another study', (response) => answer(response, multipart([archived('1.1', { study: '6.6' }).bytes], 'b')), 'it is not of what was asked for'],
  ['a compressed answer', (response) => answer(response, gzipSync(multipart([good], 'b')), type, { 'content-encoding': 'gzip' }), 'SERVER answers in the encoding gzip, which was not asked for'],
  ['endless headers of the answer', (response) => { response.writeHead(200, { 'content-type': type, 'x-long': 'x'.repeat(100_000) }).end(); }, 'SERVER cannot be reached (HPE_HEADER_OVERFLOW)'],
  ['endless headers of a part', (response) => answer(response, `--b\r\n${'A: x\r\n'.repeat(100_000)}`), 'the multipart answer has a part with more than 16384 bytes of headers'],
  ['silence', () => undefined, 'SERVER said nothing for 0.3 s'],
  ['silence after the headers', (response) => { response.writeHead(200, { 'content-type': type }).flushHeaders(); }, 'SERVER said nothing for 0.3 s'],
  ['silence in the middle', (response) => { response.writeHead(200, { 'content-type': type }).write(multipart([good], 'b').subarray(0, 300)); }, 'SERVER said nothing for 0.3 s'],
  ['a trickle', (response) => {
    response.writeHead(200, { 'content-type': type });
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  }, 'the answer arrives at less than 1000 bytes a second'],
  ['a redirect without end', (response) => response.writeHead(302, { location: '/again' }).end(), 'SERVER redirects more than 5 times'],
  ['a redirect to a file', (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(), 'SERVER redirects from http to file, which is refused'],
  ['a redirect to nowhere', (response) => response.writeHead(302, { location: 'http://[' }).end(), 'SERVER redirects to what is no address'],
  ['a redirect to a metadata service', (response) => response.writeHead(307, { location: 'http://169.254.169.254/latest' }).end(), '169.254.169.254 is a link-local address, which is refused unless services>inference>allowed-hosts has it'],
])('%s', async (_, behave, why) => {
  const url = await startBroken((request, response) => void behave(response));
  expect(await retrieve(url, { limits: { silenceMs: 300 } })).toEqual({ why, ...nothing });
});

test('one that cannot be used does not keep the others', async () => {
  const url = await startBroken((_, response) => answer(response, multipart([Buffer.alloc(5000), good, archived('1.3', { study: '6.6' }).bytes, archived('1.2').bytes, good], 'b')));
  expect(await retrieve(url)).toEqual({ why: 'no DICOM file (there is no DICM after the first 128 bytes)', taken: ['dcm/P1/1.2/1.2.3/1.1.dcm', 'dcm/P1/1.2/1.2.3/1.2.dcm'], left: [] });
});

test('what an instance is called stays below its folder', async () => {
  const url = await startBroken((_, response) => answer(response, multipart([archived('1.1', { patient: '../../x' }).bytes], 'b')));
  expect((await retrieve(url)).taken).toEqual([expect.stringMatching(/^dcm\/\.\._\.\._x~[0-9a-f]{8}\/1\.2\/1\.2\.3\/1\.1\.dcm$/)]);
});

test('credentials do not follow a redirect to another server, nor does anything go where the operator does not allow', async () => {
  const seen: (string | undefined)[] = [];
  const other = await startBroken(({ headers }, response) => {
    seen.push(headers.authorization);
    answer(response, multipart([good], 'b'));
  });
  const url = await startBroken(({ url: path, headers }, response) => {
    seen.push(headers.authorization);
    response.writeHead(302, { location: path === '/same' ? `${other}/x` : '/same' }).end();
  });
  expect(await retrieve(url, { authorization: 'Bearer t' })).toMatchObject({ why: '', taken: [expect.any(String)] });
  expect(seen).toEqual(['Bearer t', 'Bearer t', undefined]);
  expect(await retrieve(url, { hosts: [new URL(url).host] })).toEqual({ why: '127.0.0.1 is not among services>inference>allowed-hosts', ...nothing });
});

test('a server in trouble is asked again, one that cannot be found too', async () => {
  let asked = 0;
  const url = await startBroken((_, response) => (asked++ < 2 ? response.writeHead(503).end() : answer(response, multipart([good], 'b'))));
  expect(await retrieve(url, { limits: { pausesMs: [1, 1, 1] } })).toMatchObject({ why: '', taken: [expect.any(String)] });
  expect(asked).toBe(3);
  expect((await retrieve('http://127.0.0.1:1', { limits: { pausesMs: [1] } })).why).toBe('SERVER cannot be reached (ECONNREFUSED)');
});

test.each<[string, (response: ServerResponse) => unknown, string]>([
  ['no JSON', (response) => answer(response, '{', 'application/dicom+json'), 'the answer to a search is not valid JSON'],
  ['no list', (response) => answer(response, '{}', 'application/dicom+json'), 'the answer to a search is no list'],
  ['XML', (response) => answer(response, '<a/>', 'application/dicom+xml'), 'the answer to a search is application/dicom+xml instead of JSON'],
  ['an answer without end', (response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    const more = () => { while (!response.destroyed && response.write(Buffer.alloc(1_000_000, ' '))); };
    response.on('drain', more);
    more();
  }, 'the answer to a search is longer than 33554432 bytes'],
  ['all patients', (response) => answer(response, JSON.stringify([{ '00100020': { Value: ['P2'] }, '0020000D': { Value: ['6.6'] } }]), 'application/dicom+json'), ''],
  ['a study that is a path', (response) => answer(response, JSON.stringify([{ '0020000D': { Value: ['../admin'] } }, null, 7, { '0020000D': null }, { '0020000d': { Value: [7] } }]), 'application/dicom+json'), ''],
])('a search that is answered with %s', async (_, behave, why) => {
  const asked: string[] = [];
  const url = await startBroken(({ url: path }, response) => {
    asked.push(path!);
    behave(response);
  });
  expect(await retrieve(url, { input: patient })).toEqual({ why, ...nothing });
  expect(asked).toEqual(['/studies?00100020=P1']);
});

test('a search whose answer comes in pages', async () => {
  const asked: string[] = [];
  const archive = await startArchive([archived('1.1', { study: '1' }), archived('2.1', { study: '2' }), archived('3.1', { study: '3' })]);
  const url = await startBroken(({ url: path }, response) => {
    asked.push(path!);
    const page = /offset=(\d)/.exec(path!)?.[1] ?? '0';
    if (!path!.startsWith('/studies?')) response.writeHead(302, { location: `${archive.url}${path!}` }).end();
    else answer(response, JSON.stringify(page === '0' ? [{ '0020000D': { Value: ['1'] } }, { '0020000D': { Value: ['2'] } }] : [{ '0020000D': { Value: ['3'] } }]), 'application/dicom+json', page === '0' ? { warning: '299 server "There are more"' } : {});
  });
  expect((await retrieve(url, { input: patient })).taken).toHaveLength(3);
  expect(asked.filter((path) => path.includes('?'))).toEqual(['/studies?00100020=P1', '/studies?00100020=P1&offset=2']);
});

test.each([
  ['HTML', 'text/html', 'the answer is text/html instead of JSON'],
  ['XML', 'application/fhir+xml', 'the answer is application/fhir+xml instead of JSON'],
  ['JSON', 'application/json;charset=utf-8', ''],
  ['an older JSON', 'application/json+fhir', ''],
])('a record as %s', async (_, contentType, why) => {
  const url = await startBroken((_request, response) => answer(response, '{}', contentType));
  expect(await retrieve(url, { input: record })).toEqual({ why, taken: why === '' ? ['ehr/patient-1.json'] : [], left: [] });
});

test('records whose ids differ in the case of letters only stay apart', async () => {
  const url = await startBroken(({ url: path }, response) => answer(response, path!, 'application/fhir+json'));
  const { taken } = await retrieve(url, { input: { ...record, resources: [{ type: 'Patient', id: 'Ab' }, { type: 'Patient', id: 'aB' }] } });
  expect(taken).toEqual(['ehr/patient-ab.json', expect.stringMatching(/^ehr\/patient-ab~[0-9a-f]{8}\.json$/)]);
});

test('a transfer that fills the disk ends, and leaves nothing', async () => {
  const url = await startBroken((_, response) => {
    response.writeHead(200, { 'content-type': type });
    response.write(multipart([good], 'b').subarray(0, -10));
    const more = () => { while (!response.destroyed && response.write(Buffer.alloc(1_000_000))); };
    response.on('drain', more);
    more();
  });
  let looks = 0;
  await expect(retrieve(url, { hasRoom: () => looks++ < 3 })).rejects.toThrow('the disk is too full');
  expect(looks).toBe(4);
});
