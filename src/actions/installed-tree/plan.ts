import { diff3Merge } from 'node-diff3';

/** A file in three states: as it was installed last, as it ships now, as the user has it. Undefined: it is not there. */
export interface Versions {
  readonly before: Buffer | undefined;
  readonly now: Buffer | undefined;
  readonly user: Buffer | undefined;
}

/** What becomes of the user's file, and why. */
export type Step =
  | { readonly kind: 'same' }
  | { readonly kind: 'write'; readonly content: Buffer }
  | { readonly kind: 'remove' }
  /** Only the user has changed it. */
  | { readonly kind: 'keep' }
  /** Both have changed it, in different places. */
  | { readonly kind: 'merge'; readonly content: Buffer }
  /** Both have changed the same lines, or a file that has no lines: the user's stay. */
  | { readonly kind: 'conflict'; readonly content: Buffer };

/** Decides about one file: whatever the user has changed stays. */
export function planFile({ before, now, user }: Versions): Step {
  if (now === undefined) {
    if (user === undefined) return { kind: 'same' };
    return before !== undefined && user.equals(before) ? { kind: 'remove' } : { kind: 'keep' };
  }
  // A chart without one of its files does not work: what was deleted comes back.
  if (user === undefined) return { kind: 'write', content: now };
  if (user.equals(now)) return { kind: 'same' };
  if (before !== undefined && user.equals(before)) return { kind: 'write', content: now };
  if (before !== undefined && now.equals(before)) return { kind: 'keep' };
  const lines = [user, before ?? Buffer.alloc(0), now].map(linesOf);
  const [own, common, ours] = lines;
  if (own === undefined || common === undefined || ours === undefined) return { kind: 'conflict', content: user };
  const regions = diff3Merge(own, common, ours, { excludeFalseConflicts: true });
  const content = Buffer.from(regions.flatMap((region) => region.ok ?? region.conflict?.a ?? []).join(''));
  return { kind: regions.some((region) => region.conflict !== undefined) ? 'conflict' : 'merge', content };
}

/** Lines with their ends, or undefined for what is no text. */
function linesOf(content: Buffer): string[] | undefined {
  const text = content.toString('utf8');
  if (text.includes('\0') || !Buffer.from(text).equals(content)) return undefined;
  return text.split(/(?<=\n)/);
}
