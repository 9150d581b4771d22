import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rejections } from '../../../src/dicom/net/pdu/rejection.ts';
import { verificationContext } from '../../../src/dicom/net/scu/open.ts';
import { contextsFor, sendFiles } from '../../../src/dicom/net/scu/send-files.ts';
import { DicomFile } from '../../../src/dicom/part10/file.ts';
import { associate, freePort, startPeer, startReceiver } from '../../helpers/dicom-net.ts';
import { until } from '../../helpers/files.ts';
import { missing } from '../../helpers/require.ts';
import { ctHead, run, tempDir } from '../../helpers/run.ts';

const isMissing = missing('dcmtk') || missing('ct-head');
const files = isMissing ? [] : readdirSync(ctHead).filter((name) => name.endsWith('.dcm')).toSorted().map((name) => join(ctHead, name));

/** The data set of a file, by SOP instance. */
async function dataSets(paths: readonly string[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>();
  for (const path of paths) {
    const file = await DicomFile.open(path);
    found.set(file.meta.sopInstance, readFileSync(path).subarray(-file.dataSetBytes));
    await file.close();
  }
  return found;
}

describe.skipIf(isMissing)('dcmtk as a sender', () => {
  test('echoscu', async () => {
    const { port, events } = await startReceiver();
    const { exitCode, stderr, stdout } = await run('echoscu', ['-v', '-aet', 'DCM4CHEE', '-aec', 'my-ae-title', '127.0.0.1', String(port)]);
    expect([exitCode, stdout + stderr]).toEqual([0, expect.stringContaining('Received Echo Response (Success)')]);
    await until(() => events.length === 2);
    expect(events).toMatchObject([{ kind: 'associated', request: { callingAe: 'DCM4CHEE', calledAe: 'my-ae-title' } }, { kind: 'ended', end: { kind: 'released' } }]);
  });

  test.each([
    [rejections['calling AE title not recognized'], 'Result: Rejected Permanent, Source: Service User', 'Reason: Calling AE Title Not Recognized'],
    [rejections['called AE title not recognized'], 'Result: Rejected Permanent, Source: Service User', 'Reason: Called AE Title Not Recognized'],
    [rejections['application context name not supported'], 'Result: Rejected Permanent, Source: Service User', 'Reason: App Context Name Not Supported'],
    [rejections['no reason given'], 'Result: Rejected Permanent, Source: Service User', 'Reason: No Reason'],
    [rejections['local limit exceeded'], 'Result: Rejected Transient, Source: Service Provider (Presentation Related)', 'Reason: Local Limit Exceeded'],
  ])('echoscu reads the rejection %j', async (rejection, result, reason) => {
    const { port } = await startReceiver({ decide: () => ({ accept: false, rejection }) });
    const { exitCode, stderr } = await run('echoscu', ['127.0.0.1', String(port)]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(reason)]);
    expect(stderr).toContain(result);
  });

  test('storescu sends a series with 128 contexts, bit for bit', async () => {
    const { port, kept, events } = await startReceiver();
    const { exitCode, stderr, stdout } = await run('storescu', ['-v', '+sd', '-aet', 'DCM4CHEE', '-aec', 'my-ae-title', '127.0.0.1', String(port), ctHead], { env: { TCP_NODELAY: '1' } });
    expect([exitCode, (stdout + stderr).match(/Received Store Response \(Success\)/g)?.length]).toEqual([0, files.length]);
    expect(new Map(kept.map(({ sopInstance, bytes }) => [sopInstance, bytes.toString('base64')])))
      .toEqual(new Map([...await dataSets(files)].map(([uid, bytes]) => [uid, bytes.toString('base64')])));
    expect(events[0]).toMatchObject({ kind: 'associated', request: { contexts: { length: 128 } } });
  });

  test.each([['-xb', '1.2.840.10008.1.2.1'], ['-xi', '1.2.840.10008.1.2'], ['-xd', '1.2.840.10008.1.2.1.99']])('storescu %s is taken as it comes', async (flag, transferSyntax) => {
    const { port, kept } = await startReceiver();
    const { exitCode } = await run('storescu', [flag, '127.0.0.1', String(port), ...files.slice(0, 2)], { env: { TCP_NODELAY: '1' } });
    expect([exitCode, kept.map((instance) => instance.transferSyntax)]).toEqual([0, [transferSyntax, transferSyntax]]);
  });

  test('dcmsend, and storescu without TCP_NODELAY', async () => {
    const { port, kept } = await startReceiver();
    expect((await run('dcmsend', ['127.0.0.1', String(port), ...files])).exitCode).toBe(0);
    expect((await run('storescu', ['127.0.0.1', String(port), ...files.slice(0, 3)])).exitCode).toBe(0);
    expect(kept).toHaveLength(files.length + 3);
  });

  test.each([[0x0110, 1, 'Unknown Status: 0x110'], [0x0213, 2, 'Unknown Status: 0x213'], [0xa700, 167, 'Refused: OutOfResources']])('storescu shows the status %i', async (status, code, words) => {
    const { port } = await startReceiver({ store: async () => status });
    const { exitCode, stdout, stderr } = await run('storescu', ['-v', '127.0.0.1', String(port), files[0]!]);
    expect([exitCode, stdout + stderr]).toEqual([code, expect.stringContaining(words)]);
  });

  test('storescu finds no acceptable context', async () => {
    const { port } = await startReceiver({ decide: () => ({ accept: true, context: () => ({ refuse: 'no reason' }), handler: { store: async () => 0 } }) });
    const { exitCode, stderr } = await run('storescu', ['127.0.0.1', String(port), files[0]!]);
    expect([exitCode === 0, stderr]).toEqual([false, expect.stringContaining('No Acceptable Presentation Contexts')]);
  });
});

