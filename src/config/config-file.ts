import { readFile } from 'node:fs/promises';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';
import { nearest } from '../core/text/nearest.ts';

export interface ConfigFile {
  /** Known keys only, as text. */
  readonly values: ReadonlyMap<string, string>;
  readonly warnings: readonly string[];
}

/** Reads config.yaml: a flat map of known keys. A missing file is an empty one, unless the user named it. */
export async function readConfigFile(path: string, mustExist: boolean, known: readonly string[]): Promise<ConfigFile> {
  const text = await readText(path, mustExist);
  if (text === undefined || text.trim() === '') return { values: new Map(), warnings: [] };
  const values = new Map<string, string>();
  const warnings: string[] = [];
  for (const [key, value] of Object.entries(await parseMap(text, path))) {
    if (!known.includes(key)) {
      const near = nearest(key, known);
      warnings.push(`${path}: unknown setting \`${key}\`${near === undefined ? '' : `; did you mean \`${near}\`?`}`);
    } else if (value !== null && typeof value === 'object') {
      throw new ClaraError('usage', `${key} in ${path} must be a single value`);
    } else if (value !== null && value !== undefined) {
      values.set(key, String(value));
    }
  }
  return { values, warnings };
}

/** Sets (or with undefined removes) one key and keeps everything else in the file, comments included. Says whether anything changed. */
export async function changeConfigFile(path: string, key: string, value: string | undefined): Promise<boolean> {
  const text = (await readText(path, false)) ?? '';
  await parseMap(text, path);
  const { parseDocument } = await import('yaml');
  const document = parseDocument(text);
  if (value === undefined && !document.has(key)) return false;
  if (value === undefined) document.delete(key);
  else document.set(key, value);
  const { writeFileAtomically } = await import('../system/atomic-file.ts');
  await writeFileAtomically(path, document.toString().replace(/^\{\}\n$/m, ''), 0o644);
  return true;
}

async function readText(path: string, mustExist: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    const code = systemCode(thrown);
    const absent = code === 'ENOENT' || code === 'ENOTDIR';
    if (absent && !mustExist) return undefined;
    throw new ClaraError('usage', `the settings file ${path} cannot be read (${absent ? 'it does not exist' : messageOf(thrown)})`, { cause: thrown });
  }
}

async function parseMap(text: string, path: string): Promise<Record<string, unknown>> {
  const { load, CORE_SCHEMA } = await import('js-yaml');
  let parsed: unknown;
  try {
    parsed = load(text, { filename: path, schema: CORE_SCHEMA });
  } catch (thrown) {
    const { reason, mark } = thrown as { reason?: string; mark?: { line: number; column: number } };
    const place = mark === undefined ? path : `${path}:${mark.line + 1}:${mark.column + 1}`;
    throw new ClaraError('usage', `the settings file is not valid YAML (${place}: ${reason ?? messageOf(thrown)})`, { cause: thrown });
  }
  if (parsed === undefined || parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new ClaraError('usage', `the settings file ${path} must hold \`key: value\` lines`, { hint: 'for example: `host: 10.0.0.1:30031`' });
  }
  return parsed as Record<string, unknown>;
}
