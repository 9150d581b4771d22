import { randomUUID } from 'node:crypto';

/** A new identifier: 32 lower-case hexadecimal digits (Clara guide, Identifier). */
export function newId(): string {
  return randomUUID().replaceAll('-', '');
}

const dashed = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const plain = /^[0-9a-f]{32}$/;

/**
 * The canonical form of an identifier as clients send it: dashes and upper case are accepted.
 * Returns undefined where the text is no GUID.
 */
export function parseId(text: string): string | undefined {
  const lower = text.trim().toLowerCase();
  if (plain.test(lower)) return lower;
  return dashed.test(lower) ? lower.replaceAll('-', '') : undefined;
}

/** Whether the text can be the left part of an identifier: 1 to 32 hexadecimal digits, dashes ignored. */
export function isIdPrefix(text: string): boolean {
  return /^[0-9a-f]{1,32}$/.test(text.toLowerCase().replaceAll('-', ''));
}
