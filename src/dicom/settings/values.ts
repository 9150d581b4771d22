import { parseTag } from '../entities/tag.ts';
import { isTransferSyntax } from '../uids/classes.ts';
import { type Found } from './node-reader.ts';

/** Readers of single values: what is left out or wrong is the fallback, and what is wrong is complained about. */
export function integer(found: Found | undefined, fallback: number, least: number, most = 2 ** 31 - 1): number {
  return numeric(found, fallback, (value) => Number.isInteger(value) && value >= least && value <= most, `a whole number from ${least} to ${most}`);
}

export function share(found: Found | undefined, fallback: number): number {
  return numeric(found, fallback, (value) => value >= 0 && value <= 1, 'a number from 0 to 1');
}

function numeric(found: Found | undefined, fallback: number, fits: (value: number) => boolean, what: string): number {
  if (found === undefined) return fallback;
  const value = typeof found.value === 'number' || (typeof found.value === 'string' && found.value.trim() !== '') ? Number(found.value) : Number.NaN;
  if (fits(value)) return value;
  found.complain(`must be ${what}, not ${JSON.stringify(found.value)}`);
  return fallback;
}

/** .NET takes `"True"` for true, and so do we. */
export function truth(found: Found | undefined, fallback: boolean): boolean {
  if (found === undefined) return fallback;
  const text = String(found.value).toLowerCase();
  if (text === 'true' || text === 'false') return text === 'true';
  found.complain(`must be true or false, not ${JSON.stringify(found.value)}`);
  return fallback;
}

export function text(found: Found | undefined): string | undefined {
  if (found === undefined) return undefined;
  if (['string', 'number', 'boolean'].includes(typeof found.value)) return found.texts[0]!.trim();
  found.complain('must be a text');
  return undefined;
}

export function texts(found: Found | undefined): string[] {
  if (found === undefined) return [];
  if (Array.isArray(found.value) && found.value.every((item) => ['string', 'number'].includes(typeof item))) return found.texts.map((item) => item.trim());
  found.complain('must be a list of texts');
  return [];
}

export function transferSyntaxes(found: Found | undefined, fallback: readonly string[]): readonly string[] {
  if (found === undefined) return fallback;
  const uids = texts(found);
  if (uids.length === 0 && Array.isArray(found.value)) found.complain('must name at least one transfer syntax');
  for (const uid of uids.filter((candidate) => !isTransferSyntax(candidate))) found.complain(`${JSON.stringify(uid)} is not a transfer syntax`);
  return uids.filter(isTransferSyntax);
}

export function tagList(found: Found | undefined): number[] {
  return texts(found).flatMap((item) => {
    const tag = parseTag(item);
    if (tag === undefined) found!.complain(`${JSON.stringify(item)} is not a DICOM tag; write it as 0010,0020`);
    return tag === undefined ? [] : [tag];
  });
}

/** `host:port`. */
export function endpoint(found: Found | undefined): string | undefined {
  const value = text(found);
  if (value === undefined || value === '') return undefined;
  if (/^([\w.-]+|\[[0-9a-f:.]+\]):\d{1,5}$/i.test(value)) return value;
  found!.complain(`must be host:port, not ${JSON.stringify(value)}`);
  return undefined;
}

export function url(found: Found | undefined): string | undefined {
  const value = text(found);
  if (value === undefined || value === '') return undefined;
  if (/^https?:\/\/[^\s/]+/i.test(value) && URL.canParse(value)) return value;
  found!.complain(`must be a whole URL such as http://localhost:8088, not ${JSON.stringify(value)}`);
  return undefined;
}
