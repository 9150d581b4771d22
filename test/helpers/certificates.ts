import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { tempDir } from './run.ts';

/** Files of two authorities, `ca` and `other`, and certificates of the first for 127.0.0.1: `server` and `client`. Made with openssl, gone with the test. */
export function certificates(): (name: 'ca.pem' | 'other.pem' | 'server.pem' | 'server.key' | 'client.pem' | 'client.key' | 'encrypted.key') => string {
  const folder = tempDir('clara-tls-');
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'] as const;
  for (const ca of ['ca', 'other']) openssl('req', '-x509', ...newKey, '-days', '2', '-subj', `/CN=${ca}`, '-keyout', `${ca}.key`, '-out', `${ca}.pem`);
  for (const name of ['server', 'client']) {
    openssl('req', ...newKey, '-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-copy_extensions', 'copy', '-out', `${name}.pem`);
  }
  openssl('pkey', '-in', 'server.key', '-aes256', '-passout', 'pass:x', '-out', 'encrypted.key');
  return (name) => join(folder, name);
}
