import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { fastify, type FastifyReply } from 'fastify';
import { onTestFinished } from 'vitest';
import { encodeFileHeader } from '../../src/dicom/part10/header.ts';
import { instance } from './adapter.ts';

/** A DICOM file and what an archive finds it by. */
export interface ArchivedFile {
  readonly patient: string;
  readonly accession: string;
  readonly study: string;
  readonly series: string;
  readonly instance: string;
  readonly bytes: Buffer;
}

export function archived(sopInstance: string, { patient = 'P1', accession = 'A1', study = '1.2', series = '1.2.3', bytes = 100 } = {}): ArchivedFile {
  const { sopClass, transferSyntax, data } = instance(sopInstance, { patient, study, series, bytes });
  return { patient, accession, study, series, instance: sopInstance, bytes: Buffer.concat([encodeFileHeader({ sopClass, sopInstance, transferSyntax }), ...(data as Iterable<Buffer>)]) };
}

export interface WebArchive {
  /** Of DICOMweb; FHIR is at `fhir`. */
  readonly url: string;
  readonly fhir: string;
  readonly files: ArchivedFile[];
  /** By `Patient/1`. */
  readonly resources: Map<string, string>;
  /** Method, path and query of what came, in order. */
  readonly asked: string[];
  readonly authorizations: (string | undefined)[];
  readonly accepts: (string | undefined)[];
  /** Answers in place of the archive where it returns true. */
  intercept: ((path: string, reply: FastifyReply) => boolean) | undefined;
}

/** A small archive that speaks QIDO-RS, WADO-RS and the read interaction of FHIR. It ends with the test. */
export async function startArchive(files: readonly ArchivedFile[] = []): Promise<WebArchive> {
  const app = fastify({ forceCloseConnections: true });
  onTestFinished(() => app.close());
  const archive: Omit<WebArchive, 'url' | 'fhir'> = { files: [...files], resources: new Map(), asked: [], authorizations: [], accepts: [], intercept: undefined };
  app.addHook('onRequest', async ({ url, headers }, reply) => {
    archive.asked.push(url);
    archive.authorizations.push(headers.authorization);
    archive.accepts.push(headers.accept);
    if (archive.intercept?.(url, reply) === true) return reply.hijack();
  });
  app.get<{ Querystring: Record<string, string> }>('/dicom-web/studies', ({ query }, reply) => {
    const found = archive.files.filter(({ patient, accession }) => (query['00100020'] ?? patient) === patient && (query['00080050'] ?? accession) === accession);
    const studies = [...new Map(found.map((file) => [file.study, file])).values()];
    if (studies.length === 0) return reply.code(204).send();
    return reply.type('application/dicom+json').send(JSON.stringify(studies.map(({ study, patient, accession }) => ({ '0020000D': { vr: 'UI', Value: [study] }, '00100020': { vr: 'LO', Value: [patient] }, '00080050': { vr: 'SH', Value: [accession] } }))));
  });
  const wado = ({ study, series, instance: uid }: Record<string, string | undefined>, reply: FastifyReply) => {
    const found = archive.files.filter((file) => file.study === study && (series ?? file.series) === file.series && (uid ?? file.instance) === file.instance);
    if (found.length === 0) return reply.code(404).send();
    return reply.type('multipart/related; type="application/dicom"; boundary=the-boundary').send(multipart(found.map(({ bytes }) => bytes), 'the-boundary'));
  };
  for (const path of ['/dicom-web/studies/:study', '/dicom-web/studies/:study/series/:series', '/dicom-web/studies/:study/series/:series/instances/:instance']) {
    app.get<{ Params: Record<string, string | undefined> }>(path, ({ params }, reply) => wado(params, reply));
  }
  app.get<{ Params: { type: string; id: string } }>('/fhir/:type/:id', ({ params: { type, id }, headers }, reply) => {
    const found = archive.resources.get(`${type}/${id}`);
    return found === undefined ? reply.code(404).send() : reply.type(`${/application\/fhir\+(json|xml)/.exec(headers.accept ?? '')?.[0]}; charset=utf-8`).send(found);
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  return Object.assign(archive, { url: `${origin}/dicom-web`, fhir: `${origin}/fhir/` });
}

export function multipart(parts: readonly Buffer[], boundary: string): Buffer {
  return Buffer.concat([...parts.flatMap((part) => [Buffer.from(`\r\n--${boundary}\r\nContent-Type: application/dicom\r\n\r\n`), part]), Buffer.from(`\r\n--${boundary}--\r\n`)]);
}

/** A server that does what no server should. Returns its origin. */
export async function startBroken(listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer(listener as RequestListener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