describe.skipIf(isMissing)('dcmtk as a receiver', () => {
  async function startStorescp(...args: readonly string[]): Promise<{ readonly port: number; readonly folder: string; readonly output: () => string }> {
    const [port, folder] = [await freePort(), tempDir()];
    const { output } = await startPeer('storescp', ['-v', '-aet', 'MYPACS', '--bit-preserving', '-od', folder, ...args, String(port)], port);
    return { port, folder, output };
  }

  test('storescp takes a series, bit for bit', async () => {
    const { port, folder } = await startStorescp();
    const metas = await Promise.all(files.map(async (path) => { const file = await DicomFile.open(path); await file.close(); return file.meta; }));
    const association = await associate(port, { contexts: [verificationContext, ...contextsFor(metas)] });
    expect(association.peerInformation.implementationVersionName).toMatch(/^OFFIS_DCMTK/);
    expect(await association.echo()).toBe(0);
    for await (const sent of sendFiles(association, files)) expect(sent).toMatchObject({ result: { status: 0 } });
    await association.release();
    expect(association.end).toEqual({ kind: 'released' });
    await until(() => readdirSync(folder).length === files.length);
    const received = await dataSets(readdirSync(folder).map((name) => join(folder, name)));
    for (const [uid, bytes] of await dataSets(files)) expect(received.get(uid)?.equals(bytes)).toBe(true);
  });

  test('files that cannot be sent are told of, and the others are sent', async () => {
    const { port } = await startStorescp();
    const association = await associate(port, { contexts: contextsFor([{ sopClass: '1.2.840.10008.5.1.4.1.1.2', transferSyntax: '1.2.840.10008.1.2.1' }]) });
    const none = join(tempDir(), 'none.dcm');
    const sent = [];
    for await (const file of sendFiles(association, [files[0]!, none, files[1]!])) sent.push('result' in file ? file.result.status : file.error);
    expect(sent).toEqual([0, expect.objectContaining({ kind: 'not-found' }), 0]);
    await association.release();
  });

  test('storescp that refuses, aborts and falls silent', async () => {
    const refusing = await startStorescp('--refuse');
    await expect(associate(refusing.port)).rejects.toThrow(/rejected the association \(no reason given; permanently, by its application\)/);
    const aborting = await startStorescp('--abort-after');
    const association = await associate(aborting.port);
    const sending = sendFiles(association, files.slice(0, 1)).next();
    await expect(sending).rejects.toThrow(/ended \(the peer aborted the association/);
    const sleeping = await startStorescp('--sleep-during', '30');
    const patient = await associate(sleeping.port, { timeouts: { responseMs: 300 } });
    await expect(sendFiles(patient, files.slice(0, 1)).next()).rejects.toThrow(/no answer within 0.3 s/);
  });
});
