import { hostAndPort } from '../../core/addresses.ts';
import { ClaraError } from '../../core/errors.ts';
import { statusText } from '../net/dimse/commands.ts';
import { openAssociation, verificationContext } from '../net/scu/open.ts';
import { type AdapterSettings } from '../settings/model.ts';
import { askServer, statusLine } from './stow/request.ts';
import { type Target } from './target.ts';

/** Whether a destination answers. */
export interface Echo {
  readonly destination: string;
  /** `MYPACS at 10.0.0.6:104`, or the URL. */
  readonly address: string;
  readonly result:
    /** `openMs`: until the association was there, or nothing for DICOMweb; `roundTripMs`: of the question itself. */
    | { readonly kind: 'answered'; readonly openMs: number | undefined; readonly roundTripMs: number }
    | { readonly kind: 'failed' | 'unreachable'; readonly message: string; readonly hint: string | undefined };
}

/** Asks a destination for a sign of life: with C-ECHO (PS3.7 9.1.5), or with a search for one study (PS3.18 10.6). */
export async function echo(target: Target, { aeTitle, timeouts }: Pick<AdapterSettings['scu'], 'aeTitle' | 'timeouts'>, signal: AbortSignal): Promise<Echo> {
  const about = { destination: target.name, address: addressOf(target) };
  const begun = performance.now();
  try {
    if (target.kind === 'web') {
      const { status } = await askServer(target.server, { method: 'GET', path: '/studies?limit=1', accept: 'application/dicom+json', timeouts, signal });
      if (status < 200 || status > 299) throw webRefusal(target.server.url, status);
      return { ...about, result: { kind: 'answered', openMs: undefined, roundTripMs: since(begun) } };
    }
    const { hostIp: host, port, aeTitle: calledAe } = target.destination;
    const association = await openAssociation({ host, port, calledAe, callingAe: aeTitle, contexts: [verificationContext], timeouts, signal });
    const [openMs, asked] = [since(begun), performance.now()];
    try {
      const status = await association.echo();
      if (status !== 0) throw new ClaraError('failed', `${about.address} answered C-ECHO with ${statusText(status)}`);
      return { ...about, result: { kind: 'answered', openMs, roundTripMs: since(asked) } };
    } finally {
      await association.release();
    }
  } catch (thrown) {
    if (!(thrown instanceof ClaraError) || signal.aborted) throw thrown;
    return { ...about, result: { kind: thrown.kind === 'unreachable' ? 'unreachable' : 'failed', message: thrown.message, hint: thrown.hint } };
  }
}

export function addressOf(target: Target): string {
  return target.kind === 'web' ? target.server.url : `${target.destination.aeTitle} at ${hostAndPort(target.destination.hostIp, target.destination.port)}`;
}

function webRefusal(url: string, status: number): ClaraError {
  const hint = status === 401 || status === 403 ? 'check the credentials of the destination' : status === 404 ? 'check the path of the URL: /studies comes behind it' : undefined;
  return new ClaraError('failed', `${new URL(url).origin} answered ${statusLine(status)}`, hint === undefined ? {} : { hint });
}

/** In ms, to a tenth. */
function since(begun: number): number {
  return Math.round((performance.now() - begun) * 10) / 10;
}
