/** An AE title (PS3.5 6.2, VR AE): what is wrong with a text as the end of a sentence, undefined where nothing is. Outer spaces count. */
export function aeTitleProblem(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  if (text !== text.trim()) return 'begins or ends with a space';
  if (text.length > 16) return `has ${text.length} characters; 16 are allowed`;
  return /^[\x20-\x5b\x5d-\x7e]*$/.test(text) ? undefined : 'has a character that is not allowed: a backslash, a control character, or none of ASCII';
}

/** The same for a host: a name or an address. */
export function hostProblem(text: string): string | undefined {
  if (text.trim() === '') return 'is empty';
  return /^[\w.:%-]+$/.test(text) ? undefined : 'is neither a host name nor an IP address';
}

export function portProblem(port: number): string | undefined {
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? undefined : 'is not a port; 1 to 65535 are';
}
