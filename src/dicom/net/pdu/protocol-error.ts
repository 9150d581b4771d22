import { ClaraError } from '../../../core/errors.ts';

/** The reasons of an A-ABORT by the service provider (PS3.8 9.3.8, table 9-26). */
export const abortReasons = {
  'reason not specified': 0,
  'unrecognized PDU': 1,
  'unexpected PDU': 2,
  'unrecognized PDU parameter': 4,
  'unexpected PDU parameter': 5,
  'invalid PDU parameter value': 6,
} as const;

export type AbortReason = keyof typeof abortReasons;

/** What the peer sent breaks the protocol: the association cannot go on. Its reason goes into the A-ABORT. */
export class ProtocolError extends ClaraError {
  readonly reason: AbortReason;

  constructor(reason: AbortReason, message: string) {
    super('failed', message);
    this.name = 'ProtocolError';
    this.reason = reason;
  }
}

/** For what a decoder finds wrong in a value. */
export function invalid(message: string): ProtocolError {
  return new ProtocolError('invalid PDU parameter value', message);
}
