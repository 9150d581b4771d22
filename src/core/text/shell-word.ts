/** A word as a POSIX shell reads it back, for commands that are shown to be copied: `it's` becomes `'it'\''s'`. */
export function shellWord(word: string): string {
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** A command line to copy. */
export function shellLine(words: readonly string[]): string {
  return words.map(shellWord).join(' ');
}
