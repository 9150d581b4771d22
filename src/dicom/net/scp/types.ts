import { type AssociationEnd } from '../association/end.ts';
import { type Rejection } from '../pdu/rejection.ts';
import { type ContextResult, type ProposedContext, type UserInformation } from '../pdu/types.ts';
import { type IncomingData } from './incoming-data.ts';

/** Who asks for an association, and for what. */
export interface AssociationRequest {
  /** From 1 on, in the order of arrival. */
  readonly number: number;
  readonly callingAe: string;
  readonly calledAe: string;
  /** The peer's address without port; an IPv4 address is not written as IPv6. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly contexts: readonly ProposedContext[];
  readonly user: UserInformation;
}

/** The answer to a request. */
export type AssociationDecision =
  | { readonly accept: false; readonly rejection: Rejection }
  | {
    readonly accept: true;
    /** The transfer syntax to use for a context, one of those proposed, or why there is none. */
    context(proposed: ProposedContext): ContextDecision;
    readonly handler: AssociationHandler;
  };

export type ContextDecision = { readonly transferSyntax: string } | { readonly refuse: Exclude<ContextResult, 'accepted'> };

/** Does the work of one association. Its calls never overlap. */
export interface AssociationHandler {
  /** C-ECHO: the status to answer; success without it. */
  echo?(): number | Promise<number>;
  /**
   * C-STORE: takes the data set and returns the status, which is sent when this settles. What it does not read is read and thrown
   * away. Where it throws, the status is 0110H (processing failure). The association goes on in any case.
   */
  store(instance: IncomingInstance): Promise<StoreAnswer>;
  /** The association is over, and none of the calls above is still running. */
  ended?(end: AssociationEnd): void;
}

/** A status code (PS3.7 annex C), or one with a comment of at most 64 characters for the sender's log. */
export type StoreAnswer = number | { readonly status: number; readonly comment: string };

/** A C-STORE request (PS3.7 9.1.1). The UIDs have the form of UIDs. */
export interface IncomingInstance {
  readonly messageId: number;
  readonly sopClass: string;
  readonly sopInstance: string;
  /** Of the presentation context: that of the bytes of `data`. */
  readonly transferSyntax: string;
  readonly abstractSyntax: string;
  /** 0 medium, 1 high, 2 low. */
  readonly priority: number;
  readonly moveOriginator: { readonly ae: string; readonly messageId: number } | undefined;
  /** The data set, bit for bit as it was sent. */
  readonly data: IncomingData;
}

/** What happens, for logs and counters. Nothing of a data set is in them. */
export type ScpEvent =
  | { readonly kind: 'associated'; readonly request: AssociationRequest; readonly accepted: number }
  | { readonly kind: 'ended'; readonly request: AssociationRequest; readonly end: AssociationEnd }
  /** A connection ended before it had asked for an association. */
  | { readonly kind: 'dropped'; readonly remoteAddress: string; readonly why: string }
  /** The decision or a handler threw. */
  | { readonly kind: 'failed'; readonly request: AssociationRequest; readonly doing: 'decide' | 'echo' | 'store' | 'ended'; readonly error: unknown }
  /** TLS could not be agreed on. */
  | { readonly kind: 'tls failed'; readonly remoteAddress: string; readonly why: string }
  /** The listener itself failed, for instance for want of file descriptors; it goes on listening. */
  | { readonly kind: 'listener failed'; readonly error: unknown };
