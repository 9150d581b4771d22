import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missing } from '../../helpers/require.ts';
import { run } from '../../helpers/run.ts';
import { endpointOf, home } from './local.ts';

/** A certificate authority and a certificate of it for this machine, as an administrator would make them. */
async function certificates(folder: string): Promise<{ ca: string; cert: string; key: string }> {
  const openssl = async (...args: string[]) => expect(await run('openssl', args, { cwd: folder })).toMatchObject({ exitCode: 0 });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=test authority');
  await openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost');
  writeFileSync(join(folder, 'names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
  await openssl('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names', '-out', 'server.pem');
  return { ca: join(folder, 'ca.pem'), cert: join(folder, 'server.pem'), key: join(folder, 'server.key') };
}

test.skipIf(missing('openssl'))('open to other machines with TLS and a token: only callers that have both get in', async () => {
  const { folder, platform, clara } = home();
  const { ca, cert, key } = await certificates(folder);
  const token = join(folder, 'token');
  const secret = 'a-secret-of-this-test-0123456789';
  writeFileSync(token, `${secret}\n`, { mode: 0o600 });

  const started = await platform(['start', '--listen', '0.0.0.0', '--port', '0', '--tls-cert', cert, '--tls-key', key, '--token-file', token]);
  expect(started).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^API: {4}0\.0\.0\.0:\d+ \(TLS\)$/m) });
  const target = endpointOf(started).replace('0.0.0.0', 'localhost');
  expect(started.stderr).toContain(`other commands reach it with: export CLARA_HOST=${target} CLARA_TLS_CA='${cert}' CLARA_TOKEN_FILE='${token}'\n`);

  const version = (env: Record<string, string>) => clara(['version', '--host', target], { env: { CLARA_TIMEOUT: '5', ...env } });
  expect(await version({ CLARA_TLS_CA: ca, CLARA_TOKEN_FILE: token })).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Clara Platform version:') });
  expect(await version({ CLARA_TLS_CA: ca })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('CLARA_TOKEN_FILE') });
  const wrong = join(folder, 'wrong');
  writeFileSync(wrong, 'another-token-0123456789', { mode: 0o600 });
  expect(await version({ CLARA_TLS_CA: ca, CLARA_TOKEN_FILE: wrong })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the token is not valid') });
  expect(await version({})).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/\(it closed the connection\)\nhint: .*CLARA_TLS_CA/) as string });
  expect(await version({ CLARA_TLS_CA: key })).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(`${key} holds no certificate`) as string });
  const byAddress = { CLARA_TLS_CA: ca, CLARA_TOKEN_FILE: token, CLARA_HOST: target.replace('localhost', '127.0.0.1') };
  expect(await clara(['list', 'jobs', '-q'], { env: byAddress })).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
  expect(await clara(['list', 'jobs', '-q'], { env: { ...byAddress, CLARA_HOST: target.replace('localhost', '127.0.0.2') } })).toMatchObject({
    exitCode: 3, stderr: expect.stringMatching(/^error: no platform answered at 127\.0\.0\.2:\d+ \(its certificate is not accepted: .*altnames.*\)\nhint: CLARA_TLS_CA/) as string,
  });
  const stranger = join(folder, 'stranger.pem');
  await run('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'x.key', '-out', stranger, '-days', '2', '-subj', '/CN=x'], { cwd: folder });
  expect(await version({ CLARA_TLS_CA: stranger, CLARA_TOKEN_FILE: token })).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/its certificate is not accepted: [a-z -]+\)\nhint/) });

  // The other door asks for the same; where it is, the platform of this home says.
  const tasks = (env: Record<string, string>) => clara(['results', 'list', '-o', 'json', '--host', target], { env: { CLARA_TIMEOUT: '5', ...env } });
  expect(await tasks({ CLARA_TLS_CA: ca, CLARA_TOKEN_FILE: token })).toMatchObject({ exitCode: 0, stdout: '[]\n' });
  expect(await tasks({ CLARA_TLS_CA: ca })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('CLARA_TOKEN_FILE') });
  expect(await tasks({ CLARA_TLS_CA: ca, CLARA_TOKEN_FILE: wrong })).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the token is not valid') });
  expect((await tasks({})).exitCode).not.toBe(0);
  expect(await tasks({ CLARA_TLS_CA: stranger, CLARA_TOKEN_FILE: token })).toMatchObject({ exitCode: 3, stderr: expect.stringMatching(/certificate/) });

  // The life cycle needs no door: it works for the owner without certificate and token.
  const status = await platform(['status', '-o', 'json']);
  expect(JSON.parse(status.stdout)).toMatchObject({ state: 'running', tls: true });
  const restarted = await platform(['restart', '-o', 'json']);
  expect(JSON.parse(restarted.stdout)).toMatchObject({ tls: true, endpoint: endpointOf(started) });
  expect(await version({ CLARA_TLS_CA: ca, CLARA_TOKEN_FILE: token })).toMatchObject({ exitCode: 0 });

  // The secret is in no process list, log or note.
  const { pid } = JSON.parse(restarted.stdout) as { pid: number };
  for (const file of [`/proc/${pid}/cmdline`, ...['server.log', 'server.json', 'start.json', 'lock.json'].map((name) => join(folder, 'platform', name))]) {
    expect(readFileSync(file, 'utf8')).not.toContain(secret);
  }
  expect(await platform(['stop', '-y'])).toMatchObject({ exitCode: 0 });
});

test('a token file that others can read is refused before anything is opened', async () => {
  const { folder, platform } = home();
  const token = join(folder, 'token');
  writeFileSync(token, 'a-secret-of-this-test-0123456789');
  chmodSync(token, 0o644);
  const result = await platform(['start', '--port', '0', '--token-file', token]);
  expect(result).toMatchObject({ exitCode: 2, stderr: `error: the token file ${token} can be read by others\nhint: chmod 600 ${token}\n` });
  expect(existsSync(join(folder, 'platform/server.json'))).toBe(false);
});

test('--insecure opens it to everybody, on request', async () => {
  const { platform, clara } = home();
  const started = await platform(['start', '--listen', '0.0.0.0', '--port', '0', '--insecure']);
  expect(started).toMatchObject({ exitCode: 0 });
  expect(await clara(['version', '--host', endpointOf(started).replace('0.0.0.0', '127.0.0.1')])).toMatchObject({ exitCode: 0 });
});

test.skipIf(missing('openssl'))('files that are no certificate and its key, and TLS that the platform does not use, are named', async () => {
  const { folder, platform, clara } = home();
  const { ca, cert, key } = await certificates(folder);
  for (const [first, second] of [[key, cert], [cert, join(folder, 'ca.key')]] as const) {
    expect(await platform(['start', '--port', '0', '--tls-cert', first, '--tls-key', second])).toMatchObject({
      exitCode: 2, stderr: expect.stringMatching(/^error: .* are no certificate and its key \([a-z ]+\)\nhint: both are PEM files/) as string,
    });
  }
  const started = await platform(['start', '--port', '0']);
  expect(await clara(['list', 'jobs', '--host', endpointOf(started)], { env: { CLARA_TLS_CA: ca } })).toMatchObject({
    exitCode: 3, stderr: expect.stringMatching(/\(it does not use TLS\)\nhint: unset CLARA_TLS_CA/) as string,
  });
  expect(await platform(['stop', '-y'])).toMatchObject({ exitCode: 0 });
});
