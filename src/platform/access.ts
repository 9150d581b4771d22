import { createHash, timingSafeEqual } from 'node:crypto';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import {
  Metadata, ServerCredentials, ServerInterceptingCall, ServerListenerBuilder, status, type ServerInterceptor,
} from '@grpc/grpc-js';
import { isLoopback } from '../core/addresses.ts';
import { ClaraError, messageOf } from '../core/errors.ts';
import { type PlatformOptions } from './options.ts';

/** Throws where the options would let strangers in: outside of loopback it takes TLS and a token, or `--insecure`. */
export function checkExposure({ listen, tls, tokenFile, insecure }: PlatformOptions): void {
  if (isLoopback(listen) || insecure || (tls !== undefined && tokenFile !== undefined)) return;
  const missing = [...(tls === undefined ? ['TLS (--tls-cert and --tls-key)'] : []), ...(tokenFile === undefined ? ['a token (--token-file)'] : [])];
  throw new ClaraError('usage', `${listen} can be reached from other machines, which takes ${missing.join(' and ')}`, {
    hint: 'with --insecure anybody who reaches this address can run programs here',
  });
}

/** Certificate and key, PEM. */
export interface KeyPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** The certificate and the key that the options name, if any, tried out. */
export function readKeyPair({ tls }: PlatformOptions): KeyPair | undefined {
  if (tls === undefined) return undefined;
  const pair = { cert: readPem(tls.certFile, 'certificate'), key: readPem(tls.keyFile, 'key') };
  try {
    createSecureContext(pair);
  } catch (thrown) {
    const { reason } = thrown as { readonly reason?: string };
    throw new ClaraError('usage', `${tls.certFile} and ${tls.keyFile} are no certificate and its key (${reason ?? messageOf(thrown)})`, {
      cause: thrown, hint: 'both are PEM files, the key is not encrypted, and belongs to the certificate',
    });
  }
  return pair;
}

/** What the server listens with: TLS where it is set up, plain text otherwise. */
export function serverCredentials(pair: KeyPair | undefined): ServerCredentials {
  return pair === undefined ? ServerCredentials.createInsecure() : ServerCredentials.createSsl(null, [{ cert_chain: pair.cert, private_key: pair.key }]);
}

function readPem(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (thrown) {
    throw new ClaraError('usage', `the TLS ${what} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}

/** The token in a file that only its owner may read. */
export function readToken(path: string): string {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (thrown) {
    throw new ClaraError('usage', `the token file cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
  try {
    if ((fstatSync(file).mode & 0o077) !== 0) {
      throw new ClaraError('usage', `the token file ${path} can be read by others`, { hint: `chmod 600 ${path}` });
    }
    const token = readFileSync(file, 'utf8').trim();
    if (/^[\x21-\x7e]{8,}$/.test(token)) return token;
    throw new ClaraError('usage', `the token file ${path} must hold one token: at least 8 printable characters, no spaces`, {
      hint: `openssl rand -hex 32 > ${path}`,
    });
  } finally {
    closeSync(file);
  }
}

/** Whether an `authorization` header carries the token; that takes the same time for every wrong one. */
export function tokenCheck(token: string): (header: string | undefined) => boolean {
  const expected = digest(`Bearer ${token}`);
  return (header) => header !== undefined && timingSafeEqual(digest(header), expected);
}

/** Lets only calls in that carry `authorization: Bearer <token>`. */
export function requireToken(token: string): ServerInterceptor {
  const isTokenOf = tokenCheck(token);
  return (_method, call) => {
    const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, next) => {
      const [given] = metadata.get('authorization');
      if (typeof given === 'string' && isTokenOf(given)) next(metadata);
      else call.sendStatus({ code: status.UNAUTHENTICATED, details: given === undefined ? 'this platform asks for a token' : 'the token is not valid', metadata: new Metadata() });
    }).build();
    return new ServerInterceptingCall(call, { start: (next) => next(listener) });
  };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
