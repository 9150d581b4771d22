import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { certificates } from '../../helpers/certificates.ts';
import { missing } from '../../helpers/require.ts';
import { clara, root, run } from '../../helpers/run.ts';
import { adapterPlace, dcmtk } from './place.ts';

const echo = (port: string, ...args: readonly string[]) => dcmtk('echoscu', '-v', ...args, '-aec', 'CLARA', '127.0.0.1', port);
const titles = `    reject-unknown-sources: false
    ae-titles: [{ ae-title: CLARA }]
pipeline-mappings: [{ clara-ae-title: CLARA, pipeline-id: ${'0'.repeat(32)} }]
`;

test.skipIf(missing('dcmtk') || missing('openssl'))('TLS from the settings file of either generation: who has no certificate is not let in where one is asked for', async () => {
  const file = certificates();
  const { settings, start, call } = adapterPlace();
  settings(`dicom:\n  scp:\n    tls:\n      certificate: ${file('server.pem')}\n      key: ${file('server.key')}\n${titles}`);
  const { port } = await start();
  expect(await echo(port, '+tla', '+cf', file('ca.pem'))).toMatchObject({ exitCode: 0, text: expect.stringContaining('Received Echo Response (Success)') as string });
  expect(await echo(port)).toMatchObject({ exitCode: 1 });
  expect(await echo(port, '+tla', '+cf', file('other.pem'))).toMatchObject({ exitCode: 1, text: expect.stringContaining('certificate verify failed') as string });
  await call('stop');

  settings(JSON.stringify({ DicomAdapter: { dicom: { scp: {
    tls: { certificate: file('server.pem'), key: file('server.key'), clientCa: file('ca.pem') }, rejectUnknownSources: false,
    aeTitles: [{ aeTitle: 'CLARA', processorSettings: { 'pipeline-a': '0'.repeat(32) } }],
  } } } }), 'appsettings.json');
  const { port: second } = await start();
  expect((await echo(second, '+tla', '+cf', file('ca.pem'))).exitCode).toBe(1);
  expect(await echo(second, '+tls', file('client.key'), file('client.pem'), '+cf', file('ca.pem'))).toMatchObject({ exitCode: 0, text: expect.stringContaining('Success') as string });
});

test.skipIf(missing('dcmtk') || missing('openssl'))('TLS from flags, which a restart keeps', async () => {
  const file = certificates();
  const { settings, start, call } = adapterPlace();
  settings(`dicom:\n  scp:\n${titles}`);
  const { port } = await start('--tls-cert', file('server.pem'), '--tls-key', file('server.key'));
  for (const _ of ['started', 'restarted']) {
    expect((await echo(port, '+tla', '+cf', file('ca.pem'))).exitCode).toBe(0);
    expect((await echo(port)).exitCode).toBe(1);
    expect((await call('restart')).exitCode).toBe(0);
  }
});

test.skipIf(missing('openssl'))('a file for TLS that is none is one finding, with the setting or the flag', async () => {
  const file = certificates();
  const { settings, call } = adapterPlace();
  const tls = (certificate: string, key: string) => settings(`dicom:\n  scp:\n    tls:\n      certificate: ${certificate}\n      key: ${key}\n${titles}`);
  const refused = async (...args: readonly string[]) => {
    const { exitCode, stderr } = await call('start', '--port', '0', '--rest-port', '0', ...args);
    return [exitCode, stderr.match(/error: dicom>.*|: --tls.*|^error: .*/gm)?.at(-1)];
  };
  tls('absent.pem', file('server.key'));
  expect(await refused()).toEqual([2, expect.stringMatching(/error: dicom>scp>tls>certificate: .*\/files\/absent\.pem does not exist$/)]);
  tls(file('server.pem'), file('client.key'));
  expect(await refused()).toEqual([2, `error: dicom>scp>tls>key: ${file('client.key')} is not the key of ${file('server.pem')}`]);
  tls(file('server.key'), file('server.key'));
  expect(await refused()).toEqual([2, `error: dicom>scp>tls>certificate: ${file('server.key')} is not a certificate in PEM`]);
  tls(file('server.pem'), file('encrypted.key'));
  expect(await refused()).toEqual([2, expect.stringContaining('tls>key: ' + file('encrypted.key') + ' is encrypted')]);
  settings(`dicom:\n  scp:\n    tls: { key: x }\n${titles}`);
  expect(await refused()).toEqual([2, 'error: dicom>scp>tls: TLS needs `certificate` and `key`, and there is no `certificate`']);
  settings(`dicom:\n  scp:\n${titles}`);
  expect(await refused('--tls-cert', file('server.pem'))).toEqual([2, 'error: --tls-cert and --tls-key belong together']);
  expect(await refused('--tls-cert', file('ca.pem'), '--tls-key', file('server.key'))).toEqual([2, `error: --tls-key: ${file('server.key')} is not the key of ${file('ca.pem')}`]);
});

/** Where everybody may bind any port, as in many containers, a network of its own has the rule again. */
function ownNetwork(): readonly string[] {
  const rule = '/proc/sys/net/ipv4/ip_unprivileged_port_start';
  return existsSync(rule) && Number(readFileSync(rule, 'utf8')) <= 104 ? ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'] : [];
}

test.skipIf(missing('root'))('port 104 without the right to it: the error names the flag, the setting and the system’s switch', async () => {
  const { home, env } = adapterPlace();
  chmodSync(home, 0o777);
  const nobody = 65534;
  const [program, ...args] = [...ownNetwork(), 'setpriv', '--reuid', String(nobody), '--regid', String(nobody), '--clear-groups', process.execPath, join(root, 'bin/clara'), 'dicom', 'start', '--rest-port', '0'];
  const { exitCode, stderr } = await run(program!, args, { env });
  expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/cannot listen for DICOM on 127\.0\.0\.1:104 \(this port needs a privilege\)[^]*--port 11112.*`dicom\.scp\.port`.*ip_unprivileged_port_start=104/)]);
});

test('ports that are taken: the error names the flag', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => { other.close(); });
  const taken = String((other.address() as AddressInfo).port);
  const { env } = adapterPlace();
  const refused = (...args: readonly string[]) => clara(['dicom', 'start', ...args], { env });
  expect(await refused('--port', taken, '--rest-port', '0')).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/the port is in use[^]*--port 11112/) as string });
  expect(await refused('--port', '0', '--rest-port', taken)).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/another program uses it[^]*--rest-port/) as string });
});
