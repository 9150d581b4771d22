import { Composer, Lexer, Parser, isMap, isScalar, isSeq, type Document, type ParsedNode, type Scalar as YAMLScalar, type YAMLError, type YAMLMap } from 'yaml';
import { quoted, visible } from '../core/names.ts';
import { type Findings } from './findings.ts';
import { isAbsent, type Entry, type Mapping, type Node, type Place, type Scalar, type SourceFile } from './source.ts';

/** Lists and objects inside each other, of which a definition needs ten. */
const depthLimit = 50;
/** Pieces of YAML (scalars, punctuation, blanks, comments): fifty times what a hundred operators need, and under a second to parse. */
const pieceLimit = 500_000;
/** Findings about the YAML itself, which usually have one cause. */
const troubleLimit = 20;
/** What the lexer puts in front of a document and of a scalar. */
const documentMark = '\u0002';
const scalarMark = '\u001f';

/**
 * Reads one file as YAML: a single document, a mapping at its root, no anchors, aliases or tags. Scalars keep their
 * source text. Returns undefined where there is nothing to check; the findings then say why.
 */
export function readDefinition(file: SourceFile, findings: Findings): Mapping | undefined {
  if (!isText(file, findings)) return undefined;
  const document = parse(file, findings);
  if (document === undefined) return undefined;
  if (document.errors.length > 0) {
    for (const error of distinct(document.errors)) addSyntax(error, file, findings);
    return undefined;
  }
  const root = document.contents === null ? undefined : toNode(document.contents, file, findings);
  if (root === undefined || isAbsent(root)) {
    findings.add('empty-definition', { file, start: 0, end: 1 }, 'the file holds no definition');
    return undefined;
  }
  if (root.kind === 'mapping') return root;
  findings.add('not-a-mapping', root, `a definition is an object of properties, this file is ${root.kind === 'list' ? 'a list' : 'a single value'}`, {
    help: 'begin with "api-version: 0.4.0" and "name: …"',
  });
  return undefined;
}

/** Refuses what cannot be YAML text: control characters, and files in another encoding. */
function isText(file: SourceFile, findings: Findings): boolean {
  const control = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.exec(file.text);
  if (control !== null) {
    const start = control.index;
    const utf16 = control[0] === '\0' && file.text.indexOf('\0', start + 1) === start + 2;
    findings.add('not-text', { file, start, end: start + 1 },
      utf16 ? 'the file is UTF-16; a definition is UTF-8 text' : `a control character (${quoted(control[0])}) stands in the text`,
      { help: utf16 ? 'save it as UTF-8' : undefined });
    return false;
  }
  const replaced = file.text.indexOf('\uFFFD');
  if (replaced >= 0) {
    findings.add('not-utf8', { file, start: replaced, end: replaced + 1 }, 'the file is not valid UTF-8; a character was lost here', { help: 'save it as UTF-8' });
  }
  return replaced < 0;
}

/**
 * Runs the parser piece by piece, so that depth, size, anchors, tags and further documents are seen before anything is
 * built from them: a definition comes from a stranger.
 */
function parse(file: SourceFile, findings: Findings): Document.Parsed | undefined {
  const parser = new Parser();
  // `failsafe` leaves every scalar a string; repeated keys are found in toMapping, in linear time.
  const composer = new Composer({ schema: 'failsafe', uniqueKeys: false, prettyErrors: false, logLevel: 'silent' });
  const documents: Document.Parsed[] = [];
  let pieces = 0;
  let forbidden = 0;
  let stray = 0;
  let started = false;
  let before = '';
  for (const piece of new Lexer().lex(file.text)) {
    const place = { file, start: parser.offset, end: parser.offset + piece.length };
    if (before !== scalarMark) {
      if (piece[0] === '&' || piece[0] === '*' || piece[0] === '!' || (piece[0] === '%' && !/^%YAML\s/.test(piece))) {
        addForbidden(piece, place, findings);
        forbidden += 1;
      } else if (started && (piece === documentMark || (piece === '---' && before !== documentMark))) {
        findings.add('multiple-documents', place, 'a second YAML document starts here; a definition is one document', { help: 'put it into a file of its own' });
        return undefined;
      }
    }
    started ||= piece === documentMark;
    before = piece;
    pieces += 1;
    for (const token of parser.next(piece)) {
      if (token.type === 'error') stray += 1;
      documents.push(...composer.next(token));
    }
    if (pieces > pieceLimit) {
      findings.add('too-large', place, `the file has more than ${pieceLimit} YAML elements`);
      return undefined;
    }
    if (parser.stack.length > depthLimit) {
      findings.add('too-deep', place, `lists and objects are nested more than ${depthLimit} deep here`);
      return undefined;
    }
    if (forbidden >= troubleLimit) return undefined;
    if (stray >= troubleLimit) break;
  }
  for (const token of parser.end()) documents.push(...composer.next(token));
  documents.push(...composer.end(true, file.text.length));
  return forbidden > 0 ? undefined : documents[0];
}

