import { escapeControls } from '../../terminal/output/escape.ts';

export type Metadata = Readonly<Record<string, string>>;

/** `a=1, b=2` in the order of the keys; `-` for none. */
export function metadataText(metadata: Metadata): string {
  const pairs = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? '-' : pairs.join(', ');
}

/** A `METADATA` line for a description, where there is any. */
export function metadataLines(metadata: Metadata): string[] {
  return Object.keys(metadata).length === 0 ? [] : [`METADATA: ${escapeControls(metadataText(metadata))}`];
}
