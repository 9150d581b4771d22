import { readdirSync, readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import dimse from 'dcmjs-dimse';
import { verificationContext } from '../../../src/dicom/net/scu/open.ts';
import { contextsFor, sendFiles } from '../../../src/dicom/net/scu/send-files.ts';
import { DicomFile } from '../../../src/dicom/part10/file.ts';
import { associate, ctContext, ctImageStorage, explicitLittle, freePort, startReceiver } from '../../helpers/dicom-net.ts';
import { until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { startOrthanc } from '../../helpers/orthanc.ts';
import { ctHead } from '../../helpers/run.ts';

const noFiles = missing('ct-head');
const files = noFiles ? [] : readdirSync(ctHead).filter((name) => name.endsWith('.dcm')).toSorted().slice(0, 10).map((name) => join(ctHead, name));

describe.skipIf(noFiles || missing('orthanc'))('Orthanc', () => {
  test('takes a series, and sends it back bit for bit', async () => {
    const receiver = await startReceiver();
    const { url, dicomPort } = await startOrthanc({ DicomModalities: { clara: ['CLARA', '127.0.0.1', receiver.port] } });
    const metas = await Promise.all(files.map(async (path) => { const file = await DicomFile.open(path); await file.close(); return file.meta; }));
    const association = await associate(dicomPort, { calledAe: 'ORTHANC', contexts: [verificationContext, ...contextsFor(metas)] });
    expect(await association.echo()).toBe(0);
    for await (const sent of sendFiles(association, files)) expect(sent).toMatchObject({ result: { status: 0 } });
    await association.release();
    const instances = await (await fetch(`${url}/instances`)).json() as string[];
    expect(instances).toHaveLength(files.length);

    expect((await fetch(`${url}/modalities/clara/echo`, { method: 'POST', body: '{}' })).status).toBe(200);
    expect((await fetch(`${url}/modalities/clara/store`, { method: 'POST', body: JSON.stringify(instances) })).status).toBe(200);
    expect(receiver.kept).toHaveLength(files.length);
    for (const path of files) {
      const file = await DicomFile.open(path);
      const kept = receiver.kept.find(({ sopInstance }) => sopInstance === file.meta.sopInstance);
      // Orthanc may write the meta information anew, never the pixels.
      expect(kept?.bytes.subarray(-524_288).equals(readFileSync(path).subarray(-524_288))).toBe(true);
      await file.close();
    }
    expect(receiver.events[0]).toMatchObject({ request: { callingAe: 'ORTHANC', calledAe: 'CLARA' } });
  });

  test('is told of what is not taken', async () => {
    const receiver = await startReceiver({ store: async () => 0x0110 });
    const { url, dicomPort } = await startOrthanc({ DicomModalities: { clara: ['CLARA', '127.0.0.1', receiver.port] } });
    const association = await associate(dicomPort, { calledAe: 'ORTHANC', contexts: [ctContext] });
    for await (const sent of sendFiles(association, files.slice(0, 1))) expect(sent).toMatchObject({ result: { status: 0 } });
    const instances = await (await fetch(`${url}/instances`)).json() as string[];
    expect((await fetch(`${url}/modalities/clara/store`, { method: 'POST', body: JSON.stringify(instances) })).status).toBe(500);
  });
});

describe.skipIf(noFiles)('dcmjs-dimse', () => {
  // Both talk on the console otherwise.
  dimse.log.setLevel('silent');
  (createRequire(import.meta.url)('dcmjs') as { log: { setLevel(level: string): void } }).log.setLevel('silent');

  test('as a sender', async () => {
    const { port, kept } = await startReceiver();
    const client = new dimse.Client();
    const statuses: number[] = [];
    const requests = [new dimse.requests.CEchoRequest(), ...files.slice(0, 3).map((path) => new dimse.requests.CStoreRequest(path))];
    for (const request of requests) {
      request.on('response', (response) => statuses.push(response.getStatus()));
      client.addRequest(request);
    }
    const closed = once(client, 'closed');
    client.send('127.0.0.1', port, 'DIMSE', 'CLARA');
    await closed;
    expect(statuses).toEqual([0, 0, 0, 0]);
    expect(kept).toHaveLength(3);
  });

  test('as a receiver', async () => {
    const stored: string[] = [];
    class Receiver extends dimse.Scp {
      override associationRequested(association: dimse.association.Association): void {
        for (const { context } of association.getPresentationContexts()) context.setResult(dimse.constants.PresentationContextResult.Accept, context.getTransferSyntaxUids()[0]);
        this.sendAssociationAccept();
      }

      override cEchoRequest(request: dimse.requests.CEchoRequest, callback: (response: dimse.responses.CEchoResponse) => void): void {
        const response = dimse.responses.CEchoResponse.fromRequest(request);
        response.setStatus(dimse.constants.Status.Success);
        callback(response);
      }

      override cStoreRequest(request: dimse.requests.CStoreRequest, callback: (response: dimse.responses.CStoreResponse) => void): void {
        stored.push(request.getAffectedSopInstanceUid());
        const response = dimse.responses.CStoreResponse.fromRequest(request);
        response.setStatus(dimse.constants.Status.Success);
        callback(response);
      }

      override associationReleaseRequested(): void {
        this.sendAssociationReleaseResponse();
      }
    }
    const server = new dimse.Server(Receiver);
    const port = await freePort();
    server.listen(port);
    try {
      const connected = async () => associate(port, { contexts: [verificationContext, { abstractSyntax: ctImageStorage, transferSyntaxes: [explicitLittle] }] });
      const association = await connected();
      expect(await association.echo()).toBe(0);
      for await (const sent of sendFiles(association, files.slice(0, 3))) expect(sent).toMatchObject({ result: { status: 0 } });
      await association.release();
      await until(() => association.end !== undefined);
      expect(association.end).toEqual({ kind: 'released' });
      expect(stored).toHaveLength(3);
    } finally {
      server.close();
    }
  });
});
