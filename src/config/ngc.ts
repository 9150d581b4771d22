import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { writeFileAtomically } from '../system/atomic-file.ts';

/** Access to NVIDIA's registry, as `clara config` stores it. */
export interface NgcAccess {
  readonly key: string;
  /** Organisation and team that charts and pipelines are pulled from. */
  readonly orgteam: string;
}

export const defaultOrgteam = 'nvidia/clara';

/** The configuration's file below `~/.clara`; apart from config.yaml, so that this one alone is secret. */
export function ngcFile(home: string): string {
  return join(home, 'ngc-clara.yaml');
}

/** What is stored, or undefined where nothing is. Messages never hold the key. */
export async function readNgcAccess(home: string): Promise<NgcAccess | undefined> {
  const file = ngcFile(home);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw new ClaraError('failed', `${file} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
  const { load, CORE_SCHEMA } = await import('js-yaml');
  let parsed: unknown;
  try {
    parsed = load(text, { schema: CORE_SCHEMA });
  } catch {
    // The cause would quote the line, and with it the key.
    throw new ClaraError('failed', `${file} is not valid YAML`, { hint: 'store the key again with `clara config --key -`' });
  }
  const { key, orgteam } = (parsed ?? {}) as { key?: unknown; orgteam?: unknown };
  if (typeof key !== 'string') return undefined;
  return { key, orgteam: typeof orgteam === 'string' ? orgteam : defaultOrgteam };
}

/** Stores the access so that only its owner can read it. */
export async function writeNgcAccess(home: string, access: NgcAccess): Promise<void> {
  const { dump } = await import('js-yaml');
  await writeFileAtomically(ngcFile(home), dump({ key: access.key, orgteam: access.orgteam }), 0o600);
}

/** Refuses, with `usage`, what cannot be a key; the message does not hold it. */
export function checkNgcKey(key: string): void {
  if (key === '') throw new ClaraError('usage', 'the NGC key is empty');
  if (!/^[\x21-\x7e]+$/.test(key)) throw new ClaraError('usage', 'the NGC key has a blank, a line end or another character that no key has');
}
