import { type InstanceFate, type Verdict } from '../store/exports.ts';

/** What an attempt to deliver a task came to. */
export type Outcome =
  /** Enough files are where they belong; `failures` of them are not. */
  | { readonly kind: 'delivered'; readonly failures: number }
  /** Another attempt may do better. */
  | { readonly kind: 'undelivered'; readonly why: string }
  /** No attempt can: the task itself is wrong. */
  | { readonly kind: 'impossible'; readonly why: string }
  /** It has nothing to do with the task: nothing could be fetched now. It begins again by itself, and no attempt is counted. */
  | { readonly kind: 'not now'; readonly why: string };

/** What the Results Service is told (dicom-adapter 10): another attempt is asked for as long as the task has not had them all. */
export function verdictOf(outcome: Exclude<Outcome, { kind: 'not now' }>, retries: number, maximumRetries: number): Verdict {
  switch (outcome.kind) {
    case 'delivered': return 'succeeded';
    case 'impossible': return 'failed';
    case 'undelivered': return retries < maximumRetries ? 'retry' : 'failed';
  }
}

/** Whether too many of the files failed: more than the threshold, a share of 0 to 1; exactly so many are still few enough. */
export function tooMany(failed: number, all: number, threshold: number): boolean {
  return all > 0 && failed / all > threshold;
}

/** One line for many failures: the reasons, with how many files each has kept. */
export function reasonsOf(fates: readonly InstanceFate[]): string {
  const counts = new Map<string, number>();
  for (const { delivered, status } of fates) if (!delivered) counts.set(status, (counts.get(status) ?? 0) + 1);
  const shown = [...counts].sort(([, a], [, b]) => b - a).slice(0, 3).map(([status, count]) => (fates.length === 1 ? status : `${count} of ${fates.length}: ${status}`));
  return `${shown.join('; ')}${counts.size > shown.length ? '; and other reasons' : ''}`;
}
