import { readFile } from 'node:fs/promises';
import { Connection } from '../api/client.ts';
import { type Settings } from '../config/settings.ts';
import { isLoopback, splitAddress } from '../core/addresses.ts';
import { ClaraError, messageOf } from '../core/errors.ts';
import { fullVersion } from '../core/version.ts';
import { type Io } from './output/io.ts';

/** A connection to the platform that the settings name, encrypted and with a token where they say so. Nothing is sent yet. */
export async function openConnection(settings: Settings, io: Io): Promise<Connection> {
  const [tlsCa, token] = await Promise.all([
    settings.tlsCa === undefined ? undefined : readAuthority(settings.tlsCa),
    settings.tokenFile === undefined ? undefined : readSecret(settings.tokenFile, 'token'),
  ]);
  if (token !== undefined && tlsCa === undefined && !isLoopback(splitAddress(settings.host).host)) {
    io.warn(`the token travels unencrypted to ${settings.host}; name the platform's certificate authority with CLARA_TLS_CA`);
  }
  return new Connection({
    target: settings.host,
    timeoutMs: settings.timeoutMs,
    userAgent: `clara/${fullVersion}`,
    ...(tlsCa === undefined ? {} : { tlsCa }),
    ...(token === undefined ? {} : { token: token.toString('utf8').trim() }),
  });
}

/** A file that the settings name. @throws ClaraError `usage` */
export async function readSecret(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    throw new ClaraError('usage', `the ${what} file cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}

/** The certificate authority (PEM) that the settings name. @throws ClaraError `usage`, also where the file holds something else */
export async function readAuthority(path: string): Promise<Buffer> {
  const [pem, { X509Certificate }] = await Promise.all([readSecret(path, 'certificate authority'), import('node:crypto')]);
  try {
    new X509Certificate(pem);
  } catch (thrown) {
    throw new ClaraError('usage', `the certificate authority file ${path} holds no certificate (PEM)`, { hint: 'CLARA_TLS_CA names the authority that signed the platform\'s certificate', cause: thrown });
  }
  return pem;
}
