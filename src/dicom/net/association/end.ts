import { type AbortReason } from '../pdu/protocol-error.ts';
import { type Rejection } from '../pdu/rejection.ts';

/** How an association ended, or the attempt at one. */
export type AssociationEnd =
  | { readonly kind: 'released' }
  /** We said no. */
  | { readonly kind: 'rejected'; readonly rejection: Rejection }
  /** The peer said no. */
  | { readonly kind: 'refused'; readonly result: number; readonly source: number; readonly reason: number }
  /** The peer sent A-ABORT (PS3.8 9.3.8). */
  | { readonly kind: 'aborted by peer'; readonly source: number; readonly reason: number }
  /** We sent A-ABORT, for the peer broke the protocol. */
  | { readonly kind: 'protocol error'; readonly reason: AbortReason; readonly message: string }
  /** We sent A-ABORT for a reason of our own. */
  | { readonly kind: 'aborted by us'; readonly message: string }
  /** The connection is gone without a word. */
  | { readonly kind: 'connection lost'; readonly message: string }
  | { readonly kind: 'timed out'; readonly message: string };

/** One clause for a log line or an error. */
export function describeEnd(end: AssociationEnd): string {
  switch (end.kind) {
    case 'released':
      return 'released';
    case 'rejected':
    case 'refused':
      return end.kind;
    case 'aborted by peer':
      return `the peer aborted the association (${end.source === 2 ? `its protocol layer, reason ${end.reason}` : 'its application'})`;
    case 'protocol error':
      return `the peer broke the protocol: ${end.message}`;
    case 'aborted by us':
      return `aborted: ${end.message}`;
    case 'connection lost':
    case 'timed out':
      return end.message;
  }
}
