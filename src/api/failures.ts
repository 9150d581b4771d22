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
      return new ClaraError('unreachable', `no platform answered at ${target} (${reasonUnavailable(text)})`, {
        cause,
        hint: 'start one with `clara platform start`, or name another with --host',
      });
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

function reasonUnavailable(text: string): string {
  if (text.includes('ECONNREFUSED')) return 'connection refused';
  if (text.includes('ENOTFOUND') || text.includes('Name resolution failed')) return 'unknown host name';
  if (/parse error|protocol error/i.test(text)) return 'it does not speak gRPC';
  return text.replace(/^No connection established\. Last error: /, '');
}
