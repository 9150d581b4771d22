import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { associate, ctImageStorage, explicitLittle, rawPeer, startReceiver } from '../../helpers/dicom-net.ts';
import { missing } from '../../helpers/require.ts';
import { run } from '../../helpers/run.ts';

describe.skipIf(missing('openssl'))('TLS', () => {
  let folder = '';
  const file = (name: string) => join(folder, name);
  const pem = (name: string) => readFileSync(file(name));
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'clara-tls-'));
    for (const ca of ['ca', 'other']) openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${ca}`, '-keyout', `${ca}.key`, '-out', `${ca}.pem`);
    for (const name of ['server', 'client']) {
      openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${name}.key`, '-out', `${name}.csr`);
      openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy', '-out', `${name}.pem`);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const server = () => ({ certificate: pem('server.pem'), key: pem('server.key') });

  test('an association over TLS', async () => {
    const { port, kept } = await startReceiver({ tls: server() });
    const association = await associate(port, { tls: { ca: pem('ca.pem') } });
    expect(await association.echo()).toBe(0);
    expect(await association.store({ sopClass: ctImageStorage, sopInstance: '1.2', transferSyntax: explicitLittle, data: [Buffer.alloc(3_000_000, 7)] })).toMatchObject({ status: 0 });
    expect(kept[0]!.bytes.equals(Buffer.alloc(3_000_000, 7))).toBe(true);
    await association.release();
  });

  test('a certificate of another authority is refused', async () => {
    const { port, events } = await startReceiver({ tls: server() });
    await expect(associate(port, { tls: { ca: pem('other.pem') } })).rejects.toMatchObject({ kind: 'failed', hint: expect.stringMatching(/authority/) });
    expect(events.filter(({ kind }) => kind === 'associated')).toEqual([]);
  });

  test('a server that asks for a client certificate takes no one without', async () => {
    const { port, events } = await startReceiver({ tls: { ...server(), clientCa: pem('ca.pem') } });
    await expect(associate(port, { tls: { ca: pem('ca.pem') } })).rejects.toThrow(/ended/);
    expect(events.filter(({ kind }) => kind === 'associated')).toEqual([]);
    const association = await associate(port, { tls: { ca: pem('ca.pem'), certificate: pem('client.pem'), key: pem('client.key') } });
    expect(await association.echo()).toBe(0);
  });

  test('plain text to a TLS port, and TLS to a plain one, are errors', async () => {
    const secure = await startReceiver({ tls: server() });
    await expect(associate(secure.port)).rejects.toThrow(/ended/);
    const plain = await startReceiver();
    await expect(associate(plain.port, { tls: { ca: pem('ca.pem') } })).rejects.toMatchObject({ hint: expect.stringMatching(/speaks TLS/) });
  });

  test('a key that is none is an error at once', async () => {
    await expect(startReceiver({ tls: { certificate: pem('server.pem'), key: 'no key' } })).rejects.toThrow(/TLS certificate or key cannot be used/);
    await expect(startReceiver({ tls: { certificate: pem('server.pem'), key: pem('client.key') } })).rejects.toThrow(/TLS certificate or key cannot be used/);
  });

  test('a handshake that never ends is cut', async () => {
    const { port, scp, events } = await startReceiver({ tls: server(), limits: { artimMs: 200 } });
    expect(await (await rawPeer(port)).next()).toBe('closed');
    expect(events).toEqual([{ kind: 'tls failed', remoteAddress: '127.0.0.1', why: 'TLS handshake timeout' }]);
    expect(scp.counts()).toEqual({ associations: 0, waiting: 0, silent: 0 });
  });

  test.skipIf(missing('dcmtk'))('echoscu with TLS', async () => {
    const { port } = await startReceiver({ tls: { ...server(), clientCa: pem('ca.pem') } });
    const { exitCode, stderr, stdout } = await run('echoscu', ['-v', '+tls', file('client.key'), file('client.pem'), '+cf', file('ca.pem'), '127.0.0.1', String(port)]);
    expect([exitCode, stdout + stderr]).toEqual([0, expect.stringContaining('Received Echo Response (Success)')]);
  });
});
