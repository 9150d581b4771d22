import { createHash } from 'node:crypto';

/** A UID made from a UUID, itself from a text (PS3.5 B.2): the same text always gives the same UID. */
export function uidOf(text: string): string {
  return `2.25.${BigInt(`0x${createHash('sha256').update(text).digest('hex').slice(0, 32)}`)}`;
}

/** A decimal string of at most 16 characters (PS3.5 6.2). */
export function decimalString(value: number): string {
  for (let digits = 15; digits > 0; digits -= 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (text.length <= 16) return text;
  }
  return '0';
}
