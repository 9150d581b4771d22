import { readFile, stat } from 'node:fs/promises';
import { ClaraError, systemCode } from '../../core/errors.ts';
import { whyNotRead } from '../contract/file-errors.ts';
import { type OptionTable } from '../contract/options.ts';
import { readRules } from './read-rules.ts';
import { type SelectionRules } from './rules.ts';
import { mostCharacters } from './rules-text.ts';

/** The settings of every operator that selects series; the variables are those of Clara Deploy's DICOM Parser. */
export const rulesOptions = {
  rules: { kind: 'text', variable: 'NVIDIA_CLARA_SELECTION_RULES_FILE', fallback: undefined, help: 'file with selection rules; without it config/selection-rules.json, where that is there' },
  'rules-base64': { kind: 'text', variable: 'NVIDIA_CLARA_SELECTION_RULES_BASE64', fallback: undefined, help: 'the rules themselves, in Base64 or as JSON; wins over a file, and an empty one means no selection' },
} as const satisfies OptionTable;

const defaultFile = 'config/selection-rules.json';

type RulesOption = keyof typeof rulesOptions;

/** Where rules were sought and found. `empty`: somebody said that there are none. */
export type FoundRules = { readonly kind: 'rules'; readonly rules: SelectionRules } | { readonly kind: 'empty'; readonly source: string } | { readonly kind: 'none' };

/**
 * The rules: a flag wins over a variable, rules in Base64 over a file, both over config/selection-rules.json in the folder that
 * the operator runs in.
 * @throws ClaraError `usage` where they have mistakes, `not-found` where a file that was named is not there.
 */
export async function findRules(options: Readonly<Record<RulesOption, string | undefined>>, given: (option: RulesOption) => 'flag' | 'variable' | undefined): Promise<FoundRules> {
  const order = [['rules-base64', 'flag'], ['rules', 'flag'], ['rules-base64', 'variable'], ['rules', 'variable']] as const;
  const [option, from] = order.find(([name, origin]) => given(name) === origin) ?? [];
  if (option === undefined) return fromDefault();
  const source = from === 'flag' ? `--${option}` : rulesOptions[option].variable;
  const value = options[option]?.trim() ?? '';
  if (value === '') return { kind: 'empty', source };
  return option === 'rules' ? fromText(await readRulesFile(value), value) : fromText(decoded(value, source), source);
}

function fromText(text: string, source: string): FoundRules {
  const rules = readRules(text, source);
  return rules.selections.length === 0 ? { kind: 'empty', source } : { kind: 'rules', rules };
}

async function fromDefault(): Promise<FoundRules> {
  try {
    return fromText(await readRulesFile(defaultFile), defaultFile);
  } catch (error) {
    if (error instanceof ClaraError && error.kind === 'not-found') return { kind: 'none' };
    throw error;
  }
}

async function readRulesFile(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size > 4 * mostCharacters) throw new ClaraError('usage', `${file}: rules of ${size} bytes are too long`);
    return utf8(await readFile(file), file);
  } catch (error) {
    if (error instanceof ClaraError) throw error;
    throw new ClaraError(['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '') ? 'not-found' : 'failed', `cannot read the selection rules ${file} (${whyNotRead(error)})`, { cause: error });
  }
}

/** Base64, or JSON as it is: no Base64 begins with a brace. */
function decoded(text: string, source: string): string {
  if (text.startsWith('{')) return text;
  const plain = text.replace(/\s/g, '');
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(plain)) throw new ClaraError('usage', `${source} is neither Base64 nor JSON`, { hint: 'base64 -w0 selection-rules.json' });
  return utf8(Buffer.from(plain, 'base64'), source);
}

function utf8(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ClaraError('usage', `the selection rules of ${source} are not UTF-8 text`, { cause: error });
  }
}
