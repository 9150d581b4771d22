/**
 * Makes text from the platform or a file name safe for a terminal and for line-based readers: control characters,
 * line ends and the marks that turn writing direction become `\n`, `\x1b`, `\u202e`. Everything else stays as it is.
 */
export function escapeControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    if (character === '\t') return '\\t';
    const code = character.codePointAt(0)!;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}

/** Like escapeControls for text of several lines, as logs and definitions are: line ends and tabs stay. */
export function escapeLines(text: string): string {
  return text.replace(/[^\n\t]+/g, (run) => escapeControls(run));
}
