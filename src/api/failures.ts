import { status, type ServiceError } from '@grpc/grpc-js';
import { ClaraError, messageOf } from '../core/errors.ts';
import { type WithResponseHeader } from './contract.ts';
import { formatWireCode, kindOfWireCode } from './wire-codes.ts';

/** Marks the line of a header's messages that says what to do. */
export const hintPrefix = 'hint: ';

/** Throws what a negative response header means; a positive code is a success with a remark (Clara guide, ResponseHeader). */
export function checkHeader(response: WithResponseHeader): void {
  const { code = 0, messages = [] } = response.header ?? {};
  if (code >= 0) return;
  const [first = `the platform reported error ${formatWireCode(code)}`, ...rest] = messages;
  const hint = rest.findLast((line) => line.startsWith(hintPrefix))?.slice(hintPrefix.length);
  const details = rest.filter((line) => !line.startsWith(hintPrefix));
  throw new ClaraError(kindOfWireCode(code), first, { details, wireCode: code, ...(hint === undefined ? {} : { hint }) });
}

function isServiceError(thrown: unknown): thrown is ServiceError {
  return thrown instanceof Error && typeof (thrown as Partial<ServiceError>).code === 'number' && 'metadata' in thrown;
}

/** What a gRPC failure means for the person at the keyboard; the one place that reads gRPC status codes. */
export function toClaraError(thrown: unknown, target: string): ClaraError {
  if (thrown instanceof ClaraError) return thrown;
  if (!isServiceError(thrown)) return new ClaraError('failed', messageOf(thrown), { cause: thrown });
  const cause = thrown;
  const text = thrown.details || thrown.message;
  // What grpc-js makes of the status line of a web server or a proxy, whatever gRPC status it takes it for.
  const http = /Received HTTP status code (\d+)/.exec(text);
  if (http !== null) {
    return new ClaraError('unreachable', `no platform answered at ${target} (it does not speak gRPC: HTTP status ${http[1]})`, {
      cause, hint: 'check that the address is that of a Clara platform, and that no proxy is in between',
    });
  }
  switch (thrown.code) {
    case status.UNAVAILABLE:
      return unavailable(target, text, cause);
    case status.DEADLINE_EXCEEDED:
      return new ClaraError('unreachable', `the platform at ${target} did not answer in time`, {
        cause,
        hint: 'check that the address is that of a Clara platform, or raise the limit with CLARA_TIMEOUT (seconds)',
      });
    case status.CANCELLED:
      return new ClaraError('interrupted', 'the call was cancelled', { cause });
    case status.UNAUTHENTICATED:
    case status.PERMISSION_DENIED:
      return new ClaraError('failed', `the platform at ${target} refused the credentials (${text})`, {
        cause,
        hint: 'set the token with CLARA_TOKEN_FILE or `tokenFile` in config.yaml',
      });
    case status.UNIMPLEMENTED:
      return new ClaraError('failed', `the server at ${target} does not offer this call (${text})`, {
        cause,
        hint: 'it may be an older platform, or not a Clara platform at all',
      });
    case status.RESOURCE_EXHAUSTED:
      return new ClaraError('failed', `the message was too large for the platform at ${target} (${text})`, { cause });
    default:
      return new ClaraError('failed', `the platform at ${target} failed: ${text}`, { cause });
  }
}

function unavailable(target: string, text: string, cause: Error): ClaraError {
  const { reason, hint = 'start one with `clara platform start`, or name another with --host' } = reasonUnavailable(text);
  return new ClaraError('unreachable', `no platform answered at ${target} (${reason})`, { cause, hint });
}

/** Why a connection failed, told from the words of grpc-js, Node.js and OpenSSL. */
function reasonUnavailable(text: string): { readonly reason: string; readonly hint?: string } {
  if (text.includes('ECONNREFUSED')) return { reason: 'connection refused' };
  if (text.includes('ENOTFOUND') || text.includes('Name resolution failed')) return { reason: 'unknown host name' };
  if (/parse error|protocol error/i.test(text)) return { reason: 'it does not speak gRPC' };
  if (/SSL routines|EPROTO/.test(text)) return { reason: 'it does not use TLS', hint: 'unset CLARA_TLS_CA and `tlsCa` in config.yaml to talk to it without, or name another with --host' };
  const plain = text.replace(/^No connection established\. Last error: /, '').replace(/\s*\. Resolution note: .*$/s, '').replace(/^Error(?: \[\w+\])?: /, '');
  if (/certificate|altnames/i.test(plain)) {
    return { reason: `its certificate is not accepted: ${plain}`, hint: 'CLARA_TLS_CA names the file of the authority that signed the platform\'s certificate, which is for certain host names' };
  }
  // grpc-js says when, not why; a server that wants TLS is the commonest.
  if (plain.startsWith('Failed to connect')) {
    return { reason: 'it closed the connection', hint: 'where the platform uses TLS, name its certificate authority with CLARA_TLS_CA' };
  }
  return { reason: plain };
}
