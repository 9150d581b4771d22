import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ClaraError, messageOf } from '../../core/errors.ts';

/** PEM texts (PS3.15 B.9 and later: TLS 1.2 at least). */
export interface TlsServerOptions {
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  /** With it, a client needs a certificate of this authority. */
  readonly clientCa?: string | Buffer;
}

export interface TlsClientOptions {
  /** The authority of the server's certificate; without it, those that Node.js knows. */
  readonly ca?: string | Buffer;
  /** Where the server asks for one. */
  readonly certificate?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name in the server's certificate, where it is not the host that is connected to. */
  readonly serverName?: string;
}

/** Options for Node.js, tried once: a key that does not fit its certificate is an error now and not with the first peer. */
export function secureOptions(options: { readonly certificate?: string | Buffer; readonly key?: string | Buffer; readonly ca?: string | Buffer }): SecureContextOptions {
  const secure: SecureContextOptions = { cert: options.certificate, key: options.key, ca: options.ca, minVersion: 'TLSv1.2' };
  try {
    createSecureContext(secure);
  } catch (thrown) {
    throw new ClaraError('usage', `the TLS certificate or key cannot be used (${messageOf(thrown)})`, { hint: 'both have to be PEM, and the key has to belong to the certificate', cause: thrown });
  }
  return secure;
}
