/** Values of the Command Field (PS3.7 E.1). A response has the bit 0x8000. */
export const commandFields = {
  'C-STORE': 0x0001, 'C-GET': 0x0010, 'C-FIND': 0x0020, 'C-MOVE': 0x0021, 'C-ECHO': 0x0030, 'C-CANCEL': 0x0fff,
  'N-EVENT-REPORT': 0x0100, 'N-GET': 0x0110, 'N-SET': 0x0120, 'N-ACTION': 0x0130, 'N-CREATE': 0x0140, 'N-DELETE': 0x0150,
} as const;

export const responseBit = 0x8000;

/** A command set as far as we use it (PS3.7 9.3, E.1). UIDs come without padding, and unchecked. */
export interface Command {
  /** Command Field (0000,0100). */
  readonly field: number;
  /** Message ID (0000,0110). */
  readonly messageId?: number;
  /** Message ID Being Responded To (0000,0120). */
  readonly respondedTo?: number;
  /** Affected SOP Class UID (0000,0002). */
  readonly sopClass?: string;
  /** Affected SOP Instance UID (0000,1000). */
  readonly sopInstance?: string;
  /** Priority (0000,0700): 0 medium, 1 high, 2 low. */
  readonly priority?: number;
  /** Command Data Set Type (0000,0800): whether a data set follows. */
  readonly hasDataSet: boolean;
  /** Status (0000,0900). */
  readonly status?: number;
  /** Error Comment (0000,0902), at most 64 characters. */
  readonly errorComment?: string;
  /** Move Originator Application Entity Title (0000,1030) and Message ID (0000,1031): a C-STORE on behalf of a C-MOVE. */
  readonly moveOriginator?: { readonly ae: string; readonly messageId: number };
}

/** Status codes (PS3.7 annex C, PS3.4 table B.2-1) that a receiver answers with. */
export const statuses = {
  success: 0x0000,
  /** PS3.7 C.5.5. */
  processingFailure: 0x0110,
  /** PS3.7 C.5.8: the SOP Instance UID breaks the rules for UIDs. */
  invalidSopInstance: 0x0117,
  /** PS3.7 C.5.21. */
  sopClassNotSupported: 0x0122,
  /** PS3.7 C.5.22. */
  unrecognizedOperation: 0x0211,
  /** PS3.7 C.5.26. */
  resourceLimitation: 0x0213,
} as const;

const names: Readonly<Record<number, string>> = {
  0x0000: 'success', 0x0110: 'processing failure', 0x0111: 'duplicate SOP instance', 0x0112: 'no such SOP instance', 0x0117: 'invalid SOP instance',
  0x0118: 'no such SOP class', 0x0119: 'class-instance conflict', 0x0122: 'SOP class not supported', 0x0124: 'not authorized',
  0x0210: 'duplicate invocation', 0x0211: 'unrecognized operation', 0x0212: 'mistyped argument', 0x0213: 'resource limitation',
};

/** What a status of a C-STORE or C-ECHO means (PS3.7 annex C; PS3.4 table B.2-1 for classes of numbers). */
export function statusText(status: number): string {
  const hex = `0x${status.toString(16).padStart(4, '0')}`;
  const known = names[status]
    ?? (status === 0xb000 ? 'coercion of data elements' : status === 0xb006 ? 'elements discarded' : status === 0xb007 ? 'data set does not match SOP class' : undefined)
    ?? ((status & 0xff00) === 0xa700 ? 'out of resources' : (status & 0xff00) === 0xa900 ? 'data set does not match SOP class' : undefined)
    ?? ((status & 0xf000) === 0xc000 ? 'cannot understand' : (status & 0xf000) === 0xb000 ? 'warning' : 'failure');
  return `${known} (${hex})`;
}

/** PS3.7 C.1 to C.3: success, or stored with a warning. */
export function statusCategory(status: number): 'success' | 'warning' | 'failure' {
  if (status === 0) return 'success';
  return status === 0x0001 || (status & 0xf000) === 0xb000 || status === 0x0107 || status === 0x0116 ? 'warning' : 'failure';
}
