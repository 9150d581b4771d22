/** A tag from `0020,000D`, `(0020,000D)` or `0020000D`; undefined where the text is something else. */
export function parseTag(text: string): number | undefined {
  const found = /^\(?([0-9a-f]{4}),?([0-9a-f]{4})\)?$/i.exec(text.trim());
  return found === null ? undefined : Number.parseInt(found[1]! + found[2]!, 16);
}

/** `0020000D`, as keys of a job's metadata have it. */
export function tagKey(tag: number): string {
  return tag.toString(16).toUpperCase().padStart(8, '0');
}
