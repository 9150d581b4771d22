import { createHash } from 'node:crypto';

/** Twelve hexadecimal digits that stand for a platform's home, where what it makes lies beside that of other platforms. */
export function homeKey(home: string): string {
  return createHash('sha256').update(home).digest('hex').slice(0, 12);
}
