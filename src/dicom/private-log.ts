import { createHmac, randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCode } from '../core/errors.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';

/** Says the same of the same patient, and to nobody who. */
export type Pseudonym = (patientId: string) => string;

/** Digits of a pseudonym: enough to tell the patients of a hospital apart. */
const digits = 12;

/** Pseudonyms for the log, made with a key of this adapter: without the key nobody can find the id by trying. The key is made with the first start. */
export async function pseudonyms(home: string): Promise<Pseudonym> {
  const key = await keyOf(join(home, 'log-key'));
  return (patientId) => createHmac('sha256', key).update(patientId).digest('hex').slice(0, digits);
}

async function keyOf(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (thrown) {
    if (systemCode(thrown) !== 'ENOENT') throw thrown;
    const key = randomBytes(32);
    await writeFileAtomically(path, key, 0o600);
    return key;
  }
}

/** A text without the patients of these payload names (`dcm/<patient>/…`), which failures of uploads quote. */
export function withoutPatients(text: string, payloadNames: readonly string[]): string {
  const patients = new Set(payloadNames.map((name) => name.split('/')[1] ?? ''));
  let clean = text;
  for (const patient of patients) for (const written of new Set([patient, JSON.stringify(patient).slice(1, -1)])) clean = clean.replaceAll(`dcm/${written}/`, 'dcm/…/');
  return clean;
}

/** A failure as the log may have it: its messages and where it came from, cleaned. */
export function cleanFailure(thrown: unknown, clean: (text: string) => string): { readonly message: string; readonly stack: string } {
  const chain: string[] = [];
  for (let current: unknown = thrown; current !== undefined && chain.length < 5; current = current instanceof Error ? current.cause : undefined) {
    chain.push(current instanceof Error ? current.stack ?? current.message : String(current));
  }
  return { message: clean(messageOf(thrown)), stack: clean(chain.join('\ncaused by: ')) };
}
