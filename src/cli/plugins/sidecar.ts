import { closeSync, openSync, readSync, realpathSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf, systemCode } from '../../core/errors.ts';

/** What `clara-x.json` beside a plugin says about it, so that neither help nor completion has to run it. */
export interface Sidecar {
  /** One line. */
  readonly summary: string | undefined;
  /** It answers `__complete` (docs/plugins.md, "Completion"). */
  readonly completion: boolean;
  /** Why the file could not be used, wholly or in part. */
  readonly problem: string | undefined;
}

const none: Sidecar = { summary: undefined, completion: false, problem: undefined };
const mostBytes = 64 * 1024;

/** The sidecar beside a plugin, or beside the file that the plugin is a link to. Never fails: a broken one is a problem to tell. */
export function readSidecar(path: string): Sidecar {
  const beside = `${path}.json`;
  const text = readSmall(beside) ?? readSmall(besideTarget(path));
  if (text === undefined) return none;
  if (typeof text !== 'string') return { ...none, problem: text.problem };
  return parseSidecar(text, basename(beside));
}

/** Pure part of `readSidecar`; `name` is the file's. */
export function parseSidecar(text: string, name: string): Sidecar {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    return { ...none, problem: `${name} is not valid JSON (${messageOf(thrown)})` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { ...none, problem: `${name} is not a JSON object` };
  const { summary, completion } = value as { summary?: unknown; completion?: unknown };
  const line = typeof summary === 'string' ? summary.split('\n').map((part) => part.trim()).find((part) => part !== '') : undefined;
  const problem = summary !== undefined && typeof summary !== 'string' ? `"summary" in ${name} is not text`
    : completion !== undefined && typeof completion !== 'boolean' ? `"completion" in ${name} is neither true nor false` : undefined;
  return { summary: line, completion: completion === true, problem };
}

function besideTarget(path: string): string | undefined {
  try {
    return join(dirname(realpathSync(path)), `${basename(path)}.json`);
  } catch {
    // A link to nothing; the catalog tells of it.
    return undefined;
  }
}

function readSmall(path: string | undefined): string | { readonly problem: string } | undefined {
  if (path === undefined) return undefined;
  try {
    const file = openSync(path, 'r');
    try {
      const buffer = Buffer.alloc(mostBytes + 1);
      const length = readSync(file, buffer, 0, buffer.length, 0);
      return length > mostBytes ? { problem: `${basename(path)} has more than ${mostBytes} bytes` } : buffer.toString('utf8', 0, length);
    } finally {
      closeSync(file);
    }
  } catch (thrown) {
    return systemCode(thrown) === 'ENOENT' ? undefined : { problem: `${basename(path)} cannot be read (${messageOf(thrown)})` };
  }
}
