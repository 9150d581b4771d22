import { isMap, LineCounter, parseDocument, type Node } from 'yaml';
import { joined, readMappings } from './entries.ts';
import { type Finding, type Generation } from './findings.ts';
import { withoutComments } from './json-comments.ts';
import { type AdapterSettings } from './model.ts';
import { NodeReader, type ReadingFile } from './node-reader.ts';
import { readScp, readScu, readServices, readStorage } from './sections.ts';
import { syntaxProblems } from './syntax.ts';

export interface ParsedSettings {
  readonly settings: AdapterSettings;
  /** In the order of the file. */
  readonly findings: readonly Finding[];
}

/** Far more than anybody writes. */
const mostBytes = 4 * 1024 * 1024;

/** Reads the text of a settings file; everything that is wrong is found at once. `file` names it in findings. */
export function parseSettings(content: string, file: string, generation: Generation): ParsedSettings {
  const findings: Finding[] = [];
  const tooLong = content.length > mostBytes;
  if (tooLong) findings.push({ level: 'error', file, line: undefined, path: '', message: `it is longer than ${mostBytes} bytes` });
  const lines = new LineCounter();
  const source = tooLong ? '' : content.replace(/^\uFEFF/, '');
  // JSON is YAML but for comments and tabs (YAML 1.2, 1.2.1).
  const text = generation === 'json' ? withoutComments(source) : source;
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  for (const { line, message } of syntaxProblems(document, text, lines, generation)) findings.push({ level: 'error', file, line, path: '', message });
  const top = document.contents;
  if (top !== null && !isMap(top) && document.errors.length === 0) findings.push({ level: 'error', file, line: 1, path: '', message: 'it must hold keys with values' });
  if (generation === 'json' && top === null && !tooLong) findings.push({ level: 'warning', file, line: undefined, path: '', message: 'it is empty: the defaults count' });
  const lineOf = (node: Node | null | undefined) => (node?.range ? lines.linePos(node.range[0]).line : undefined);
  const at: ReadingFile = { file, document, findings, lineOf };
  // A file that cannot be read has no keys that could be missed.
  const root = new NodeReader(at, document.errors.length === 0 && isMap(top) ? top : undefined, '');
  const settings = read(root, generation);
  return { settings, findings: findings.sort((a, b) => (a.line ?? 0) - (b.line ?? 0)) };
}

function read(root: NodeReader, generation: Generation): AdapterSettings {
  // The rest of a file of .NET: its logging, where its database is, which host names it answers to.
  if (generation === 'json') root.skip('Logging', 'ConnectionStrings', 'AllowedHosts', 'Serilog');
  const wrapped = root.section('DicomAdapter');
  const main = wrapped.exists ? wrapped : root;
  const dicom = main.section('dicom');
  const { scp, entries } = readScp(dicom.section('scp'), generation);
  const scu = readScu(dicom.section('scu'));
  const services = readServices(main.section('services'));
  const storage = readStorage(main.section('storage'));
  const aeTitles = joined(entries, readMappings(main.entries('pipeline-mappings')), generation);
  main.skip('read-ae-titles-from-crd', 'crd-read-intervals');
  dicom.finish();
  main.finish();
  if (main !== root) root.finish();
  return { scp: { ...scp, aeTitles }, scu, services, storage };
}
