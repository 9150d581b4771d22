/** One thing that is wrong, or doubtful, in a definition. Lines and columns count from 1. */
export interface Finding {
  /** Stable, kebab-case: `unknown-output`, `duplicate-name`, `cycle`… */
  readonly code: string;
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
