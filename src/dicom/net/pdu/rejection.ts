/** An A-ASSOCIATE-RJ's three numbers (PS3.8 9.3.4, table 9-21). */
export interface Rejection {
  readonly result: 1 | 2;
  readonly source: 1 | 2 | 3;
  readonly reason: number;
}

/** Rejections that a receiver may want, by what they say. */
export const rejections = {
  'no reason given': { result: 1, source: 1, reason: 1 },
  'application context name not supported': { result: 1, source: 1, reason: 2 },
  'calling AE title not recognized': { result: 1, source: 1, reason: 3 },
  'called AE title not recognized': { result: 1, source: 1, reason: 7 },
  'protocol version not supported': { result: 1, source: 2, reason: 2 },
  'temporary congestion': { result: 2, source: 3, reason: 1 },
  'local limit exceeded': { result: 2, source: 3, reason: 2 },
} as const satisfies Readonly<Record<string, Rejection>>;

const results: Readonly<Record<number, string>> = { 1: 'permanently', 2: 'for now' };
const reasons: Readonly<Record<number, { readonly source: string; readonly reasons: Readonly<Record<number, string>> }>> = {
  1: { source: 'application', reasons: { 1: 'no reason given', 2: 'application context name not supported', 3: 'calling AE title not recognized', 7: 'called AE title not recognized' } },
  2: { source: 'association control', reasons: { 1: 'no reason given', 2: 'protocol version not supported' } },
  3: { source: 'presentation layer', reasons: { 1: 'temporary congestion', 2: 'local limit exceeded' } },
};

/** `called AE title not recognized; permanently, by its application`. */
export function rejectionText({ result, source, reason }: { readonly result: number; readonly source: number; readonly reason: number }): string {
  const known = reasons[source];
  return `${known?.reasons[reason] ?? `reason ${reason}`}; ${results[result] ?? `result ${result}`}, by its ${known?.source ?? `source ${source}`}`;
}
