import { type Logger } from '../system/log.ts';
import { describeEnd } from './net/association/end.ts';
import { type ScpEvent } from './net/scp/types.ts';

/** Writes what happens to associations into the log; nothing of a data set is in it. */
export function logScp(log: Logger, event: ScpEvent): void {
  switch (event.kind) {
    case 'associated': {
      const { number, callingAe, calledAe, remoteAddress } = event.request;
      return log.info({ association: number, callingAe, calledAe, from: remoteAddress, contexts: event.accepted }, 'an association begins');
    }
    case 'ended': return log.info({ association: event.request.number, end: describeEnd(event.end) }, 'an association is over');
    case 'dropped': return log.debug({ from: event.remoteAddress, why: event.why }, 'a connection ended without an association');
    case 'failed': return log.error({ association: event.request.number, doing: event.doing, err: event.error }, 'the adapter failed in an association');
    case 'tls failed': return log.warn({ from: event.remoteAddress, why: event.why }, 'TLS could not be agreed on');
    case 'listener failed': return log.error({ err: event.error }, 'the listener failed');
  }
}
