import { type Document, type LineCounter, type YAMLError } from 'yaml';
import { type Generation } from './findings.ts';

export interface SyntaxProblem {
  /** From 1 on. */
  readonly line: number;
  readonly message: string;
}

/** What the commonest mistakes are called by those who make them. */
const words: Readonly<Partial<Record<YAMLError['code'], string>>> = {
  TAB_AS_INDENT: 'this line begins with a tab; YAML is indented with spaces',
  BAD_INDENT: 'the keys of one section have to begin in the same column',
  MULTILINE_IMPLICIT_KEY: 'a colon is missing at the end of this line, or the next one is indented too far',
  MULTIPLE_DOCS: 'a second document begins after `---`; there may be one',
};

/** Why a file cannot be read at all, in words for people, in the order of its lines. */
export function syntaxProblems({ errors }: Document, text: string, lines: LineCounter, generation: Generation): SyntaxProblem[] {
  if (errors.length === 0) return [];
  const json = generation === 'json' ? jsonProblem(text, lines) : undefined;
  if (json !== undefined) return [json];
  return errors.map(({ code, message, pos }) => ({ line: lines.linePos(pos[0]).line, message: `it is not valid ${generation.toUpperCase()}: ${words[code] ?? message}` }));
}

/** What JSON's own parser says; it knows no commas before closing brackets, which we do. */
function jsonProblem(text: string, lines: LineCounter): SyntaxProblem | undefined {
  const bare = text.replace(/"(?:[^"\\\n]|\\.)*"|,(?=\s*[}\]])/g, (found) => (found === ',' ? ' ' : found));
  try {
    JSON.parse(bare);
    return undefined;
  } catch (thrown) {
    const message = (thrown as Error).message;
    const at = /position (\d+)/.exec(message);
    const end = Math.max(0, bare.trimEnd().length - 1);
    const { line } = lines.linePos(Math.min(end, at === null ? end : Number(at[1])));
    return { line, message: `it is not valid JSON: ${message.replace(/ (in JSON )?at position \d+.*$/s, '').replace(/^Unexpected end of JSON input$/, 'it ends too early; a closing bracket is missing')}` };
  }
}
