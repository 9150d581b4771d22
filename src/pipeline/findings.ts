import { quoted } from '../core/names.ts';
import { nearest } from '../core/text/nearest.ts';
import { type Place, type SourceFile } from './source.ts';

/** One thing that is wrong, or doubtful, in a definition. Lines and columns count from 1. */
export interface Finding {
  /** Stable, kebab-case: `unknown-output`, `duplicate-name`, `cycle`… Each has its paragraph in docs/pipeline-language.md. */
  readonly code: FindingCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters to underline, at least 1. */
  readonly length: number;
  readonly operator?: string;
  readonly property?: string;
  /** Below the caret: what was meant, the nearest known name. */
  readonly help?: string;
}

/** Every code there is, and whether it refuses the definition. */
export const findingCodes = {
  // The files.
  'no-file': 'error',
  'too-large': 'error',
  'duplicate-file': 'error',
  'unused-file': 'warning',
  'not-text': 'error',
  'not-utf8': 'error',
  // YAML.
  'yaml-syntax': 'error',
  'yaml-anchor': 'error',
  'yaml-tag': 'error',
  'multiple-documents': 'error',
  'too-deep': 'error',
  'duplicate-key': 'error',
  'bad-key': 'error',
  'empty-definition': 'error',
  'not-a-mapping': 'error',
  // Placeholders and arguments.
  'bad-placeholder': 'error',
  'unknown-placeholder': 'error',
  'misplaced-placeholder': 'error',
  'unknown-argument': 'error',
  // Imports.
  'bad-import': 'error',
  'unknown-import': 'error',
  'import-case': 'warning',
  'import-cycle': 'error',
  'ignored-arguments': 'warning',
  // Shape.
  'unknown-property': 'warning',
  'missing-property': 'error',
  'wrong-type': 'error',
  // Versions and features.
  'bad-version': 'error',
  'unknown-version': 'error',
  'deprecated-version': 'warning',
  'operator-version': 'error',
  'bad-orchestrator': 'error',
  'deprecated-orchestrator': 'warning',
  'typed-version': 'error',
  'models-version': 'warning',
  'deprecated-services': 'warning',
  // Names and values.
  'bad-name': 'error',
  'duplicate-name': 'error',
  'bad-image': 'error',
  'bad-tag': 'error',
  'bad-command': 'error',
  'bad-path': 'error',
  'duplicate-path': 'error',
  'nested-path': 'warning',
  'bad-request': 'error',
  'bad-variable': 'error',
  'environment-name': 'warning',
  'bad-value': 'error',
  'bad-port': 'error',
  'duplicate-connection': 'warning',
  'gpu-request': 'warning',
  'no-operators': 'error',
  'too-many-operators': 'error',
  // Connections.
  'unnamed-output': 'error',
  'unknown-operator': 'error',
  'unknown-output': 'error',
  'unnamed-input': 'warning',
  'duplicate-input': 'error',
  cycle: 'error',
  // Types.
  'unknown-type': 'error',
  'bad-shape': 'error',
  'misplaced-property': 'error',
  'payload-type': 'error',
  'type-mismatch': 'error',
  'unproven-shape': 'warning',
  // There is more.
  'more-errors': 'error',
  'more-warnings': 'warning',
} as const satisfies Readonly<Record<string, Finding['severity']>>;

export type FindingCode = keyof typeof findingCodes;

export interface FindingDetails {
  readonly operator?: string | undefined;
  readonly property?: string | undefined;
  readonly help?: string | undefined;
}

/** Findings of one severity beyond this many are counted, not listed. */
const listed = 1000;
/** Nearest names are looked up for this many findings: beyond it, a hostile definition would only burn time. */
const suggested = 100;

/** Collects the findings of one definition. */
export class Findings {
  readonly #found: Finding[] = [];
  readonly #order: { readonly rank: number; readonly start: number }[] = [];
  readonly #counts = { error: 0, warning: 0 };
  readonly #ranks = new Map<string, number>();
  readonly #first = new Map<Finding['severity'], Place>();
  readonly #root: SourceFile | undefined;
  readonly #known = new Set<string>();
  readonly #spoiled = new Map<SourceFile, Set<number>>();
  #suggestions = 0;

  constructor(root?: SourceFile) {
    this.#root = root;
    // What is wrong in the main file comes first.
    if (root !== undefined) this.#ranks.set(root.path, 0);
  }

  get failed(): boolean {
    return this.#counts.error > 0;
  }

  add(code: FindingCode, place: Place, message: string, details: FindingDetails = {}): void {
    const severity = findingCodes[code];
    if (this.#spoiled.get(place.file)?.has(place.start) === true && !isAboutPlaceholders(code)) return;
    if (this.#isRepeated(code, place, details)) return;
    this.#counts[severity] += 1;
    if (!this.#first.has(severity)) this.#first.set(severity, place);
    if (this.#counts[severity] > listed) return;
    const { file, start, end } = place;
    if (!this.#ranks.has(file.path)) this.#ranks.set(file.path, this.#ranks.size);
    this.#order.push({ rank: this.#ranks.get(file.path)!, start });
    this.#found.push({
      code, severity, message, file: file.path, ...file.position(start), length: file.length(start, end),
      ...(details.operator === undefined ? {} : { operator: details.operator }),
      ...(details.property === undefined ? {} : { property: details.property }),
      ...(details.help === undefined ? {} : { help: details.help }),
    });
  }

  /** Nothing more is said of a value that begins here: it is not what it would be. */
  spoil({ file, start }: Place): void {
    const places = this.#spoiled.get(file);
    if (places === undefined) this.#spoiled.set(file, new Set([start]));
    else places.add(start);
  }

  /** A file that is imported by many operators is wrong once. */
  #isRepeated(code: FindingCode, { file, start, end }: Place, { property }: FindingDetails): boolean {
    if (file === this.#root || this.#root === undefined) return false;
    const key = JSON.stringify([code, file.path, start, end, property]);
    if (this.#known.has(key)) return true;
    this.#known.add(key);
    return false;
  }

  /** `did you mean "…"?` where a known name is near. */
  didYouMean(name: string, known: Iterable<string>): string | undefined {
    this.#suggestions += 1;
    const meant = this.#suggestions > suggested ? undefined : nearest(name, known);
    return meant === undefined ? undefined : `did you mean ${quoted(meant)}?`;
  }

  /** All findings in the order of the text, and how many more there were. */
  list(): readonly Finding[] {
    const sorted = this.#found
      .map((finding, index) => ({ finding, index, ...this.#order[index]! }))
      .sort((left, right) => left.rank - right.rank || left.start - right.start || left.index - right.index)
      .map(({ finding }) => finding);
    for (const severity of ['error', 'warning'] as const) {
      const more = this.#counts[severity] - listed;
      const place = this.#first.get(severity);
      if (more <= 0 || place === undefined) continue;
      const code = `more-${severity}s` as const;
      sorted.push({ code, severity, message: `${more} more ${severity}s are not listed`, file: place.file.path, line: 1, column: 1, length: 1 });
    }
    return sorted;
  }
}

function isAboutPlaceholders(code: FindingCode): boolean {
  return code === 'bad-placeholder' || code === 'unknown-placeholder' || code === 'too-large';
}