function addForbidden(piece: string, place: Place, findings: Findings): void {
  if (piece[0] === '%') {
    findings.add('yaml-syntax', place, `the YAML directive ${quoted(piece.trim())} is not allowed in a definition`, { help: 'remove the line' });
  } else if (piece[0] === '!') {
    findings.add('yaml-tag', place, `the YAML tag ${quoted(piece)} is not allowed: every value is text`, { help: 'remove the tag' });
  } else {
    const what = piece[0] === '&' ? 'anchor' : 'alias';
    findings.add('yaml-anchor', place, `the YAML ${what} ${quoted(piece)} is not allowed in a definition`, {
      help: piece === '*' ? 'put quotes around a "*"' : 'write the value out, or use a parameter',
    });
  }
}

/** The first few errors, one per place: what follows the first is often its echo. */
function distinct(errors: readonly YAMLError[]): readonly YAMLError[] {
  const places = new Set<number>();
  return errors.filter((error) => !places.has(error.pos[0]) && places.add(error.pos[0])).slice(0, troubleLimit);
}

function addSyntax(error: YAMLError, file: SourceFile, findings: Findings): void {
  const [start, end] = error.pos;
  const place = { file, start: Math.min(start, file.text.length), end: Math.max(end, start + 1) };
  const message = error.message.split('\n')[0]!;
  findings.add('yaml-syntax', place, visible(message.charAt(0).toLowerCase() + message.slice(1)), { help: syntaxHelp(error, place) });
}

/** Characters around an error that are looked at; a hostile line has millions. */
const lookedAt = 400;

function syntaxHelp(error: YAMLError, { file, start }: Place): string | undefined {
  const line = file.lineRange(file.position(start).line);
  const before = file.text.slice(Math.max(line.start, start - lookedAt), start);
  const after = file.text.slice(start, Math.min(line.end, start + lookedAt));
  if (error.code === 'TAB_AS_INDENT' || /^ *\t/.test(before + after)) return 'indent with spaces, not with tabs';
  if (/[[{].*\$\{\{/.test(before + after)) return 'inside [ ] and { } a placeholder needs quotes: "${{ NAME }}"';
  if (error.message.includes('Nested mappings')) {
    // Where the ":" is in a later line, that line was taken for more of the text because it is indented.
    return /:(\s|$)/.test(after) ? 'put quotes around a text that has ": " in it' : 'begin the properties of one object in the same column';
  }
  return error.code === 'BAD_SCALAR_START' ? 'put quotes around the text' : undefined;
}

function toNode(node: ParsedNode, file: SourceFile, findings: Findings): Node {
  if (isScalar(node)) return toScalar(node, file);
  const place = placeOf(node, file);
  if (isMap(node)) return { kind: 'mapping', ...place, entries: toEntries(node, file, findings) };
  if (isSeq(node)) return { kind: 'list', ...place, items: node.items.map((item) => toNode(item as ParsedNode, file, findings)) };
  throw new Error('aliases are refused before anything is built');
}

function toScalar(node: YAMLScalar.Parsed, file: SourceFile): Scalar {
  return { kind: 'scalar', ...placeOf(node, file), text: String(node.value ?? ''), plain: node.type === 'PLAIN' };
}

function toEntries(node: YAMLMap.Parsed, file: SourceFile, findings: Findings): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  for (const pair of node.items) {
    if (!isScalar(pair.key) || pair.key.value === '') {
      findings.add('bad-key', placeOf(pair.key, file), 'a property needs a name in front of the ":"');
      continue;
    }
    const key = toScalar(pair.key, file);
    const first = entries.get(key.text);
    if (first !== undefined) {
      findings.add('duplicate-key', key, `the property ${quoted(key.text)} is already set in line ${file.position(first.key.start).line}`, { property: key.text });
      continue;
    }
    const value = pair.value === null ? { ...key, text: '', plain: true } : toNode(pair.value, file, findings);
    // A value that is not there is shown where its key is.
    entries.set(key.text, { key, value: value.start === value.end ? { ...value, start: key.start, end: key.end } : value });
  }
  return entries;
}

function placeOf(node: ParsedNode, file: SourceFile): Place {
  const [start, end] = node.range;
  return { file, start, end };
}
