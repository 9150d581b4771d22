import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Node, type ParsedNode, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import { messageOf } from '../../core/errors.ts';
import { nearest } from '../../core/text/nearest.ts';

/** Rules are a page of text; anything much larger is something else. */
export const mostCharacters = 256 * 1024;
const deepest = 100;

/** Something that is wrong with a text of rules, and where. */
export interface Problem {
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** A text of rules as a tree, and the problems that were found in it. */
export interface RulesText {
  /** Undefined: there is nothing, or nothing that can be read. */
  readonly root: ParsedNode | undefined;
  readonly problems: Problem[];
  /** Adds a problem at a node. */
  report(at: Node | null | undefined, message: string): void;
}

/** Reads JSON, of which every value has a place; it is read as YAML, so that lines may end with a comment (`# ...`). */
export function readText(text: string): RulesText {
  const problems: Problem[] = [];
  const lines = new LineCounter();
  const add = (offset: number, message: string): void => {
    const { line, col } = lines.linePos(offset);
    problems.push({ line, column: col, message });
  };
  const report: RulesText['report'] = (at, message) => add(at?.range?.[0] ?? 0, message);
  const tooMuch = text.length > mostCharacters ? `more than ${mostCharacters >> 10} KiB` : isTooDeep(text) ? `nested more than ${deepest} deep` : undefined;
  if (tooMuch !== undefined) {
    problems.push({ line: 1, column: 1, message: tooMuch });
    return { root: undefined, problems, report };
  }
  try {
    // Plain words are no JSON, and repeated keys are found where the keys are read.
    const document = parseDocument(text, { schema: 'json', lineCounter: lines, uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
    for (const { pos, message } of document.errors) add(pos[0], plain(message));
    const root = document.contents;
    if (problems.length > 0 || root === null || (isScalar(root) && root.value === null)) return { root: undefined, problems, report };
    return { root, problems, report };
  } catch (error) {
    problems.push({ line: 1, column: 1, message: messageOf(error) });
    return { root: undefined, problems, report };
  }
}

/** The parser's words for a text without quotes are about YAML. */
function plain(message: string): string {
  const [line] = message.split('\n');
  return line!.replace(/^Unresolved plain scalar (.*)$/, '$1 is neither a text in quotes nor a number, true or false');
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inText) {
      if (character === '\\') at += 1;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > deepest) return true;
  }
  return false;
}

/** The properties of an object by name; repeated and unknown names are problems. `known`: undefined: any name. */
export function propertiesOf(map: YAMLMap, known: readonly string[] | undefined, what: string, { report }: RulesText): Map<string, { readonly key: Node; readonly value: Node | null }> {
  const properties = new Map<string, { readonly key: Node; readonly value: Node | null }>();
  for (const { key, value } of map.items) {
    const node = key as Scalar;
    if (!isScalar(node) || typeof node.value !== 'string') {
      report(node, `a property of ${what} needs a name`);
      continue;
    }
    const name = node.value;
    if (properties.has(name)) report(node, `${JSON.stringify(name)} is there twice`);
    else if (known !== undefined && !known.includes(name)) report(node, `${JSON.stringify(name)} is no property of ${what}${suggestion(name, known) || `; there ${known.length === 1 ? 'is' : 'are'} ${known.map((one) => JSON.stringify(one)).join(', ')}`}`);
    else properties.set(name, { key: node, value: value as Node | null });
  }
  return properties;
}

export function suggestion(name: string, known: Iterable<string>): string {
  const meant = nearest(name, known);
  return meant === undefined ? '' : `; did you mean ${JSON.stringify(meant)}?`;
}

/** What kind of value a node is. */
export type Kind =
  | { readonly kind: 'object'; readonly node: YAMLMap }
  | { readonly kind: 'list'; readonly node: YAMLSeq }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'number'; readonly number: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'nothing' };

export function kindOf(node: Node | null): Kind {
  if (isMap(node)) return { kind: 'object', node };
  if (isSeq(node)) return { kind: 'list', node };
  const value = isScalar(node) && !isAlias(node) ? node.value : null;
  switch (typeof value) {
    case 'string': return { kind: 'text', text: value };
    case 'number': return { kind: 'number', number: value };
    case 'boolean': return { kind: 'boolean', value };
    default: return { kind: 'nothing' };
  }
}
