/** JSON with its comments, and the tabs outside of its texts, as blanks: places stay where they are. */
export function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\/|\t/g, (found) => (found.startsWith('"') ? found : found.replace(/[^\n]/g, ' ')));
}
