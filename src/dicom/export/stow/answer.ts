/** What a server says of the instances of a request (PS3.18 10.5.3, table 10.5.3-1). */
export interface StoreAnswer {
  readonly stored: ReadonlySet<string>;
  /** By SOP Instance UID: why it was not stored, for people. */
  readonly failed: ReadonlyMap<string, string>;
}

const [failedSequence, referencedSequence, instanceUid, failureReason] = ['00081198', '00081199', '00081155', '00081197'] as const;

/** Reasons of PS3.18 table 10.5.3-2, which are those of C-STORE (PS3.4 table B.2-1) and PS3.7 annex C. */
const reasons: Readonly<Record<number, string>> = {
  0x0110: 'processing failure', 0x0111: 'duplicate SOP instance', 0x0117: 'invalid SOP instance', 0x0122: 'SOP class not supported', 0x0124: 'not authorized', 0x0213: 'resource limitation',
};

/** Reads the answer in JSON (PS3.18 annex F). Undefined where it names no instances: then the status alone has to do. */
export function parseStoreAnswer(text: string): StoreAnswer | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  // Some servers wrap the data set in an array, as answers to searches are.
  const dataSet: unknown = Array.isArray(value) ? value[0] : value;
  if (typeof dataSet !== 'object' || dataSet === null) return undefined;
  const stored = new Set(items(dataSet, referencedSequence).flatMap((item) => first(item, instanceUid) ?? []).map(String));
  const failed = new Map(items(dataSet, failedSequence).flatMap((item) => {
    const uid = first(item, instanceUid);
    return uid === undefined ? [] : [[String(uid), reasonText(Number(first(item, failureReason)))] as const];
  }));
  // An empty sequence says something: Orthanc answers so, with 200, where it has stored nothing.
  return failedSequence in dataSet || referencedSequence in dataSet ? { stored, failed } : undefined;
}

function reasonText(reason: number): string {
  if (!Number.isInteger(reason)) return 'no reason given';
  const hex = `0x${reason.toString(16).padStart(4, '0')}`;
  const known = reasons[reason] ?? ((reason & 0xff00) === 0xa700 ? 'out of resources' : (reason & 0xff00) === 0xa900 ? 'data set does not match SOP class' : (reason & 0xf000) === 0xc000 ? 'cannot understand' : 'failure');
  return `${known} (${hex})`;
}

function items(dataSet: object, tag: string): object[] {
  const { Value } = ((dataSet as Record<string, unknown>)[tag] ?? {}) as { Value?: unknown };
  return Array.isArray(Value) ? Value.filter((item): item is object => typeof item === 'object' && item !== null) : [];
}

function first(item: object, tag: string): string | number | undefined {
  const { Value } = ((item as Record<string, unknown>)[tag] ?? {}) as { Value?: unknown };
  const value: unknown = Array.isArray(Value) ? Value[0] : undefined;
  return typeof value === 'string' || typeof value === 'number' ? value : undefined;
}
