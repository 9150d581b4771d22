/** The PDUs of PS3.8 9.3 as values. P-DATA-TF is no value: it flows through (reader.ts, pdv-writer.ts). */
export type Pdu = AssociateRequest | AssociateAccept | AssociateReject | ReleaseRequest | ReleaseResponse | Abort;

/** PDU types (PS3.8 9.3.1, tables 9-11 to 9-26). */
export const pduTypes = {
  'A-ASSOCIATE-RQ': 0x01,
  'A-ASSOCIATE-AC': 0x02,
  'A-ASSOCIATE-RJ': 0x03,
  'P-DATA-TF': 0x04,
  'A-RELEASE-RQ': 0x05,
  'A-RELEASE-RP': 0x06,
  'A-ABORT': 0x07,
} as const;

export type PduName = keyof typeof pduTypes;

/** Type (1 byte), reserved (1), length of what follows (4). */
export const pduHeaderBytes = 6;

/** PS3.8 9.3.2. AE titles come without their padding. */
export interface AssociateRequest {
  readonly type: 'A-ASSOCIATE-RQ';
  /** A bit for each version; bit 0 is the only one defined. */
  readonly protocolVersion: number;
  readonly calledAe: string;
  readonly callingAe: string;
  readonly applicationContext: string;
  readonly contexts: readonly ProposedContext[];
  readonly user: UserInformation;
}

/** PS3.8 9.3.2.2. */
export interface ProposedContext {
  /** Odd, 1 to 255. */
  readonly id: number;
  readonly abstractSyntax: string;
  /** In the order of the proposal, at least one. */
  readonly transferSyntaxes: readonly string[];
}

/** PS3.8 9.3.3. */
export interface AssociateAccept {
  readonly type: 'A-ASSOCIATE-AC';
  readonly protocolVersion: number;
  readonly calledAe: string;
  readonly callingAe: string;
  readonly applicationContext: string;
  readonly contexts: readonly AnsweredContext[];
  readonly user: UserInformation;
}

/** Results of a presentation context (PS3.8 9.3.3.2). */
export const contextResults = {
  accepted: 0,
  'user rejection': 1,
  'no reason': 2,
  'abstract syntax not supported': 3,
  'transfer syntaxes not supported': 4,
} as const;

export type ContextResult = keyof typeof contextResults;

export interface AnsweredContext {
  readonly id: number;
  readonly result: ContextResult;
  /** Means something only where the context is accepted. */
  readonly transferSyntax: string;
}

/** PS3.8 D.1 and PS3.7 D.3.3. What a peer does not send is absent. */
export interface UserInformation {
  /** Longest P-DATA-TF that the sender of this takes, in bytes after its PDU header; 0 is no limit. */
  readonly maximumLength: number;
  readonly implementationClassUid?: string;
  readonly implementationVersionName?: string;
  /** Operations that may be under way at once; 0 is no limit. */
  readonly asynchronousOperations?: { readonly invoked: number; readonly performed: number };
  readonly roles?: readonly RoleSelection[];
  /** Sub-items that we have no use for (extended negotiation, user identity), by item type. */
  readonly others?: readonly { readonly type: number; readonly value: Buffer }[];
}

/** PS3.7 D.3.3.4. */
export interface RoleSelection {
  readonly sopClass: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

/** PS3.8 9.3.4; words for the numbers are in rejection.ts. */
export interface AssociateReject {
  readonly type: 'A-ASSOCIATE-RJ';
  readonly result: number;
  readonly source: number;
  readonly reason: number;
}

export interface ReleaseRequest { readonly type: 'A-RELEASE-RQ' }
export interface ReleaseResponse { readonly type: 'A-RELEASE-RP' }

/** PS3.8 9.3.8. Source 0 is the peer's application, 2 its protocol layer. */
export interface Abort {
  readonly type: 'A-ABORT';
  readonly source: number;
  readonly reason: number;
}
