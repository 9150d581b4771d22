import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDuration } from '../core/duration.ts';
import { ClaraError, messageOf, systemCode } from '../core/errors.ts';

/**
 * What a platform takes from `<home>/charts/clara/values.yaml`, the file that users of the original edit before
 * `clara platform start` (Clara Administration). Times are seconds; what is not set is left out.
 */
export interface PlatformValues {
  readonly timeoutDefault?: number;
  readonly timeoutMaximum?: number;
  readonly timeoutGrace?: number;
  /** How long tasks of the Results Service are kept, from appsettings.json; their payloads go with them then. */
  readonly resultsRetain?: number;
  readonly resultsRemovePayloads?: boolean;
  /** Share of the disk, 1 to 100, above which the platform takes no more data. */
  readonly maxStoragePercent?: number;
}

const keys = {
  pipelineTimeoutDefault: 'timeoutDefault',
  pipelineTimeoutMaximum: 'timeoutMaximum',
  pipelineTimeoutGrace: 'timeoutGrace',
  maxStorageUsagePercentage: 'maxStoragePercent',
} as const;

/** Reads the file; a missing one sets nothing, keys that concern a cluster are left alone. A bad value is a `usage` error. */
export async function readPlatformValues(claraHome: string): Promise<PlatformValues> {
  const path = join(claraHome, 'charts', 'clara', 'values.yaml');
  const settings = join(claraHome, 'charts', 'clara', 'files', 'appsettings.json');
  const [text, cleanup] = await Promise.all([readIfThere(path), readIfThere(settings)]);
  return { ...(text === undefined ? {} : await parsePlatformValues(text, path)), ...(cleanup === undefined ? {} : parseCleanup(cleanup, settings)) };
}

/** The clean-up of the Results Service (Clara guide 0.7.4, Cleanup Service): `{"Cleanup": {"enabled": true, "retainDataForMinutes": 480}}`. */
export function parseCleanup(text: string, path: string): PlatformValues {
  let parsed: { readonly Cleanup?: { readonly enabled?: unknown; readonly retainDataForMinutes?: unknown } } | null;
  try {
    parsed = JSON.parse(text) as typeof parsed;
  } catch (thrown) {
    throw new ClaraError('usage', `${path} is not valid JSON (${messageOf(thrown)})`, { cause: thrown });
  }
  const { enabled, retainDataForMinutes: minutes = 480 } = parsed?.Cleanup ?? {};
  if (enabled !== true) return {};
  if (typeof minutes === 'number' && minutes > 0) return { resultsRetain: minutes * 60, resultsRemovePayloads: true };
  throw new ClaraError('usage', `Cleanup.retainDataForMinutes in ${path} must be a number above 0`);
}

/** The same from the file's text; `path` names it in complaints. */
export async function parsePlatformValues(text: string, path: string): Promise<PlatformValues> {
  const { load, CORE_SCHEMA } = await import('js-yaml');
  let parsed: unknown;
  try {
    parsed = load(text, { filename: path, schema: CORE_SCHEMA });
  } catch (thrown) {
    throw new ClaraError('usage', `${path} is not valid YAML (${messageOf(thrown).split('\n')[0]})`, { cause: thrown });
  }
  if (parsed === undefined || parsed === null) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) throw new ClaraError('usage', `${path} must hold \`key: value\` lines`);
  const values: { -readonly [Key in (typeof keys)[keyof typeof keys]]?: number } = {};
  for (const [key, name] of Object.entries(keys)) {
    const value = (parsed as Record<string, unknown>)[key];
    if (value === undefined || value === null) continue;
    values[name] = name === 'maxStoragePercent' ? percentage(value, key, path) : seconds(value, key, path);
  }
  return values;
}

function seconds(value: unknown, key: string, path: string): number {
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? parseDuration(value) : undefined;
  if (ms !== undefined && ms >= 0 && Number.isFinite(ms)) return ms / 1000;
  throw new ClaraError('usage', `${key} in ${path}: \`${String(value)}\` is not a duration`, { hint: 'give seconds, or a number with s, m or h: 600, 10m' });
}

function percentage(value: unknown, key: string, path: string): number {
  const number = Number(value);
  if (number >= 1 && number <= 100) return number;
  throw new ClaraError('usage', `${key} in ${path}: \`${String(value)}\` is not a percentage`, { hint: 'give a number from 1 to 100' });
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (thrown) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(thrown) ?? '')) return undefined;
    throw new ClaraError('usage', `${path} cannot be read (${messageOf(thrown)})`, { cause: thrown });
  }
}

/** What a server that we start sees of our environment: all of it, as any program that is started from a shell. */
export function serverEnvironment(env: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string | undefined>> {
  return { ...env };
}
